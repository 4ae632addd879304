"""The scheduler service: APScheduler as the clock, the crawl ledger as the memory, one process for each crawl.

Nothing is remembered that the ledger does not say: what has no finished crawl within its cadence is due, so a killed
service or a week of downtime loses nothing and runs nothing twice (docs/decisions/0010-the-ledger-is-the-job-store.md).
Sources that visit the platforms themselves run one after another; the boards beside them; judging after either.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.blocking import BlockingScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.date import DateTrigger
from apscheduler.triggers.interval import IntervalTrigger
from filelock import FileLock, Timeout
from sqlalchemy.exc import SQLAlchemyError

from kamengwatch import console
from kamengwatch.config import Config, Failure, UserError, operator_settings, require_contact
from kamengwatch.console import log_line
from kamengwatch.intake import changed_sites, form_inbox, observing
from kamengwatch.maintain import time_stamps
from kamengwatch.notify import delivery
from kamengwatch.pipeline.crawl import cards, plan, platform_visitors
from kamengwatch.pipeline.run_log import Run, RunLedger
from kamengwatch.pipeline.schedule_plan import paused, set_paused, show_plan
from kamengwatch.pipeline.step_process import (
    limit_memory,
    listen,
    lives,
    looking,
    send_signal,
    stopped_by_signal,
)
from store.china_time import SHANGHAI

LOOK_EVERY = dt.timedelta(seconds=30)
"""A wait counts the time a machine is awake; it is cut short so that what fell due during a sleep begins after it."""
LONGEST = {"crawl": 6 * 3600, "rate": 2 * 3600, "publish": 2 * 3600, "privacy": 2 * 3600, "stamp": 600}
"""Seconds after which a step is stopped; a crawl's job stays due."""
STOP_SECONDS = 5.0
"""A crawl that is told to stop finishes what is on the way; after that it is killed, and taken up again later."""
GONE_SECONDS = 7.0
"""The whole service has ended by then, whatever its threads wait for: all it writes survives a kill."""
LISTEN_SECONDS = 60
"""How long the last lines of a step that has ended are waited for, unless the service stops."""
HEARD = 50
"""Lines of a step that are remembered for the run ledger."""
JUDGE = "rate and publish"
JUDGE_AFTER = dt.timedelta(seconds=30)
"""Crawls that end together are judged once."""
JUDGE_POLLS = dt.timedelta(hours=1)
"""Polls of a feed that is read all day are judged no oftener than this; other crawls 30 seconds after they end."""
SINGLE_EVERY = dt.timedelta(seconds=5)
"""Changed sites are looked for so often."""
MOST_SINGLE = 200
"""Where more sites than this changed, all are rated and published."""
RETRY_SINGLE = dt.timedelta(seconds=60)
"""After a single rating that was refused, as while a full one is being published."""
EXPIRE_AT = 4
"""The Shanghai hour at which what has been kept long enough is let go, between two ratings."""
RETRY_AFTER = dt.timedelta(minutes=30)
"""A crawl that ended without being finished (killed, paused, out of memory) is due at once, but not tried sooner."""


def schedule(
    config: Config,
    list_: bool,
    run_now: str | None,
    pause: str | None,
    resume: str | None,
    defer: bool = False,
    as_json: bool = False,
) -> None:
    """Run the service until stopped (with `defer` its crawls go to the workers), list the plan, run one source at once, or pause or resume one."""
    asked = [word for word in (run_now, pause, resume) if word]
    if len(asked) + list_ > 1:
        raise UserError(
            "--list、--run-now、--pause、--resume 一次只能用一个 give one of --list, --run-now, --pause, --resume"
        )
    if as_json and not (list_ or pause or resume):
        raise UserError(
            "--json: 只和 --list、--pause、--resume 一起用 only goes with --list, --pause, --resume"
        )
    for source in asked:
        if source not in {card.id for card in cards()}:
            raise UserError(
                f"{source}: 没有这个信息源 no such source; 可用 use {', '.join(c.id for c in cards())}"
            )
    if pause or resume:
        set_paused(config, str(pause or resume), on=bool(pause))
    if list_ or pause or resume:
        show_plan(config, as_json)
    elif run_now:
        config.check_database()
        service = Service(config, defer)
        with stopped_by_signal(service.stop, GONE_SECONDS, lambda: _leave(config, 1)):
            done = service.crawl(run_now) and service.judge()
        if not done:
            raise Failure(f"{run_now}: 采集未成功 the crawl did not succeed; 见 see kamengwatch sources")
    else:
        config.check_database()
        _serve(config, defer)


def _handed_in(data_dir: Path) -> list[tuple[str, int, int]]:
    """Name, size and time of every file of the two inboxes."""
    files = [*(data_dir / "inbox").glob("*.jsonl"), *observing.inbox(data_dir)]
    return sorted((str(f), s.st_size, s.st_mtime_ns) for f in files if (s := f.stat(follow_symlinks=False)))


