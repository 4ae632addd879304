"""What is uploaded: kept in memory only, by sessions whose page asks for files, within a budget.

Starlette would put a part beyond one megabyte into a temporary file on the disk.
"""

from __future__ import annotations

import threading
from collections import Counter

from starlette.formparsers import MultiPartParser
from streamlit import config, runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

_MB = 1024 * 1024
SESSION_BYTES = 50 * _MB
"""Of one session: an evidence pack of five files of the largest size."""
ALL_BYTES = 200 * _MB
"""Of all sessions together."""
_OVERHEAD = 64 * 1024
"""Of a request beside its file."""

_run = threading.local()


def megabytes() -> int:
    """The most one file may have, as Streamlit enforces it."""
    return int(config.get_option("server.maxUploadSize"))


def keep_in_memory() -> None:
    """Let no upload reach the disk, and let this session upload. Called where the uploader is drawn, before anything can come in."""
    MultiPartParser.spool_max_size = (megabytes() + 1) * _MB
    if context := get_script_run_ctx():
        BUDGET.open_for(context.session_id)
        _run.drawn = True


def begin_run() -> None:
    """A page begins to be drawn; whether it has an uploader is not known yet."""
    _run.drawn = False


def end_run() -> None:
    """A page is drawn: where it showed no uploader, its session may upload no more."""
    context = get_script_run_ctx()
    if context and not getattr(_run, "drawn", False):
        BUDGET.close_for(context.session_id)


class Budget:
    """Which sessions may upload, and how much; used by the server's loop and by the threads of the pages."""

    def __init__(self, session_bytes: int = SESSION_BYTES, all_bytes: int = ALL_BYTES) -> None:
        self._session_bytes, self._all_bytes = session_bytes, all_bytes
        self._open: set[str] = set()
        self._coming: Counter[str] = Counter()
        self._lock = threading.Lock()

    def open_for(self, session: str) -> None:
        """The session's page shows an uploader."""
        with self._lock:
            self._open.add(session)

    def close_for(self, session: str) -> None:
        """It does no longer."""
        with self._lock:
            self._open.discard(session)

    def take(self, session: str, size: int) -> str:
        """Reserve bytes for one file of a session; "" or why not: closed, file, session, all."""
        held = _held()
        with self._lock:
            if len(self._open) > 1_000:  # those that ended while their uploader was shown
                self._open = _active(self._open)
            if session not in self._open:
                return "closed"
            if size > megabytes() * _MB + _OVERHEAD:
                return "file"
            if held.get(session, 0) + self._coming[session] + size > self._session_bytes:
                return "session"
            if sum(held.values()) + self._coming.total() + size > self._all_bytes:
                return "all"
            self._coming[session] += size
            return ""

    def give_back(self, session: str, size: int) -> None:
        """The upload has ended; what was kept of it counts as held."""
        with self._lock:
            self._coming[session] -= size
            if self._coming[session] <= 0:
                del self._coming[session]


def _held() -> dict[str, int]:
    """Bytes kept for each session."""
    if not runtime.exists():
        return {}
    kept = getattr(runtime.get_instance().uploaded_file_mgr, "file_storage", {})
    return {session: sum(len(f.data) for f in list(files.values())) for session, files in list(kept.items())}


def _active(sessions: set[str]) -> set[str]:
    running = runtime.get_instance()
    return {session for session in sessions if running.is_active_session(session)}


BUDGET = Budget()
"""This process's."""
