"""What is uploaded stays in memory: Starlette would put a part beyond one megabyte into a temporary file on the disk."""

from __future__ import annotations

from starlette.formparsers import MultiPartParser
from streamlit import config

_MB = 1024 * 1024


def megabytes() -> int:
    """The most one file may have, as Streamlit enforces it."""
    return int(config.get_option("server.maxUploadSize"))


def keep_in_memory() -> None:
    """Let no upload reach the disk. Called where the uploader is drawn, so before anything can come in through it."""
    MultiPartParser.spool_max_size = (megabytes() + 1) * _MB
