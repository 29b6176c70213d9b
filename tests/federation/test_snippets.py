"""Integration snippets: golden files for every stack; the Python and the Node one log somebody in at a running broker."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from broker.federation.snippets import STACKS, UnfitValue, snippet, values_of
from tests.support.server import Server
from tests.support.world import SECRET, client, federation

GOLDEN = Path(__file__).parent / "snippets"
CONTENT = {
    "oidc": {"client_id": "boka", "redirect_uris": ["https://boka.example.se/callback"], "scope": "openid profile"}
}
RUN = {"python": (sys.executable,), "node": (shutil.which("node") or "node",)}


@pytest.mark.parametrize("stack", STACKS, ids=lambda stack: stack.id)
def test_every_stack_has_its_text_with_the_members_own_values(stack):
    text = snippet(stack, values_of("https://tillit.example", "boka", CONTENT))
    assert text == (GOLDEN / f"{stack.file}.txt").read_text("utf-8")
    assert "@" not in text


@pytest.mark.parametrize(
    "value", ['x"; import os #', "x'", "x\ny", "${HOME}", "a\\", "<b>", "a`b", "a&b", " x", "x ", "å", "x" + chr(0)]
)
@pytest.mark.parametrize("stack", STACKS[:2], ids=lambda stack: stack.id)
def test_no_value_becomes_code(stack, value):
    with pytest.raises(UnfitValue):
        snippet(stack, {**values_of("https://tillit.example", "boka", CONTENT), "client_id": value})


@pytest.mark.parametrize("stack", STACKS[:2], ids=lambda stack: stack.id)
def test_it_logs_somebody_in(stack, tmp_path):
    if stack.id == "node" and shutil.which("node") is None:
        pytest.skip("no Node.js here")
    entry = client("boka")
    server = Server(tmp_path, federation(entry))
    try:
        server.start()
        program = tmp_path / stack.file
        program.write_text(snippet(stack, values_of(server.settings.base_url, "boka", entry)), "utf-8")
        env = {"PATH": os.environ["PATH"], "CLIENT_SECRET": SECRET}
        with subprocess.Popen(
            [*RUN[stack.id], program], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as running:
            asked = urlsplit(running.stdout.readline().strip())
            answer = server.request("GET", f"{asked.path}?{asked.query}&login_hint=test:anna")
            told, _ = running.communicate(answer.location + "\n", timeout=30)
        assert json.loads(told)["aud"] == "boka"
    finally:
        server.close()
