"""Ask the machine's package manager for a package, where we may.

Standard library only, because it runs before anything is installed. It must never fail a caller: every function
answers with True or False and leaves the story in a log file.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache"


def say(text: str) -> None:
    """Print one progress line at once, so that a waiting person sees what is going on."""
    print(f"[kamengwatch] {text}", flush=True)


def load_env_file() -> None:
    """Take the settings of `.env` into the environment, as the product does; nothing where it is not installed yet."""
    try:
        from store import env_file
    except ImportError:
        return
    try:
        env_file.load()
    except env_file.EnvFileError as error:
        fail(str(error))


def fail(text: str) -> None:
    """End the program with one clear line on standard error and exit code 1."""
    sys.stderr.write(f"[kamengwatch] error: {text}\n")
    raise SystemExit(1)


def run_logged(command: list[str], log_name: str, seconds: float, env: dict[str, str] | None = None) -> bool:
    """Run a command with its output in `.cache/logs/<log_name>`; True when it ended well within `seconds`."""
    log = CACHE / "logs" / log_name
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a", encoding="utf-8") as out:
        out.write(f"$ {' '.join(command)}\n")
        out.flush()
        try:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(env or {})},
                timeout=seconds,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            out.write(f"{error}\n")
            return False
    return done.returncode == 0


def _root_prefix() -> list[str] | None:
    """Return what to put before a command that needs root: nothing for root, `sudo -n` where that asks no password."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") and run_logged(["sudo", "-n", "true"], "apt.log", 10):
        return ["sudo", "-n"]
    return None


def apt_install(choices: list[list[str]]) -> bool:
    """Install the first of several package sets that apt can install; False when none or when we may not."""
    prefix = _root_prefix() if hasattr(os, "geteuid") and shutil.which("apt-get") else None
    if prefix is None:
        return False
    # env as a word of the command: sudo drops the caller's variables.
    apt = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-o", "DPkg::Lock::Timeout=120"]
    if not run_logged([*apt, "update"], "apt.log", 120):
        say("apt-get update failed; trying with the package lists that are here")
    install = [*apt, "install", "-y", "--no-install-recommends"]
    return any(run_logged([*install, *packages], "apt.log", 420) for packages in choices)
