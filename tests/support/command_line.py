"""The command line on an installation of its own, as a person or a program uses it."""

import json
import shutil
import tempfile
import time
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from broker.cli import cli
from broker.settings import Settings
from broker.storage.opening import create_storage
from tests.support import federation as good


@dataclass
class CommandLine:
    """Runs commands with an environment that a test may change."""

    folder: Path
    env: dict[str, str | None] = field(default_factory=dict)

    def __call__(self, *arguments: str | Path, **env: str | None) -> Result:
        """Run a command; it must not end in an error of tillit itself."""
        result = CliRunner().invoke(cli, [str(each) for each in arguments], env={**self.env, **env})
        assert result.exit_code != 70, result.stderr
        return result

    def done(self, *arguments: str | Path, **env: str | None) -> str:
        """Run a command that must succeed; its standard output."""
        result = self(*arguments, **env)
        assert result.exit_code == 0, (result.stdout, result.stderr)
        return result.stdout

    def json(self, *arguments: str | Path, **env: str | None) -> Any:
        """The JSON of a command, whatever its exit code."""
        return json.loads(self(*arguments, "--json", **env).stdout)


def environment(data: Path) -> dict[str, str | None]:
    """The settings of an installation, and none of the machine's own."""
    return {
        "TILLIT_BASE_URL": "https://localhost:8440",
        "TILLIT_DATA_DIR": str(data),
        "TILLIT_CARD_URL": "https://localhost:8441",
        "TILLIT_CONFIG": None,
        "TILLIT_ENV": None,
        "TILLIT_DATABASE_URL": None,
        **good.ENVIRON,
    }


@cache
def _template() -> Path:
    """Made once, as `tillit init` makes it, at the present time: commands read the machine's clock."""
    folder = Path(tempfile.mkdtemp(prefix="tillit-installed-"))
    create_storage(Settings(base_url="https://localhost:8440", data_dir=folder), int(time.time()))
    return folder


@pytest.fixture
def tillit(tmp_path: Path) -> CommandLine:
    """The command line on a new installation; the good federation file stands in `folder`."""
    shutil.copytree(_template(), tmp_path / "data")
    good.written(tmp_path / "federation")
    return CommandLine(tmp_path, environment(tmp_path / "data"))
