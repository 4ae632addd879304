"""`.env` in the current folder: the settings of this machine, read by the product's own programs. The environment wins.

Only names of ours are taken out of it, so that a file lying about cannot change how Python or a library behaves.
"""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

PREFIX = "KAMENGWATCH_"
FOREIGN = ("CHROMIUM",)
"""Names of ours without the prefix."""
FILE = "KAMENGWATCH_ENV_FILE"
"""Names another file than `.env`; every word of the environment but this one may stand in it."""


class EnvFileError(ValueError):
    """The file cannot be read; one line that names file, line and reason."""


def path() -> Path:
    """Where the settings of this machine are written."""
    return Path(os.environ.get(FILE) or ".env")


def values() -> dict[str, str]:
    """Every name and value of the file, ours or not; empty where there is no file. Raises EnvFileError."""
    file = path()
    try:
        stamp = file.stat()
    except OSError:
        return {}
    return _read(file, stamp.st_mtime_ns, stamp.st_size)


@lru_cache(maxsize=4)
def _read(file: Path, _mtime: int, _size: int) -> dict[str, str]:
    from dotenv.parser import (
        parse_stream,
    )  # a tenth of a second, which a folder without such a file does not pay

    found = {}
    try:
        with file.open(encoding="utf-8-sig") as stream:
            for line in parse_stream(stream):
                if line.error:
                    raise EnvFileError(
                        f"{file}: 第 {line.original.line} 行读不懂 line {line.original.line} cannot be read; "
                        "每行一个 one a line: NAME=value"
                    )
                if line.key is not None:
                    found[line.key] = line.value or ""
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise EnvFileError(f"{file}: 读不了 cannot be read: {reason}") from error
    return found


def load() -> None:
    """Put what the file says of ours into the environment, where that says nothing. Raises EnvFileError."""
    for name, value in values().items():
        if (
            value
            and (name.startswith(PREFIX) or name in FOREIGN)
            and name != FILE
            and not os.environ.get(name)
        ):
            os.environ[name] = value


def lookup(name: str) -> str | None:
    """The value of any name, ours or one the operator chose for a secret: the environment's, else the file's."""
    return os.environ.get(name) or values().get(name) or None
