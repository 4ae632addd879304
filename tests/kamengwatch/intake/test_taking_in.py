"""What the public handed in reaches the review queue once, and a person decides; a site's answer needs its proof."""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import dns.resolver
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from crawler import ownership_check
from crawler.guard import Guard
from dashboard.forms import inbox as forms_inbox
from dashboard.forms import records as forms
from dashboard.forms import report_codes
from kamengwatch.config import Config, UserError
from kamengwatch.intake import changed_sites, form_inbox, watchlist
from kamengwatch.review import form_decisions, report_life
from scoring.observations.day_index import end_of_day
from scoring.tables.registers import reports
from store.db.tables import Complaint, Dispute, Response, Review
from tests.support.programs.in_process_cli import command

DAY = dt.date(2026, 11, 20)
NOW = dt.datetime(2026, 11, 20, 4, tzinfo=dt.UTC)
HOST = "a.example"
TOKEN = "ab" * 16


@pytest.fixture
def config(data_dir: Path, monkeypatch) -> Config:
    monkeypatch.setenv("KAMENGWATCH_NOW", NOW.isoformat())
    return Config(data_dir, fixed_now=NOW)


def at(config: Config, days: int) -> Config:
    return Config(config.data_dir, fixed_now=NOW + dt.timedelta(days=days))


def report(n: int = 1, **more: object) -> dict:
    fields = {"site": HOST, "happened": "drop.stuck", "band": "10-50", "on": DAY, "product": "svip", "state": "open", "text": "一直显示处理中"}  # fmt: skip
    return forms.report(f"{n:032x}", DAY, **(fields | more))


def answer(kind: str = "response", n: int = 1) -> dict:
    about = "备案" if kind == "dispute" else ""
    return forms.answer(kind, f"{n:032x}", TOKEN, DAY, site=HOST, text="备案号已更新", about=about)


def hand_in(config: Config, *records: dict) -> None:
    for record in records:
        forms_inbox.append(config.data_dir, forms.line(record), DAY)


def queue(config: Config) -> list:
    with config.engine.connect() as connection:
        return connection.execute(select(Review).order_by(Review.id)).all()


def found_in_dns(host: str, content: str) -> ownership_check.Proof:
    assert (host, content) == (HOST, f"kamengwatch-proof={TOKEN}")
    return ownership_check.Proof("dns", ())


def test_a_second_intake_of_the_same_inbox_adds_nothing(config):
    hand_in(config, report(1), report(2), answer("dispute"), report(1))
    assert form_inbox.take_in(config).new == 3
    before = queue(config)
    assert form_inbox.take_in(config).new == 0
    assert queue(config) == before


def test_review_shows_reports_and_accepting_counts_them_without_their_words(config, capsys):
    hand_in(config, report(1), report(2, text="第二条"))
    shown = command(capsys, "review")
    assert "一直显示处理中" in shown.out and "用户线索" in shown.out
    ids = [r["id"] for r in json.loads(command(capsys, "review", "--json").out)]
    command(capsys, "review", "accept", ids[0])
    command(capsys, "review", "reject", ids[1])
    rows = [r for r in queue(config) if r.kind == "report"]
    assert [r.decision for r in rows] == ["confirmed", "rejected"]
    assert not [r for r in rows if "text" in r.detail]
    assert rows[0].detail["happened"] == "drop.stuck"
    with config.engine.connect() as connection:
        assert not connection.execute(select(Complaint)).all(), "a report is no complaint and is not scored"
    candidate = [r for r in queue(config) if r.kind == "candidate"]
    assert [r.subject for r in candidate] == [HOST], "an unwatched site is offered to be watched"
    hand_in(config, report(3))
    assert "已采纳 1 条" in command(capsys, "review").out


