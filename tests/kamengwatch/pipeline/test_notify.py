"""Subscribers: changes of the world, each once, signed; corrections to whoever was told of the site; silence otherwise."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
import socketserver
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from sqlalchemy import insert

from kamengwatch.config import Config
from kamengwatch.notify import delivery
from kamengwatch.pipeline.crawl import cards
from kamengwatch.pipeline.run_log import RunLedger
from store.db.tables import Crawl
from store.evidence.crawl_ledger import register_sources
from tests.support.markets import snapshots
from tests.support.programs.in_process_cli import command

SECRET = "0123456789abcdef0123"
NOW = "2026-11-22T00:00:00+00:00"


class Hook(BaseHTTPRequestHandler):
    """Keeps what is posted; answers with the server's status."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((dict(self.headers), body))
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def hook() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    server.got, server.status = [], 204
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


class Post(socketserver.StreamRequestHandler):
    """As much of SMTP as a letter needs (RFC 5321)."""

    def handle(self) -> None:
        self.wfile.write(b"220 here\r\n")
        while line := self.rfile.readline():
            verb = line[:4].upper()
            if verb == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                letter = b""
                while (part := self.rfile.readline()) != b".\r\n":
                    letter += part
                self.server.letters.append(letter)
            self.wfile.write(b"250 ok\r\n" if verb != b"QUIT" else b"221 bye\r\n")
            if verb == b"QUIT":
                return


@pytest.fixture
def post_office() -> Iterator[socketserver.ThreadingTCPServer]:
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Post)
    server.letters = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def data(data_dir: Path, monkeypatch) -> Path:
    monkeypatch.setenv("KAMENGWATCH_NOW", NOW)
    monkeypatch.delenv("KAMENGWATCH_NOTIFY", raising=False)
    snapshots.build(data_dir)
    return data_dir


def change(host: str, on: str, **more: object) -> dict:
    row = {"host": host, "on": dt.date.fromisoformat(on), "cause": "world", "what": "grade", "from": "C", "to": "D",
           "sentence_zh": "等级由 C 变为 D。", "sentence_en": "Grade changed from C to D."}  # fmt: skip
    return row | more


def publish(data: Path, name: str, **tables: list) -> None:
    """Another snapshot, with some tables replaced."""
    snapshots.build(data, rows=snapshots.tables() | tables, name=name)


def subscribe(data: Path, hook: ThreadingHTTPServer, more: str = "") -> None:
    text = f'[[target]]\nname = "desk"\nwebhook = "http://127.0.0.1:{hook.server_port}/in"\nsecret = "{SECRET}"\ndemo = true\n{more}'
    (data / "notify.toml").write_text(text, "utf-8")


def bodies(hook: ThreadingHTTPServer) -> list[dict]:
    return [json.loads(body) for _, body in hook.got]


