"""The settings every test runs under: somebody answers for its crawls, and no `.env` of a developer reaches into it.

Of that file only what is meant for tests is taken: the PostgreSQL, the real records and the browser.
"""

import os
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.util import LRUCache

from store import env_file

for _name in ("KAMENGWATCH_TEST_POSTGRES", "KAMENGWATCH_REAL_DATA", "CHROMIUM"):
    if _value := env_file.lookup(_name):
        os.environ[_name] = _value
os.environ[env_file.FILE] = os.devnull
os.environ["KAMENGWATCH_CONTACT"] = "https://watchdog.example/tests"
# The process that forks the programs (forked.py) has no second thread: a child would be without it, and wait for it.
os.environ["JE_ARROW_MALLOC_CONF"] = "background_thread:false"
# Tests of single answers play a service that knows one site; what the control does has tests of its own.
os.environ["KAMENGWATCH_ICP_CONTROL"] = "none"


class _Compiled(LRUCache[Any, Any]):
    """The SQL of statements, by the kind of database instead of by the engine."""

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(((key[0].name, key[0].driver), *key[1:]), default)

    def __setitem__(self, key: Any, compiled: Any) -> None:
        super().__setitem__(((key[0].name, key[0].driver), *key[1:]), compiled)


def _open(engine: Engine, *given: Any, **more: Any) -> None:
    _opened(engine, *given, **more)
    engine._compiled_cache = _COMPILED


# Nearly every test has a database of its own, and writing each statement out as SQL anew took half of what it does with it.
_opened, _COMPILED = Engine.__init__, _Compiled(3_000)
Engine.__init__ = _open  # type: ignore[method-assign]
