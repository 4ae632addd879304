"""Make the environment in `.venv` from `requirements.lock`, on a machine that has Python 3.11, make and git.

Standard library only. It may be stopped at any moment and started again, and it must not touch anything outside the
checkout except, as root and only where pip is absent, the system's own pip package.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator

from system import CACHE, ROOT, apt_install, fail, run_logged, say

VENV = ROOT / ".venv"
PYTHON = VENV / "bin/python"
LOCK = ROOT / "requirements.lock"
STAMP = VENV / "installed.sha256"
UV_FOLDER = CACHE / "uv"
UV_LOCK = ROOT / "requirements-uv.lock"
"""The one version of uv that is installed, by hash: `uv pip compile --generate-hashes` of "uv"."""
ATTEMPTS = 3


def digest() -> str:
    """Hash everything the environment is made from: the lock, the project's own metadata and the Python."""
    parts = [LOCK.read_bytes(), (ROOT / "pyproject.toml").read_bytes(), sys.version.encode(), bytes(ROOT)]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def answers(*command: str) -> bool:
    """Say whether a command can be started and ends well (a version manager's shim may exist and do neither)."""
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        done = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, timeout=60, check=False)
        return done.returncode == 0
    return False


def is_ready() -> bool:
    """Say whether the environment was finished for exactly this lock and still starts."""
    return STAMP.exists() and STAMP.read_text(encoding="ascii") == digest() and answers(str(PYTHON), "-c", "")


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Hold a file lock, so that two `make` commands do not build one environment at once."""
    CACHE.mkdir(exist_ok=True)
    with (CACHE / "setup.lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another set-up is running here; waiting for it")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def pip_into_cache(python: str) -> bool:
    """Install uv with this Python's pip into the checkout's own folder."""
    words = ["--target", str(UV_FOLDER), "--upgrade", "--disable-pip-version-check"]
    words += ["--require-hashes", "--no-deps", "-r", str(UV_LOCK)]
    return run_logged([python, "-m", "pip", "install", *words], "setup.log", 300)


def bootstrap_pip() -> str | None:
    """Return a Python that has pip: this one, one with its bundled ensurepip, or the system's after apt."""
    if answers(sys.executable, "-m", "pip", "--version"):
        return sys.executable
    seed = CACHE / "seed"
    if run_logged([sys.executable, "-m", "venv", "--clear", str(seed)], "setup.log", 180):
        return str(seed / "bin/python")
    say("this Python has neither pip nor venv; asking the system's package manager for them")
    system = shutil.which("python3", path="/usr/bin:/bin")
    if apt_install([["python3-pip"]]) and system and answers(system, "-m", "pip", "--version"):
        return system
    return None


def find_uv() -> str:
    """Return a working uv: the one on the PATH, the checkout's own, or one installed from the package index."""
    own = str(UV_FOLDER / "bin/uv")
    for candidate in (shutil.which("uv"), own):
        if candidate and answers(candidate, "--version"):
            return candidate
    say("installing uv into .cache/uv")
    python = bootstrap_pip()
    if python is None:
        fail("no uv, pip or venv here; install uv, or as root: apt-get install python3-pip")
    if not pip_into_cache(python) or not answers(own, "--version"):
        fail("uv could not be installed from the package index; is it reachable? (.cache/logs/setup.log)")
    return own


def index_environment() -> dict[str, str]:
    """Pass an index set up for pip (a mirror, a company's own) on to uv, which does not read pip's settings."""
    mine = os.environ
    env = {}
    if "PIP_INDEX_URL" in mine and not {"UV_DEFAULT_INDEX", "UV_INDEX_URL"} & mine.keys():
        env["UV_DEFAULT_INDEX"] = mine["PIP_INDEX_URL"]
    if "PIP_CERT" in mine and "SSL_CERT_FILE" not in mine:
        env["SSL_CERT_FILE"] = mine["PIP_CERT"]
    return env


def uv_run(uv: str, *arguments: str, what: str) -> None:
    """Run uv with its own progress shown; a broken download is taken up again, as uv keeps what it has."""
    env = {**os.environ, **index_environment(), "VIRTUAL_ENV": str(VENV)}
    for attempt in range(1, ATTEMPTS + 1):
        if subprocess.run([uv, *arguments], cwd=ROOT, env=env, check=False).returncode == 0:
            return
        if attempt < ATTEMPTS:
            say(f"{what}: attempt {attempt} of {ATTEMPTS} failed, trying again")
            time.sleep(attempt)
    fail(f"{what} failed {ATTEMPTS} times; what uv said stands above. Run the same command again to go on.")


def build() -> None:
    """Make or repair `.venv`; the stamp is written last, so an interrupted run is simply repeated."""
    uv = find_uv()
    STAMP.unlink(missing_ok=True)
    if not answers(str(PYTHON), "-c", ""):
        say("creating .venv")
        uv_run(uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(VENV), what="creating .venv")
    say("installing the locked packages, every one checked against its hash")
    pip = ("pip", "install", "--python", str(PYTHON))
    uv_run(
        uv, *pip, "--compile-bytecode", "--require-hashes", "-r", str(LOCK), what="installing the packages"
    )
    uv_run(uv, *pip, "--quiet", "--no-deps", "-e", str(ROOT), what="installing kamengwatch itself")
    STAMP.write_text(digest(), encoding="ascii")


def main() -> None:
    """Prepare the environment unless it is ready."""
    if not hasattr(os, "geteuid"):
        fail("Linux or macOS is needed (on Windows: WSL)")
    with alone():
        if is_ready():
            return
        started = time.monotonic()
        build()
        say(f"environment ready in {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        fail("stopped; run the same command again to go on")
