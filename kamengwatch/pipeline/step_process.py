"""The processes of a service: told by a signal to stop, signalled with all they started, limited in memory, listened to."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from kamengwatch import console
from kamengwatch.config import Config, operator_settings, require_contact

MEMORY = 4 * 2**30
"""Bytes of data beyond which a process of a step is refused more; the crawl's own limit is lower (crawler.settings)."""
_REVIVED_AFTER = 3.0
"""Seconds after which a worker of looks that died is missed."""
LOOK_STOP_SECONDS = 1.5
"""A look that goes on after that is cut off: the next worker takes it up."""


@contextlib.contextmanager
def stopped_by_signal(stop: Callable[[], None], seconds: float, leave: Callable[[], None]) -> Iterator[None]:
    """At the first SIGTERM or Ctrl+C call `stop` in a thread, and `leave` when that and the block have ended, or after `seconds` wherever they stand.

    Heard through a socket, which the interpreter writes to at once: the main thread may be inside a library that waits
    for a lock, a name or a server, and hands no signal on before.
    """
    ours, interpreters = socket.socketpair()
    interpreters.setblocking(False)
    ended = threading.Event()

    def hear() -> None:
        while (heard := ours.recv(1)) and heard[0] not in (signal.SIGTERM, signal.SIGINT):
            pass
        if heard:
            gone_by = time.monotonic() + seconds
            stopping = threading.Thread(target=stop, daemon=True)
            stopping.start()
            ended.wait(seconds)
            stopping.join(max(0.0, gone_by - time.monotonic()))
            leave()

    before = {number: signal.signal(number, lambda *_: None) for number in (signal.SIGTERM, signal.SIGINT)}
    listened = signal.set_wakeup_fd(interpreters.fileno(), warn_on_full_buffer=False)
    ear = threading.Thread(target=hear, daemon=True)
    ear.start()
    try:
        yield
    finally:
        ended.set()
        signal.set_wakeup_fd(listened)
        interpreters.close()
        ear.join()
        ours.close()
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def ended_by_signal() -> Iterator[None]:
    """SIGTERM and a closed terminal end what stands in the block as Ctrl+C does: what it started is stopped before it."""
    if threading.current_thread() is not threading.main_thread():
        yield  # signals are the main thread's
        return

    def hear(number: int, _: Any) -> None:
        sys.exit(128 + number)

    # What `nohup` has it not hear it goes on not hearing.
    heard = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    heard = {number: before for number, before in heard.items() if before is not signal.SIG_IGN}
    for number in heard:
        signal.signal(number, hear)
    try:
        yield
    finally:
        for number, before in heard.items():
            signal.signal(number, before)


@contextlib.contextmanager
def looking(config: Config, proxy: str | None = None) -> Iterator[subprocess.Popen[str] | None]:
    """Run the worker beside what stands in the block, as a process of its own, where the operator turned looks on; yields it.

    One that is killed or breaks is followed by another.
    """
    if not (operator_settings().looks_per_day or proxy):
        yield None
        return
    if not proxy:
        require_contact()
    words = [sys.executable, "-m", "kamengwatch.pipeline.look", "--data-dir", str(config.data_dir), "--lang", config.lang]  # fmt: skip
    words += ["--sandbox-proxy", proxy] if proxy else []
    more = {"KAMENGWATCH_DATABASE_URL": config.database} if config.database else {}
    if config.fixed_now is not None:
        more["KAMENGWATCH_NOW"] = config.fixed_now.isoformat()

    def start() -> subprocess.Popen[str]:
        # A session of its own, so that a look which hangs is ended with its crawl.
        return subprocess.Popen(
            words, env=os.environ | more, stdin=subprocess.PIPE, text=True, start_new_session=True
        )

    running, over = [start()], threading.Event()

    def keep() -> None:
        while not over.wait(_REVIVED_AFTER):
            if running[-1].poll() not in (None, 0, 2):  # 0: told to end; 2: cannot work as it is set up
                running.append(start())

    keeper = threading.Thread(target=keep, daemon=True)
    keeper.start()
    console.log_line(config.say("初查已开通：没有收录的网站，访客可以请我们当场查一次", "Looks are on: visitors may have a site looked at that is not on record"))  # fmt: skip
    try:
        yield running[0]
    finally:
        over.set()
        keeper.join()
        process = running[-1]
        if process.stdin:
            process.stdin.close()
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(LOOK_STOP_SECONDS)
        send_signal(process, signal.SIGKILL)
        process.wait()


def send_signal(process: subprocess.Popen[str], number: int) -> None:
    """To the step and every process it started; one that has ended meanwhile needs none."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def lives(process: subprocess.Popen[str]) -> bool:
    """Whether a step, or any process it started, is still there."""
    if process.poll() is None:
        return True
    try:
        os.killpg(process.pid, 0)
    except ProcessLookupError:
        return False
    return True


def limit_memory(process: subprocess.Popen[str]) -> None:
    """Set from outside: code run between fork and exec may hang in a process with threads. Linux only."""
    if hasattr(resource, "prlimit"):
        with contextlib.suppress(ProcessLookupError):
            resource.prlimit(process.pid, resource.RLIMIT_DATA, (MEMORY, MEMORY))


def listen(process: subprocess.Popen[str], heard: deque[str]) -> None:
    """Keep the last lines of a step, and hand its log on as it comes."""
    for line in process.stderr or ():
        heard.append(line)
        if console.wanted():
            sys.stderr.write(line)
