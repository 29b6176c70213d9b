"""The real nginx with the shipped configuration, on a port of its own: only names, addresses and paths are put in."""

import shutil
import socket
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

SHIPPED = Path(__file__).parents[2] / "docker" / "nginx"
NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
MAIN, CARD = "login.example.se", "kort.example.se"
AROUND = """
user root;
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    include {folder}/tillit.conf;
}}
"""


def put_in(text: str, values: dict) -> str:
    """The configuration with our values; each must have been there to be replaced."""
    for shipped, ours in values.items():
        assert shipped in text, f"the shipped configuration has no {shipped}"
        text = text.replace(shipped, ours)
    return text


@contextmanager
def running(folder: Path, ca, main_port: int, card_socket: Path, more: dict | None = None):
    """nginx's port."""
    (folder / "tillit").mkdir(parents=True)
    shutil.copy(SHIPPED / "certificate-headers.conf", folder / "tillit")
    for short, name in (("login", MAIN), ("kort", CARD)):
        certificate, key = ca.server_certificate((name,))
        (folder / f"{short}.pem").write_bytes(certificate)
        (folder / f"{short}.key").write_bytes(key)
    port = free_port()
    values = {
        "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
        "/etc/tillit/tls/": f"{folder}/",
        "127.0.0.1:8080": f"127.0.0.1:{main_port}",
        "unix:/run/tillit/card.sock": f"unix:{card_socket}",
        **(more or {}),
    }
    (folder / "tillit.conf").write_text(put_in((SHIPPED / "tillit.conf").read_text(), values))
    (folder / "nginx.conf").write_text(AROUND.format(folder=folder))
    command = [NGINX, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "start.log")]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        wait_until_open(port, process)
        yield port
    finally:
        process.terminate()
        process.wait(10)
        process.stderr.close()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return found.getsockname()[1]


def wait_until_open(port: int, process) -> None:
    for _ in range(100):
        if process.poll() is not None:
            raise RuntimeError(process.stderr.read().decode())
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except ConnectionError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("nginx does not listen")
