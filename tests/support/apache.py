"""Debian's Apache with a login module, as an organisation would configure it, on a port of its own.

The protected page prints what the module tells the application: its environment.
"""

import html
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.nginx import wait_until_open

APACHE = shutil.which("apache2", path="/usr/sbin:/usr/bin")
MODULES = Path("/usr/lib/apache2/modules")
NEEDED = ("mpm_event", "authn_core", "authz_core", "authz_user", "mime", "dir", "include")
AROUND = """
ServerRoot {folder}
ServerName localhost
Listen 127.0.0.1:{port}
PidFile {folder}/pid
ErrorLog {folder}/error.log
LogLevel info
DefaultRuntimeDir {folder}
Mutex file:{folder}
DocumentRoot {folder}/htdocs
TypesConfig /dev/null
StartServers 1
ServerLimit 2
ThreadsPerChild 8
MaxRequestWorkers 16
<Directory {folder}/htdocs>
    Options +Includes
    AddType text/html .shtml
    AddOutputFilter INCLUDES .shtml
    Require all granted
</Directory>
"""
PAGE = "<html><body><pre>\n<!--#printenv -->\n</pre></body></html>\n"


@dataclass(frozen=True)
class Apache:
    """A running server."""

    base: str
    folder: Path

    @property
    def page(self) -> str:
        """The page that only somebody logged in sees."""
        return f"{self.base}/inside/page.shtml"

    @property
    def log(self) -> str:
        """What it had to say."""
        return (self.folder / "error.log").read_text()


def environment(text: str) -> dict[str, str]:
    """What the protected page printed."""
    return {m[1]: html.unescape(m[2]) for m in re.finditer(r"^([^\s=]+)=(.*)$", html.unescape(text), re.MULTILINE)}


def missing(module: str) -> str:
    """What is not installed here, or nothing."""
    if APACHE is None:
        return "no Apache on this machine"
    return "" if (MODULES / f"mod_{module}.so").exists() else f"no {module} on this machine"


@contextmanager
def running(port: int, module: str, configuration: str, files: Mapping[str, bytes]) -> Iterator[Apache]:
    """Apache with `module`; in the configuration, `{folder}` and `{base}` are put in, and `files` stand in the folder."""
    folder = Path(tempfile.mkdtemp(prefix="tillit-apache-"))
    base = f"http://localhost:{port}"
    for inside in ("inside", "inside/bo"):
        (folder / "htdocs" / inside).mkdir(parents=True)
        (folder / "htdocs" / inside / "page.shtml").write_text(PAGE)
    (folder / "htdocs" / "out.html").write_text("<html><body>outside</body></html>\n")
    for name, octets in files.items():
        (folder / name).write_bytes(octets)
    load = "".join(f"LoadModule {_symbol(name)} {MODULES}/mod_{name}.so\n" for name in (*NEEDED, module))
    own = configuration.replace("{folder}", str(folder)).replace("{base}", base)
    (folder / "apache.conf").write_text(load + AROUND.format(folder=folder, port=port) + own)
    command = [*as_nobody_special(folder), APACHE, "-d", str(folder), "-f", str(folder / "apache.conf")]
    process = subprocess.Popen([*command, "-DFOREGROUND"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        wait_until_open(port, process)
        yield Apache(base, folder)
    finally:
        process.terminate()
        process.wait(30)
        process.stderr.close()
        shutil.rmtree(folder)


def _symbol(module: str) -> str:
    """What the module calls itself inside."""
    return "mod_shib" if module == "shib" else f"{module}_module"


def as_nobody_special(folder: Path) -> list[str]:
    """Apache's children refuse to be root, and could not read our folder if they were somebody else."""
    if os.geteuid() != 0:
        return []
    for path in (folder, *folder.rglob("*")):
        shutil.chown(path, "www-data", "www-data")
    return ["setpriv", "--reuid=www-data", "--regid=www-data", "--clear-groups", "--pdeathsig=TERM"]