def test_a_line_that_is_no_form_is_named_and_the_rest_is_taken(config, capsys):
    hand_in(config, report(1))
    file = config.data_dir / "inbox" / f"{DAY}.jsonl"
    bad = ['{"kind":"report","id":"x"}', "not json 13812345678", json.dumps(report(2) | {"extra": 1}),
           json.dumps(report(3) | {"host": "../../etc"}), "[" * 5000]  # fmt: skip
    file.write_text(file.read_text("utf-8") + "\n".join([*bad, forms.line(report(4))]) + "\n", "utf-8")
    taken = form_inbox.take_in(config)
    assert taken.new == 2
    assert taken.refused == [f"{DAY}.jsonl:{n}" for n in range(2, 7)]
    printed = capsys.readouterr()
    assert "13812345678" not in printed.out + printed.err


def test_a_line_still_being_written_is_left_for_the_next_time(config):
    hand_in(config, report(1))
    file = config.data_dir / "inbox" / f"{DAY}.jsonl"
    whole = forms.line(report(2))
    with file.open("a", encoding="utf-8") as stream:
        stream.write(whole[:40])
    assert form_inbox.take_in(config).new == 1 and not form_inbox.take_in(at(config, 9)).refused
    assert file.exists()
    with file.open("a", encoding="utf-8") as stream:
        stream.write(whole[40:] + "\n")
    assert form_inbox.take_in(config).new == 1


def test_a_past_day_taken_in_whole_is_cleared_away_and_nothing_comes_back(config):
    hand_in(config, report(1))
    assert not form_inbox.take_in(at(config, 1)).cleared
    assert form_inbox.take_in(at(config, 2)).cleared == [f"{DAY}.jsonl"]
    assert len(queue(config)) == 1


def test_only_day_files_of_the_inbox_are_read(config, tmp_path):
    hand_in(config, report(1))
    inbox = config.data_dir / "inbox"
    outside = tmp_path / "2026-11-19.jsonl"
    outside.write_text(forms.line(report(2)) + "\n", "utf-8")
    (inbox / "2026-11-19.jsonl").symlink_to(outside)
    (inbox / "notes.jsonl").write_text(forms.line(report(3)) + "\n", "utf-8")
    assert form_inbox.take_in(at(config, 9)).new == 1
    assert outside.exists() and (inbox / "notes.jsonl").exists()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(st.binary(max_size=300))
def test_whatever_lies_in_the_inbox_is_refused_or_taken(config, data):
    (config.data_dir / "inbox").mkdir(exist_ok=True)
    (config.data_dir / "inbox" / f"{DAY}.jsonl").write_bytes(data + b"\n")
    assert form_inbox.take_in(config).new == 0


def test_words_are_redacted_again_whoever_wrote_the_line(config):
    hand_in(config, report(1) | {"text": "电话 13812345678"}, answer() | {"text": "找 13812345678"})
    form_inbox.take_in(config)
    assert "13812345678" not in json.dumps([r.detail for r in queue(config)], ensure_ascii=False)


def test_an_answer_is_taken_up_only_when_proved_and_its_clock_runs_from_the_day_it_came(config):
    watchlist.add_sites(config, [(HOST, None, ())])
    hand_in(config, answer("response", 1), answer("dispute", 2))
    later = at(config, 3)
    form_inbox.take_in(later)
    rows = queue(config)
    with later.engine.begin() as connection, pytest.raises(UserError, match="not proved yet"):
        form_decisions.accept(later, connection, rows[0])
    with pytest.raises(UserError, match="no proof found"):
        form_decisions.prove(later, [rows[0].id], lambda *_: ownership_check.Proof(None, ("TXT: none",)))
    form_decisions.prove(later, [r.id for r in rows], found_in_dns)
    with later.engine.begin() as connection:
        for row in queue(config):
            form_decisions.accept(later, connection, row)
            form_decisions.decided(connection, row)
        response = connection.execute(select(Response)).one()
        dispute = connection.execute(select(Dispute)).one()
    assert response.text == "备案号已更新"
    assert (dispute.about, dispute.received_at.date()) == ("备案", DAY)
    assert dispute.acknowledged_at == later.now()
    assert TOKEN not in json.dumps([r.detail for r in queue(config)])


