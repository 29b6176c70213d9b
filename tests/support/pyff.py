"""pyFF, the federation feeder, in a virtual environment of its own (`.ci/test` makes it; tests/peers/pyff.txt says of what)."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

PYFF = Path(__file__).parents[2] / ".venv-pyff/bin/pyff"
ENTITY = "{urn:oasis:names:tc:SAML:2.0:metadata}EntityDescriptor"
PIPELINE = """
- load fail_on_error True filter_invalid False:
    - {url} verify {certificate}
- select
- publish:
    output: {output}
"""


@dataclass(frozen=True)
class Fed:
    """What pyFF made of a feed."""

    code: int
    said: str
    entities: tuple[str, ...] = ()


def missing() -> str:
    """What is not installed here, or nothing."""
    return "" if PYFF.exists() else "no pyFF on this machine"


def feed(url: str, certificate: bytes, folder: Path) -> Fed:
    """Run a pipeline that loads what stands at an address, takes it only with a good signature, and writes it again."""
    (folder / "certificate.pem").write_bytes(certificate)
    output, pipeline = folder / "taken.xml", folder / "pipeline.fd"
    output.unlink(missing_ok=True)
    pipeline.write_text(PIPELINE.format(url=url, certificate=folder / "certificate.pem", output=output))
    done = subprocess.run(
        [str(PYFF), "--loglevel=INFO", str(pipeline)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    if not output.exists():
        return Fed(done.returncode, done.stdout + done.stderr)
    taken = tuple(each.get("entityID") for each in etree.parse(output).iter(ENTITY))
    return Fed(done.returncode, done.stdout + done.stderr, taken)
