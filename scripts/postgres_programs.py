"""Find or install PostgreSQL's server programs, which the tests start on their own; nothing is left running by us.

Standard library only. It must never fail its caller: without a server the PostgreSQL tests skip and say why.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

from system import apt_install, load_env_file, say

# Debian, Red Hat, Homebrew (both kinds of machine): none of them puts initdb on the PATH.
FOLDERS = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
)
PROGRAMS = ("initdb", "postgres")


def _version(folder: Path) -> int:
    numbers = re.findall(r"\d+", str(folder))
    return int(numbers[0]) if numbers else 0


def find_server() -> Path | None:
    """Return the folder with initdb and postgres, the newest version first, the PATH last; None when absent."""
    found = [path for pattern in FOLDERS for path in Path("/").glob(pattern.lstrip("/"))]
    folders = sorted(found, key=_version, reverse=True)
    if on_path := shutil.which("initdb"):
        folders.append(Path(on_path).resolve().parent)
    complete = (f for f in folders if all(os.access(f / program, os.X_OK) for program in PROGRAMS))
    return next(complete, None)


def main() -> None:
    """Say where the server programs are, after asking the package manager for them if they are missing."""
    load_env_file()
    if os.environ.get("KAMENGWATCH_TEST_POSTGRES"):
        say("PostgreSQL: the server named by KAMENGWATCH_TEST_POSTGRES")
        return
    folder = find_server()
    if folder is None:
        say("asking the system's package manager for PostgreSQL")
        apt_install([["postgresql"]])
        folder = find_server()
    if folder:
        say(f"PostgreSQL: {folder}")
    else:
        say("no PostgreSQL server programs: its tests will skip (install postgresql to run them)")


if __name__ == "__main__":
    main()