def test_a_proof_that_does_not_come_in_time_is_not_looked_for(config):
    hand_in(config, answer())
    late = at(config, 15)
    form_inbox.take_in(late)
    with pytest.raises(UserError, match="within 14 days"):
        form_decisions.prove(late, [1], found_in_dns)


class Site(BaseHTTPRequestHandler):
    """A small site: what it answers is set on the server."""

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        status, kind, body = self.server.pages.get(self.path, (404, "text/plain", b""))
        self.send_response(status)
        self.send_header("Content-Type", kind)
        if status == 302:
            self.send_header("Location", body.decode())
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def site() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    server.pages, server.asked = {}, []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


CONTENT = forms.proof_text(TOKEN)
ALLOWED = Guard(sandbox=False, allowed_hosts=["127.0.0.1"])


async def no_records(name: str) -> list[str]:
    raise dns.resolver.NXDOMAIN


def looked_for(site: ThreadingHTTPServer, guard: Guard = ALLOWED) -> ownership_check.Proof:
    return ownership_check.prove(f"127.0.0.1:{site.server_port}", CONTENT, guard, no_records, seconds=5)


@pytest.mark.parametrize(
    ("body", "robots", "found"),
    [
        (f"{CONTENT}\n".encode(), None, "file"),
        (f"\ufeff# us\r\n {CONTENT} \r\n".encode(), (200, "text/plain", b"User-agent: *\nAllow: /"), "file"),
        (f"x{CONTENT}\n".encode(), None, None),
        (f"{CONTENT}0".encode(), None, None),
        (b"x" * 70_000 + f"\n{CONTENT}".encode(), None, None),
        (f"{CONTENT}\n".encode(), (200, "text/plain", b"User-agent: *\nDisallow: /"), None),
        (f"{CONTENT}\n".encode(), (503, "text/plain", b""), None),
        (f"{CONTENT}\n".encode(), (200, "text/html", b"<p>"), None),
    ],
)
def test_the_file_on_the_site(site, body, robots, found):
    site.pages[forms.PROOF_FILE] = (200, "text/plain", body)
    if robots:
        site.pages["/robots.txt"] = robots
    assert looked_for(site).found == found


def test_the_form_and_the_crawler_name_the_same_file():
    assert forms.PROOF_FILE == ownership_check.FILE


def test_redirects_are_not_followed(site):
    site.pages["/elsewhere"] = (200, "text/plain", CONTENT.encode())
    site.pages[forms.PROOF_FILE] = (302, "text/plain", b"/elsewhere")
    assert looked_for(site).found is None and "/elsewhere" not in site.asked


def test_a_private_address_is_never_asked(site):
    site.pages[forms.PROOF_FILE] = (200, "text/plain", CONTENT.encode())
    result = looked_for(site, Guard(sandbox=False, allowed_hosts=[]))
    assert result.found is None and not site.asked
    assert (told := re.search(r": port (\d+) is not open", result.tried[-1]))
    result = looked_for(site, Guard(sandbox=False, allowed_hosts=[], ports=[int(told[1])]))
    assert result.found is None and not site.asked
    assert "not a public address" in result.tried[-1]


@pytest.mark.parametrize("name", [HOST, f"_kamengwatch.{HOST}"])
def test_the_record_in_the_dns(name):
    async def texts(asked: str) -> list[str]:
        return ["v=spf1 -all", CONTENT] if asked == name else []

    assert ownership_check.prove(HOST, CONTENT, ALLOWED, texts).found == "dns"


def handed_in_with_a_code(config: Config, *numbers: int) -> list[str]:
    report_life.make_key(config.data_dir)
    codes = [report_codes.new_code() for _ in numbers]
    hand_in(config, *(report(n, code=report_codes.keyed(config.data_dir, c)) for n, c in zip(numbers, codes, strict=True)))  # fmt: skip
    return codes


def state(config: Config, code: str) -> dict | None:
    return report_codes.state_of(config.data_dir, report_codes.keyed(config.data_dir, code))


