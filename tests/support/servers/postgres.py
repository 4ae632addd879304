"""A real PostgreSQL server of the test run's own, on a free loopback port, gone when the run ends.

It must not touch a server that is already on the machine.
"""

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy.engine import make_url

# A test database may lose everything at a power cut; it need not wait for the disk.
SETTINGS = """
listen_addresses = '127.0.0.1'
fsync = off
synchronous_commit = off
full_page_writes = off
shared_buffers = 64MB
max_connections = 60
timezone = 'UTC'
"""


def _identity() -> dict[str, Any]:
    """Return subprocess arguments that drop root, which initdb refuses; nothing for an ordinary user."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    raise RuntimeError("initdb refuses root, and neither a user postgres nor nobody exists here")


def _hand_over(folder: Path, identity: dict[str, Any]) -> None:
    """Give the folder to the server's user; RuntimeError where that user could not even reach it."""
    closed = [parent for parent in folder.parents if not parent.stat().st_mode & 0o001]
    if closed:
        raise RuntimeError(f"{closed[0]} is closed to other users; set TMPDIR to an open folder")
    os.chown(folder, identity["user"], identity["group"])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(process: subprocess.Popen[bytes], url: str, log: Path, seconds: float = 60) -> None:
    """Return once the server answers; RuntimeError with its log when it ends or stays silent."""
    deadline = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < deadline:
        try:
            psycopg.connect(url.replace("+psycopg", ""), connect_timeout=5).close()
            return
        except psycopg.OperationalError:
            time.sleep(0.05)
    raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text(errors='replace')[-2000:]}")


@contextmanager
def server(programs: Path) -> Iterator[str]:
    """Start a server from the programs in this folder and yield its URL; stop it and delete its files at the end."""
    identity = _identity()
    folder = Path(tempfile.mkdtemp(prefix="kwpg-"))
    data, log = folder / "data", folder / "log"
    if identity:
        _hand_over(folder, identity)
    environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "HOME": str(folder)}
    options: dict[str, Any] = {"cwd": folder, "env": environment, "stdin": subprocess.DEVNULL, **identity}
    with log.open("wb") as out:
        init = [
            programs / "initdb",
            "-D",
            data,
            "-U",
            "kamengwatch",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-sync",
        ]
        subprocess.run([*init, "--locale=C"], check=True, stdout=out, stderr=out, **options)
        with (data / "postgresql.conf").open("a") as conf:
            port = _free_port()
            conf.write(f"{SETTINGS}\nport = {port}\nunix_socket_directories = '{folder}'\n")
        process = subprocess.Popen([programs / "postgres", "-D", data], stdout=out, stderr=out, **options)
    url = f"postgresql+psycopg://kamengwatch@127.0.0.1:{port}/postgres"
    try:
        _wait(process, url, log)
        yield url
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def database(server_url: str, like: str | None = None) -> Iterator[str]:
    """Create a database on the server, empty or like the one of this URL (which nobody may use meanwhile), yield its URL, and drop
    it with whoever is still connected."""
    name = f"test_{secrets.token_hex(6)}"
    template = "template0" if like is None else make_url(like).database
    admin = make_url(server_url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        try:
            yield make_url(server_url).set(database=name).render_as_string(hide_password=False)
        finally:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
