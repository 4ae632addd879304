"""Work on the same data in forked processes: nothing is copied on the way in, and results come back in order."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.connection import wait
from typing import Any, TypeVar

T = TypeVar("T")
_AHEAD = 2
"""Results a process may be ahead of the reader: what waits is in memory."""
_work: Callable[[Any], Any]
_items: Sequence[Any]


class ProcessLost(RuntimeError):
    """A process was killed, most often for want of memory; `zh` and `en` say so."""

    zh = "一个进程被终止，什么也没有存下；多半是内存不足，腾出内存后再运行一次"
    en = "a process was killed, nothing was stored; most often memory ran out: free some and run it again"


def processors() -> int:
    """How many this process may use; 1 where forking is not the way of the system."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else 1


def map_ordered(
    work: Callable[[Any], T], items: Sequence[Any], before: Callable[[], None] = lambda: None, least: int = 2
) -> Iterator[T]:
    """`work` of each item, in order; in this process if there are not `least` for each of two others. `before` is called once
    before any is forked: open connections must not be shared.

    Raises what `work` raises, and ProcessLost.
    """
    count = min(processors(), len(items) // least)
    if count < 2:
        for item in items:
            with _no_collection():
                found = work(item)
            yield found
        return
    context = multiprocessing.get_context("fork")
    before()
    pool = ProcessPoolExecutor(count, context, _begin, (work, items))
    waiting: deque[Future[T]] = deque()
    try:
        for place in range(len(items)):
            waiting.append(pool.submit(_do, place))
            if len(waiting) > count + _AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    except BrokenProcessPool as error:
        raise ProcessLost from error
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def _no_collection() -> Iterator[None]:
    """Without looking for garbage: rows of a database are millions of small objects, none of which is any."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _begin(work: Callable[[Any], Any], items: Sequence[Any]) -> None:
    global _work, _items
    _work, _items = work, items
    # Ctrl-C is the parent's to answer, and a handler it has for the end of a service is not meant for this process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    # What is shared is never garbage here, and looking through it copies its pages; of the rest `_do` takes care.
    gc.freeze()
    gc.disable()
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def _do(place: int) -> Any:
    try:
        return _work(_items[place])
    finally:
        gc.collect()