def test_a_report_is_followed_by_its_code_through_every_state(config, capsys):
    one, two, three = handed_in_with_a_code(config, 1, 2, 3)
    assert [state(config, c)["state"] for c in (one, two, three)] == ["received"] * 3
    form_inbox.take_in(config)
    assert state(config, one) == {"state": "waiting", "received_on": str(DAY)}
    ids = [r.id for r in sorted(queue(config), key=lambda r: r.key)]
    command(capsys, "review", "accept", ids[0])
    command(capsys, "review", "reject", ids[1], "--note", "看不出是哪个网站，电话 13812345678")
    assert state(config, one) == {"state": "taken", "received_on": str(DAY), "decided_on": str(DAY)}
    refused = state(config, two)
    assert (
        refused["state"] == "refused"
        and "看不出" in refused["reason"]
        and "13812345678" not in refused["reason"]
    )
    said = command(
        capsys, "report", f" {three.lower().replace('-', ' ')} ", "--say", "withdrawn", "--json"
    ).out
    assert json.loads(said)["withdrawn_on"] == str(DAY)
    assert not any("text" in r.detail for r in queue(config)), "no words stay"
    left = {r["kind"] for r in json.loads(command(capsys, "review", "--json").out)}
    assert left == {"candidate"}, (
        "nobody looks at what was taken back; the site of the accepted one is asked about"
    )
    for wrong in (report_codes.new_code(), "", "x" * 500, one[:-1], "';--"):
        assert "没有这个查询码" in command(capsys, "report", wrong, expect=2).err
    stored = "".join(file.read_text("utf-8") for file in config.data_dir.rglob("*.json*"))
    assert not any(code in stored or code.replace("-", "") in stored for code in (one, two, three))


def test_what_a_sender_says_later_counts_from_its_day_and_is_said_once(config, capsys):
    """An accepted report is published until it is taken back, and called settled from the day its sender says so."""
    watchlist.add(config, [HOST], None)
    codes = handed_in_with_a_code(config, 1, 2)
    form_inbox.take_in(config)
    command(capsys, "review", "accept", *(r.id for r in queue(config)))

    def published(on: dt.date) -> list[str]:
        return sorted(r["claim_zh"] for r in reports(config.engine, end_of_day(on)))

    assert len(published(DAY)) == 2 and not any("已解决" in claim for claim in published(DAY))
    later = at(config, 3)
    for code, what in zip(codes, ("settled", "withdrawn"), strict=True):
        report_codes.say(config.data_dir, report_codes.keyed(config.data_dir, code), what, later.today())
    assert form_inbox.take_in(later).refused == []
    after = published(later.today())
    assert len(after) == 1 and f"{later.today()} 提交人说已解决" in after[0]
    assert len(published(DAY)) == 2 and not any("已解决" in claim for claim in published(DAY)), (
        "the past stays"
    )
    report_codes.say(
        config.data_dir, report_codes.keyed(config.data_dir, codes[0]), "settled", at(config, 9).today()
    )
    form_inbox.take_in(at(config, 9))
    assert state(config, codes[0])["settled_on"] == str(later.today()), "the first day counts"
    assert state(config, codes[1])["state"] == "withdrawn"
    lines = (config.data_dir / changed_sites.FILE).read_text("utf-8").splitlines()
    told = [host for line in lines for host in json.loads(line)["hosts"]]
    assert set(told) == {HOST}, "the site is rated and published by itself again"


def test_a_code_survives_a_lost_folder_and_goes_when_its_report_is_let_go(config):
    (code,) = handed_in_with_a_code(config, 1)
    form_inbox.take_in(config)
    shutil.rmtree(config.data_dir / report_codes.STATES)
    form_inbox.take_in(config)
    assert state(config, code)["state"] == "waiting"
    with config.engine.begin() as connection:
        connection.execute(update(Review).values(code=None))
    for file in (config.data_dir / "inbox").glob("*.jsonl"):
        file.unlink()
    report_life.write_states(config)
    assert state(config, code) is None