def test_a_change_of_the_world_is_posted_once_signed_and_dated_first(data, hook, capsys):
    subscribe(data, hook)
    command(capsys, "notify")
    headers, body = hook.got[0]
    stamp, mark = (part.split("=")[1] for part in headers["Kamengwatch-Signature"].split(","))
    assert hmac.new(SECRET.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest() == mark
    told = json.loads(body)
    assert next(iter(told)) == "on" and told["on"] == "2026-11-17"
    assert (told["host"], told["what"], told["from"], told["to"]) == (
        snapshots.ORANGE,
        "warning_state",
        "watch",
        "warning",
    )
    assert "关注 → 预警" in told["sentence"]["zh"] and "4.2" in told["sentence"]["zh"]
    assert told["demo"] is True
    command(capsys, "notify")
    assert len(hook.got) == 1


def test_only_the_world_is_news_and_only_what_is_recent(data, hook, capsys):
    host = snapshots.ORANGE
    publish(data, "20261121T090000-2026.11.1", changes=[
        change(host, "2026-11-20", cause="method"), change(host, "2026-11-20", cause="source", to="NR"), change(host, "2026-10-01"),
    ])  # fmt: skip
    subscribe(data, hook)
    command(capsys, "notify")
    assert not hook.got


def test_a_date_that_moves_with_late_evidence_is_not_told_again(data, hook, capsys):
    subscribe(data, hook)
    for n, on in enumerate(("2026-11-18", "2026-11-19")):
        publish(data, f"20261121T09000{n}-2026.11.1", changes=[change(snapshots.RED, on)])
        command(capsys, "notify")
    assert len(hook.got) == 1


def test_a_new_method_tells_nothing_about_days_already_looked_at(data, hook, capsys):
    subscribe(data, hook)
    command(capsys, "notify")
    ratings = [row | {"method_version": "2027.1.1"} for row in snapshots.ratings()]
    moved = [change(snapshots.RED, "2026-11-18")]
    publish(data, "20261121T100000-2027.1.1", ratings=ratings, changes=moved)
    command(capsys, "notify")
    assert len(hook.got) == 1
    ratings = [row | {"as_of": dt.date(2026, 11, 23)} for row in ratings]
    publish(
        data,
        "20261123T100000-2027.1.1",
        ratings=ratings,
        changes=[*moved, change(snapshots.BLUE, "2026-11-22")],
    )
    command(capsys, "notify")
    assert [b["host"] for b in bodies(hook)[1:]] == [snapshots.BLUE]


def test_a_correction_goes_to_whoever_was_told_of_the_site(data, hook, capsys):
    other = '[[target]]\nname = "other"\nwebhook = "http://127.0.0.1:{}/other"\nsecret = "{}"\ndemo = true\nhosts = ["elsewhere.test"]\n'
    subscribe(data, hook, other.format(hook.server_port, SECRET))
    command(capsys, "notify")
    fixed = [{"host": snapshots.ORANGE, "on": dt.date(2026, 11, 21), "outcome": o, "sentence_zh": f"更正预警{o}",
              "sentence_en": "Warning corrected"} for o in ("amended", "upheld")]  # fmt: skip
    publish(data, "20261121T110000-2026.11.1", corrections=fixed)
    command(capsys, "notify")
    command(capsys, "notify")
    assert [(b["type"], b["to"]) for b in bodies(hook)] == [("change", "warning"), ("correction", "amended")]


def test_what_was_not_delivered_is_tried_again_and_said(data, hook, capsys):
    subscribe(data, hook)
    hook.status = 500
    said = command(capsys, "notify", expect=1)
    assert "desk" in said.err and "HTTP 500" in said.out and SECRET not in said.out + said.err
    hook.status = 200
    command(capsys, "notify")
    command(capsys, "notify")
    assert len(hook.got) == 2


def test_a_letter_goes_out_through_apprise_date_first_and_once(data, post_office, capsys, monkeypatch):
    port = post_office.server_address[1]
    monkeypatch.setenv(
        "DESK_MAIL", f"mailto://127.0.0.1:{port}?from=watch@a.example&to=desk@a.example&mode=insecure"
    )
    (data / "notify.toml").write_text(
        '[[target]]\nname = "letters"\napprise_env = "DESK_MAIL"\nlang = "en"\ndemo = true\n', "utf-8"
    )
    for _ in range(2):
        command(capsys, "notify")
    from email import message_from_bytes, policy

    (raw,) = post_office.letters
    letter = message_from_bytes(raw, policy=policy.default)
    assert letter["Subject"] == f"[demonstration data] 2026-11-17 {snapshots.ORANGE}"
    assert (
        letter.get_body(("plain",))
        .get_content()
        .startswith(f"2026-11-17 {snapshots.ORANGE} Cash-flow state:")
    )


def test_demonstration_data_is_nobody_s_news_unless_asked_for(data, hook, capsys):
    subscribe(data, hook)
    file = data / "notify.toml"
    file.write_text(file.read_text("utf-8").replace("demo = true\n", ""), "utf-8")
    command(capsys, "notify")
    assert not hook.got


def test_a_dry_run_sends_and_keeps_nothing(data, hook, capsys):
    subscribe(data, hook)
    assert snapshots.ORANGE in command(capsys, "notify", "--dry-run").out
    assert not hook.got and not (data / "notified" / "ledger.jsonl").exists()
    command(capsys, "notify")
    assert len(hook.got) == 1


def test_after_a_publication_trouble_is_said_and_stops_nothing(data, hook, capsys):
    config = Config(data, fixed_now=dt.datetime.fromisoformat(NOW))
    delivery.after_publish(config)
    (data / "notify.toml").write_text("[[target", "utf-8")
    delivery.after_publish(config)
    assert "notify.toml" in capsys.readouterr().err
    subscribe(data, hook)
    delivery.after_publish(config)
    assert len(hook.got) == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "notify.toml"),
        ('[[target]]\nname = "a"\n', "one of webhook and apprise"),
        ('[[target]]\nname = "a"\nwebhook = "https://a.example/"\nsecret = "short-secret"\n', "at least 16"),
        (f'[[target]]\nname = "a"\nwebhook = "http://a.example/"\nsecret = "{SECRET}"\n', "https"),
        (f'[[target]]\nname = "a"\nwebhook = "file:///etc/passwd"\nsecret = "{SECRET}"\n', "https"),
        ('[[target]]\nname = "a/b"\nwebhook = "https://a.example/"\n', "name"),
        ('[[target]]\nname = "a"\napprise_env = "NO_SUCH"\n', "NO_SUCH"),
        ('[[target]]\nname = "a"\napprise = "json://x"\n[[target]]\nname = "a"\napprise = "json://y"\n', "same name"),
        ("target = 1", "TOML"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_one_clear_line_without_its_secrets(data, capsys, text, said):
    if text:
        (data / "notify.toml").write_text(text, "utf-8")
    message = command(capsys, "notify", expect=2).err
    assert said in message and len(message.strip().splitlines()) == 1
    assert SECRET not in message and "short-secret" not in message


def test_a_ledger_torn_by_a_crash_loses_one_line_at_most(data, hook, capsys):
    subscribe(data, hook)
    command(capsys, "notify")
    ledger = data / "notified" / "ledger.jsonl"
    ledger.write_bytes(ledger.read_bytes() + b'{"target": "de')
    command(capsys, "notify")
    assert len(hook.got) == 1
    assert SECRET not in ledger.read_text("utf-8") and "127.0.0.1" not in ledger.read_text("utf-8")


# A source whose last good crawl is older than its cadence allows: said by doctor, the run ledger and to whoever asked, once.


__all__ = ["hook"]
ALERTED_AT = dt.datetime(2026, 11, 8, 12, tzinfo=dt.UTC)


def ended(config: Config, at: dt.datetime, outcome: str, source: str = "heimao") -> None:
    row = {"key": f"{source}-{at}", "source_id": source, "started_at": at, "finished_at": at}
    with config.engine.begin() as connection:
        connection.execute(insert(Crawl).values(**row, outcome=outcome, whole_source=True, demo=False))


@pytest.fixture
def config(data_dir: Path) -> Config:
    config = Config(data_dir, fixed_now=ALERTED_AT)
    register_sources(config.engine, cards())
    return config


def after(config: Config, days: float) -> Config:
    return Config(config.data_dir, fixed_now=ALERTED_AT + dt.timedelta(days=days))


def test_each_outage_is_told_once_to_who_asks_for_it(config: Config, hook) -> None:
    subscribe(config.data_dir, hook, "sources = true\n")
    runs = RunLedger(config.data_dir)
    ended(config, ALERTED_AT, "ok")
    for days in (1, 2.9):
        delivery.alert(after(config, days), runs, set())
    assert not hook.got and not runs.last(5)
    ended(config, ALERTED_AT + dt.timedelta(days=3), "failed")
    for days in (3.1, 4, 30):
        delivery.alert(after(config, days), runs, set())
    (told,) = bodies(hook)
    assert (told["type"], told["host"], told["to"]) == ("source", "heimao", "stale")
    assert "2026-11-08 20:00" in told["sentence"]["zh"] and "24 h" in told["sentence"]["en"]
    assert [line["words"] for line in runs.last(5)] == ["stale heimao"]
    ended(config, ALERTED_AT + dt.timedelta(days=31), "ok")
    delivery.alert(after(config, 40), runs, set())
    assert len(hook.got) == 2 and len(runs.last(5)) == 2, "the next outage is news again"


def test_a_paused_source_and_a_target_that_did_not_ask_hear_nothing(config: Config, hook) -> None:
    subscribe(config.data_dir, hook)
    runs = RunLedger(config.data_dir)
    ended(config, ALERTED_AT, "ok")
    delivery.alert(after(config, 9), runs, {"heimao"})
    assert not runs.last(5)
    delivery.alert(after(config, 9), runs, set())
    assert len(runs.last(5)) == 1 and not hook.got


def test_doctor_says_how_late_a_source_is(
    config: Config, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ended(config, ALERTED_AT, "ok")
    for days, late in ((2, False), (9.5, True)):
        monkeypatch.setenv("KAMENGWATCH_NOW", (ALERTED_AT + dt.timedelta(days=days)).isoformat())
        found = {f["what"]: f for f in json.loads(command(capsys, "doctor", "--json").out)}
        assert ("过期的信息源 stale sources" in found) is late
    told = found["过期的信息源 stale sources"]
    assert "9.5" in told["detail"] and "24 h" in told["detail"] and "--run-now heimao" in told["remedy"]