class Service:
    """Runs steps as processes, writes each into the run ledger, and can be told to stop."""

    def __init__(self, config: Config, defer: bool = False) -> None:
        """`config` names the data folder, the database and the language handed on to every step; `defer`: others crawl."""
        require_contact()
        self._config = config
        self.deferred = ("--defer", "--wait") if defer else ()
        self._ledger = RunLedger(config.data_dir)
        self._running: set[subprocess.Popen[str]] = set()
        self._guard = threading.Lock()
        self._busy = 0
        self.stopping = False
        self._gone_by = 0.0
        self.judged_at: dt.datetime | None = None
        self._refused: dt.datetime | None = None
        self._judging = threading.Lock()
        self._taking = threading.Lock()
        self._taken: list[tuple[str, int, int]] | None = None

    def crawl(self, source: str) -> bool:
        """Crawl one source; False when it failed or was blocked."""
        return self._step("crawl", source, *self.deferred)

    def do(self, work: Callable[[], Any]) -> None:
        """Do one job of the clock, unless the service stops."""
        with self._guard:
            if self.stopping:
                return
            self._busy += 1
        try:
            work()
        finally:
            with self._guard:
                self._busy -= 1

    def judge(self) -> bool:
        """Tell of stale sources, take in what was handed in through the forms, rate and publish; False when a step failed."""
        with self._judging:
            return self._judge()

    def _judge(self) -> bool:
        if self.stopping:
            return False
        self.judged_at = self._config.now()
        with contextlib.suppress(UserError, SQLAlchemyError, OSError):  # the steps below name what is wrong
            delivery.alert(self._config, self._ledger, paused(self._config))
        self.take_in()
        done = self._step("rate") and self._step("publish")
        if done and time_stamps.configured():
            self._step(
                "stamp"
            )  # a service that is away is asked again after the next publication, and stops nothing
        return done

    def take_in(self) -> None:
        """Take in what the forms and other places handed in, where something lies there that did not the last time."""
        with self._taking:
            try:
                lying = _handed_in(self._config.data_dir)
                if lying == self._taken:
                    return
                form_inbox.take_in(self._config)
                observing.take_inbox(self._config)
                self._taken = lying
            except (OSError, UserError, SQLAlchemyError) as error:  # the forms wait; the market is rated
                log_line(
                    self._config.say(
                        f"收件箱这次没收成：{error}", f"the inbox could not be taken in this time: {error}"
                    )
                )

    def judge_single(self) -> bool:
        """Rate and publish the sites that changed since the last full rating; all of them anew where they are many.

        What senders of reports say of them is taken in before: a withdrawn report is not published a night longer.
        """
        self.take_in()
        settled = dt.timedelta(seconds=operator_settings().single_sites_seconds)
        try:
            hosts = changed_sites.due(self._config, settled)
        except (UserError, SQLAlchemyError, OSError, ValueError):
            return False  # the next full rating tells what is wrong
        if not hosts or (self._refused and self._config.now() - self._refused < RETRY_SINGLE):
            return not hosts
        if len(hosts) > MOST_SINGLE:
            return self.judge()
        words = [word for host in hosts for word in ("--platform", host)]
        done = self._step("rate", "--publish", *words)
        self._refused = None if done else self._config.now()
        return done

    def expire(self) -> bool:
        """Let go of what was kept for its declared period; False when it failed."""
        return self._step("privacy", "expire")

    def runs_with(self, process: subprocess.Popen[str] | None) -> None:
        """Have `process` end with the service, as a step does."""
        with self._guard:
            self._running |= {process} if process else set()

    def stop(self) -> None:
        """Tell every running step to end, wait, and kill what does not, with all that it started."""
        with self._guard:
            self.stopping = True
            self._gone_by = time.monotonic() + GONE_SECONDS - 1
            running = list(self._running)
        for process in running:
            send_signal(process, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while any(map(lives, running)) and time.monotonic() < deadline:
            time.sleep(0.05)
        for process in running:
            send_signal(process, signal.SIGKILL)

    def rest(self) -> None:
        """Wait for the jobs of the clock to end, until the service has to be gone."""
        while self._busy and time.monotonic() < self._gone_by:
            time.sleep(0.05)

    def _step(self, *words: str) -> bool:
        config = self._config
        begun, run_id = config.now(), uuid.uuid4().hex[:12]
        command = [sys.executable, "-m", "kamengwatch", *words, "--data-dir", str(config.data_dir)]
        command += ["--lang", config.lang]  # not the database: everybody can read a command line
        url = {"KAMENGWATCH_DATABASE_URL": config.database} if config.database else {}
        with self._guard:  # started and known at once: told to stop in between, it would run on
            if self.stopping:
                return False
            process = subprocess.Popen(
                command,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                start_new_session=True,
                env=os.environ | {"KAMENGWATCH_RUN_ID": run_id} | url,
            )
            self._running.add(process)
        limit_memory(process)
        console.event("step.begun", step=" ".join(words), step_run=run_id)
        heard: deque[str] = deque(maxlen=HEARD)
        listener = threading.Thread(target=listen, args=(process, heard), daemon=True)
        listener.start()
        try:
            process.wait(LONGEST[words[0]])
        except subprocess.TimeoutExpired:
            send_signal(process, signal.SIGKILL)
            process.wait()
            heard.append(f"stopped after {LONGEST[words[0]]} seconds\n")
        finally:
            with self._guard:
                self._running.discard(process)
        listener.join(1 if self.stopping else LISTEN_SECONDS)
        run = Run(
            run_id, " ".join(words), begun, config.now(), int(process.returncode), console.last_words(heard)
        )
        try:
            self._ledger.add(run)
        except OSError as error:  # a full disk: what the step did stands, and the service goes on
            log_line(
                self._config.say(f"运行记录没写成：{error}", f"the run ledger could not be written: {error}")
            )
        console.event("step.ended", step=run.words, step_run=run_id, exit=run.exit)
        return process.returncode == 0


def _leave(config: Config, code: int) -> None:
    """End this process at once: the interpreter would wait for its threads, and tidy up for seconds on a busy machine."""
    with contextlib.suppress(OSError):
        zh, en = "已停止；没做完的下次接着做。", "Stopped; what was not finished is taken up next time."
        log_line(config.say(zh, en))
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
    os._exit(code)


def _serve(config: Config, defer: bool) -> None:
    config.data_dir.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(config.data_dir / "schedule.lock", timeout=0):
            service = Service(config, defer)
            clock = _clock(config, service)
            with stopped_by_signal(lambda: _end(clock, service), GONE_SECONDS, lambda: _leave(config, 0)):
                log_line(
                    config.say("定时采集已启动（Ctrl+C 停止）", "The scheduler is running (Ctrl+C stops it)")
                )
                show_plan(config, False)
                with looking(config) as look:
                    service.runs_with(look)
                    clock.start()
                service.rest()
    except Timeout as error:
        raise UserError(
            f"{config.data_dir}: 已有一个定时进程在运行 a scheduler is already running here; 先停掉它 stop it first"
        ) from error


def _clock(config: Config, service: Service) -> Any:
    """A scheduler with one dated job a source; each job plans its source's next one when it ends."""
    sizes = {"platforms": 1, "browser": 1, "boards": 2, "judge": 1, "single": 1, "look": 1}
    pools = {name: ThreadPoolExecutor(size) for name, size in sizes.items()}
    cards_by_id = {card.id: card for card in cards()}
    clock = BlockingScheduler(timezone=SHANGHAI, executors=pools)

    def put(job: str, work: Callable[[], Any], at: Any, pool: str) -> None:
        clock.add_job(
            lambda: service.do(work), DateTrigger(at), id=job, executor=pool, replace_existing=True, coalesce=True, max_instances=1,
            misfire_grace_time=None,
        )  # fmt: skip

    def run(source: str) -> None:
        try:
            if source not in paused(config):
                service.crawl(source)
                # Also after a failed crawl: a source that has stopped telling us anything must be published as such.
                judge_after(source)
        finally:
            if not service.stopping:
                arrange(source, _due(config, source))

    def judge_after(source: str) -> None:
        at = config.now() + JUDGE_AFTER
        if cards_by_id[source].poll_minutes:  # half-hourly polls are judged together
            if clock.get_job(JUDGE):
                return
            at = max(at, service.judged_at + JUDGE_POLLS) if service.judged_at else at
        put(JUDGE, service.judge, at, "judge")

    def arrange(source: str, at: dt.datetime) -> None:
        visiting = "browser" if service.deferred and source == "screenshot" else "platforms"
        put(source, lambda: run(source), at, visiting if source in platform_visitors() else "boards")

    def single(begun: bool = False) -> None:
        try:
            if begun:
                service.judge_single()
        finally:
            if not service.stopping:
                put("single", lambda: single(begun=True), config.now() + SINGLE_EVERY, "single")

    now = config.now()
    clock.add_job(
        lambda: None,
        IntervalTrigger(seconds=LOOK_EVERY.seconds),
        id="look",
        executor="look",
        coalesce=True,
        misfire_grace_time=None,
    )
    if operator_settings().single_sites_seconds:
        single()
    for entry in plan(config, now):
        arrange(entry.source, max(entry.due_at, now))
    clock.add_job(
        lambda: service.do(service.expire), CronTrigger(hour=EXPIRE_AT, timezone=SHANGHAI), id="expire", executor="judge", coalesce=True, max_instances=1,
        misfire_grace_time=None,
    )  # fmt: skip
    return clock


def _due(config: Config, source: str) -> dt.datetime:
    """When to try a source again that has just been tried; soon, when it is still due or even the plan cannot be read."""
    now = config.now()
    try:
        due = max(entry.due_at for entry in plan(config, now) if entry.source == source)
    except (UserError, SQLAlchemyError, ValueError):
        due = now
    return due if due > now else now + RETRY_AFTER


def _end(clock: Any, service: Service) -> None:
    service.stop()
    while not clock.running:  # told to stop before it had begun: it cannot be shut down yet
        time.sleep(0.05)
    clock.pause()
    clock.get_jobs()  # waits for a round of jobs being started: stopped in its middle, the library finds them gone and raises
    # Without waiting: the library holds the lock of its jobs while it waits, and a job that plans the next one wants that lock.
    clock.shutdown(wait=False)
