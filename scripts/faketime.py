"""Find or install libfaketime, with which the rehearsal lets days pass for the programs it starts.

Standard library only. It must never fail its caller: without the library the rehearsal plays its first day only, and says so.
"""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

from system import apt_install, say

# Debian and its kin, Red Hat, Homebrew. Programs with threads need the MT one.
PATTERNS = (
    "/usr/lib/*/faketime/libfaketimeMT.so.1",
    "/usr/lib/faketime/libfaketimeMT.so.1",
    "/usr/lib64/faketime/libfaketimeMT.so.1",
    "/opt/homebrew/lib/faketime/libfaketime.1.dylib",
    "/usr/local/lib/faketime/libfaketime.1.dylib",
)


def find_faketime() -> Path | None:
    """Return the library named by LIBFAKETIME, or where systems keep it; None when absent or made for another machine."""
    named = os.environ.get("LIBFAKETIME")
    found = [Path(named)] if named else [p for pattern in PATTERNS for p in Path("/").glob(pattern[1:])]
    return next((path for path in found if path.is_file() and _loads(path)), None)


def _loads(path: Path) -> bool:
    try:
        ctypes.CDLL(str(path), mode=os.RTLD_LAZY | os.RTLD_LOCAL)
    except OSError:
        return False
    return True


def main() -> None:
    """Say where the library is, after asking the package manager for it if it is missing."""
    path = find_faketime()
    if path is None:
        say("asking the system's package manager for libfaketime")
        apt_install([["libfaketime"], ["faketime"]])
        path = find_faketime()
    if path:
        say(f"libfaketime: {path}")
    else:
        say("no libfaketime: the rehearsal plays its first day only (install faketime to play the others)")


if __name__ == "__main__":
    main()
