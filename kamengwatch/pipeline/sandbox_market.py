"""Start and steer the market in a box: a server process of ours, reached only over HTTP, like any other site."""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import json
import secrets
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from dashboard.forms import inbox, records, report_codes
from kamengwatch import console
from kamengwatch.config import Config, Failure
from kamengwatch.intake import form_inbox, observing
from kamengwatch.review import decisions
from scoring.snapshot import signing
from store.db.tables import Observer, Review

CONTROL = "control.sandbox.test"
START_SECONDS = 60
LATENCY = "0.25"
"""Shops answer in a quarter of their simulated time: a slow one still stands out, and the run need not wait for it."""


@dataclass(frozen=True)
class Sandbox:
    """A running market; `proxy` is the address through which all of its hosts are reached."""

    proxy: str

    def now(self) -> dt.datetime:
        """The simulated present."""
        return dt.datetime.fromisoformat(self._call("GET", "/clock")["now"])

    def set_now(self, moment: dt.datetime) -> None:
        """Move the simulated present."""
        self._call("PUT", "/clock", {"now": moment.isoformat()})

    def hosts(self) -> list[dict[str, Any]]:
        """The shops, as an operator's watchlist would name them: host, name, aliases."""
        found: list[dict[str, Any]] = self._call("GET", "/hosts")["hosts"]
        return found

    def second_place(self) -> str:
        """The address through which the market is seen from another place than ours."""
        return f"{self.proxy.rpartition(':')[0]}:{self._call('GET', '/clock')['second_port']}"

    def calendar(self) -> tuple[dt.date, dt.date]:
        """First and last simulated day."""
        clock = self._call("GET", "/clock")
        return dt.date.fromisoformat(clock["starts_on"]), dt.date.fromisoformat(clock["ends_on"])

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        request = urllib.request.Request(  # noqa: S310 - our own server on loopback
            f"{self.proxy}{path}",
            data=json.dumps(body).encode() if body is not None else None,
            method=method,
            headers={"Host": CONTROL, "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310
            answer: dict[str, Any] = json.load(response)
        return answer


@contextmanager
def started(seed: int) -> Iterator[Sandbox]:
    """Run the sandbox market with `seed` in a process of its own; raises Failure when it does not come up."""
    with tempfile.TemporaryDirectory(prefix="kamengwatch-sandbox-") as folder:
        ready = Path(folder) / "port"
        command = [
            sys.executable,
            "-m",
            "sandbox",
            "serve",
            "--port",
            "0",
            "--seed",
            str(seed),
            "--mall",
            "--operators",
        ]
        command += ["--latency", LATENCY, "--ready-file", str(ready)]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            yield Sandbox(f"http://127.0.0.1:{_port(process, ready)}")
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def _port(process: subprocess.Popen[bytes], ready: Path) -> int:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if ready.is_file() and (text := ready.read_text().strip()):
            return int(text)
        if process.poll() is not None:
            said = (process.stderr.read() if process.stderr else b"").decode(errors="replace").strip()
            raise Failure(
                f"演示市场没有启动 the sandbox market did not start: {said.splitlines()[-1] if said else process.returncode}"
            )
        time.sleep(0.05)
    raise Failure(f"演示市场 {START_SECONDS} 秒内没有就绪 the sandbox market was not ready in time")


PLACE = "演示观测点（大陆线路）"
"""The second place from which the played market is looked at: what is diverted on our line can be reached there."""


def look_from_the_second_place(config: Config, market: Sandbox) -> None:
    """Have the second place look at a signed list as anybody's probe would, and take its signed report."""
    if signing.private_key(config.data_dir) is None:
        signing.create_key(config.data_dir, config.now())
    # The place's key stays with the demonstration: a run that is taken up again looks from the same place.
    place = replace(config, data_dir=config.data_dir / "second-place", database=None)
    with tempfile.TemporaryDirectory(prefix="kamengwatch-place-") as name, console.quiet():
        operator, own, listed, report = (
            Path(name) / n for n in ("we.pem", "place.pem", "list.json", "seen.jsonl")
        )
        operator.write_text(signing.public_pem(config.data_dir) or "", "utf-8")
        with contextlib.redirect_stdout(io.StringIO()) as said:
            observing.initialise(place, operator)
        own.write_text(said.getvalue(), "utf-8")
        with config.engine.connect() as connection:
            known = connection.scalar(select(Observer.id).where(Observer.place == PLACE))
        if known is None:
            observing.trust(config, own, PLACE, mainland=True)
        observing.hand_out(config, listed)
        observing.look(place, listed, report, market.second_place())
        taken = observing.take_one(config, report)
    console.log_line(
        config.say(
            f"第二观测点看了 {taken.looks} 个网站", f"The second place looked at {taken.looks} site(s)"
        )
    )


REPORTS = (
    ("drop.stuck", "50-100", 6, "settled"),
    ("refund_refused", "100-500", 9, "withdrawn"),
    ("drop.payment_not_synced", "10-50", 3, None),
)
"""Of each played report what happened, the amount's band, days between the order and today, and what its sender says a week later."""
CODES = "demo-report-codes.json"
"""In the demonstration's folder: the codes of its reports, which a real installation never keeps."""


def hand_in_reports(config: Config, host: str) -> None:
    """Hand three reports in about a site, as the form does, and accept them as a reviewer would; a second time changes nothing."""
    with config.engine.connect() as connection:
        if connection.scalar(select(func.count()).select_from(Review).where(Review.kind == "report")):
            return
    form_inbox.take_in(config)  # makes the key under which codes are hashed
    today, codes = config.today(), {}
    for happened, band, ago, says in REPORTS:
        code = report_codes.new_code()
        record = records.report(
            secrets.token_hex(16), today, site=host, happened=happened, band=band, on=today - dt.timedelta(ago),
            product="topup", state="open", code=report_codes.keyed(config.data_dir, code),
        )  # fmt: skip
        inbox.append(config.data_dir, records.line(record), today)
        codes[code] = says
    (config.data_dir / CODES).write_text(json.dumps(codes), "utf-8")
    form_inbox.take_in(config)
    with console.quiet():
        every = decisions.Selection(every=True, kinds=["report"])
        decisions.decide(config, "accept", every, None, None, "demo", False)


def say_what_became(config: Config) -> list[str]:
    """Let the senders say what became of their reports; returns the codes, to be tried on the page."""
    file = config.data_dir / CODES
    codes: dict[str, str | None] = json.loads(file.read_text("utf-8")) if file.is_file() else {}
    for code, says in codes.items():
        hashed = report_codes.keyed(config.data_dir, code)
        if says and hashed:
            report_codes.say(config.data_dir, hashed, says, config.today())
    form_inbox.take_in(config)
    return list(codes)
