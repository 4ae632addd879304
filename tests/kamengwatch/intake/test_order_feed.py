"""A platform's own orders: taken only from whoever proved to run the site, only about itself; then its drop rate is counted."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select

from crawler.ownership_check import Proof
from dashboard.forms import inbox, records
from kamengwatch.config import Config
from kamengwatch.intake import form_inbox, watchlist
from kamengwatch.review import form_decisions
from scoring.engine.rate import rate
from scoring.snapshot.reader import Snapshot
from scoring.tables.evidence import code, resolve
from store.db.tables import Order, Review
from tests.support.programs.in_process_cli import command

NOW = dt.datetime(2026, 11, 20, 4, tzinfo=dt.UTC)
HOST = "a.example"


@pytest.fixture
def config(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    monkeypatch.setenv("KAMENGWATCH_NOW", NOW.isoformat())
    made = Config(data_dir, fixed_now=NOW)
    watchlist.add_sites(made, [(HOST, None, ()), ("b.example", None, ())])
    return made


def order(n: int, **more: object) -> dict[str, object]:
    paid = NOW - dt.timedelta(days=2 + n % 40)
    given = {"order_ref": f"KM2026{n}", "paid_at": paid.isoformat(), "state": "delivered",
             "delivered_at": (paid + dt.timedelta(minutes=5)).isoformat()}  # fmt: skip
    return {k: v for k, v in (given | more).items() if v is not None}


def prove(config: Config, found: str | None = "dns") -> None:
    """The offer comes in by the form and is proved and accepted."""
    offer = records.answer("feed", "1" * 32, "a" * 32, NOW.date(), site=HOST, text="近 90 天全部订单")
    inbox.append(config.data_dir, records.line(offer), NOW.date())
    form_inbox.take_in(config)
    if found:
        form_decisions.prove(config, [1], lambda *_: Proof(found, ()))


def write(folder: Path, *rows: object) -> Path:
    file = folder / "orders.jsonl"
    file.write_text("".join((r if isinstance(r, str) else json.dumps(r)) + "\n" for r in rows), "utf-8")
    return file


def test_nobody_hands_in_orders_for_a_site_that_was_not_proved_within_a_year(
    config, tmp_path, capsys, monkeypatch
):
    file = write(tmp_path, order(1))
    told = command(capsys, "import", "--from-platform", HOST, file, expect=2)
    assert "还没有人证明" in told.err and "review prove" in told.err
    prove(config, None)
    command(capsys, "import", "--from-platform", HOST, file, expect=2)
    form_decisions.prove(config, [1], lambda *_: Proof("file", ()))
    command(capsys, "import", "--from-platform", HOST, file)
    command(capsys, "import", "--from-platform", "b.example", file, expect=2)
    monkeypatch.setenv("KAMENGWATCH_NOW", (NOW + dt.timedelta(days=366)).isoformat())
    assert "还没有人证明" in command(capsys, "import", "--from-platform", HOST, file, expect=2).err


def test_a_wrong_line_is_named_and_nothing_but_its_own_orders_is_taken(config, tmp_path, capsys):
    prove(config)
    file = write(
        tmp_path, order(1), order(2, host="b.example"), {"kind": "platform", "host": HOST, "name": "改名"},
        "not json", order(3, paid_at="2027-01-01T00:00:00Z", delivered_at=None), order(4, source="gsxt", buyer="王小明"),
        order(5, delivered_at="2020-01-01T00:00:00Z"), order(6, state="fine"),
    )  # fmt: skip
    told = command(capsys, "import", "--from-platform", HOST, file, "--json", expect=2)
    report = json.loads(told.out)[0]
    assert report["keys_not_read"] == {"buyer": 1} and report["rows"] == 8
    assert report["inserted"] == 2 and [r["line"] for r in report["refused"]] == [2, 3, 4, 5, 7, 8]
    with config.engine.connect() as connection:
        kept = connection.execute(select(Order.source_id, Order.order_key)).all()
        assert connection.scalars(select(Review.kind)).all() == ["feed"]
    assert {source for source, _ in kept} == {"feed"}
    assert "KM2026" not in "".join(key for _, key in kept)


def test_the_drop_rate_is_counted_from_then_on_and_a_second_import_adds_nothing(
    config, tmp_path, capsys, monkeypatch
):
    prove(config)
    rows = [order(n) for n in range(36)] + [
        order(n, state="missing", delivered_at=None) for n in range(36, 40)
    ]
    file = write(tmp_path, *rows)
    command(capsys, "import", "--from-platform", f"https://{HOST}/x", file)
    monkeypatch.setenv("KAMENGWATCH_NOW", (NOW + dt.timedelta(hours=1)).isoformat())
    again = json.loads(command(capsys, "import", "--from-platform", HOST, file, "--json").out)[0]
    assert (again["inserted"], again["unchanged"]) == (0, 40)

    def rated(day: dt.date) -> dict[str, object]:
        run = rate(config.engine, config.data_dir, day, NOW, history=False)
        (run.folder / "manifest.json").write_text("{}", "utf-8")
        return Snapshot(run.folder).site(HOST) or {}

    today = rated(dt.date(2026, 11, 20))
    assert (today["drop_rate_basis"], today["drop_rate_n"]) == ("counted", 40.0)
    assert today["drop_rate"] == pytest.approx(0.1) and today["drop_rate_record_lost"] == pytest.approx(0.1)
    assert "40 笔" in today["drop_rate_why_zh"]
    assert rated(dt.date(2026, 11, 19))["drop_rate_basis"] == "unknown", (
        "what is handed in today changes no past day"
    )
    with config.engine.connect() as connection:
        _, evidence = resolve(connection, np.array([code(("order", 1))]))
    assert evidence["claim_zh"].to_pylist() == ["网站自己提供的一笔订单，状态：已到账"]
