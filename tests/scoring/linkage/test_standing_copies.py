"""What is spam or withdrawn makes no other complaint a copy; and of what is listed nobody says that none was seen."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine, update

from kamengwatch.recompute.difference import compare
from scoring.engine.rate import rate
from scoring.figures import figures_of
from scoring.linkage.near_duplicates import copy_ranks
from scoring.observations.dataset import BIT, NEVER, ObservationColumns
from scoring.observations.panel import complaints, counted_today
from scoring.publish.publisher import publish
from scoring.snapshot.reader import Snapshot
from store.db.tables import Complaint
from tests.store.evidence.test_joining import TOLD_AT, database, told
from tests.support.markets.judged_records import judged
from tests.support.markets.records import HOST, platform
from tests.support.markets.scoring import crawls

DAY = TOLD_AT.date()
SPAM = "加微信领取优惠券，全网最低价代理加盟"
DROP, REFUND, BALANCE = (
    "钱付了好几天订单一直停在处理中没有到账",
    "申请退款客服拖着一直不给退款到今天",
    "余额提现点了三次一直失败取不出来",
)


def take_back(engine: Engine, key: str, day: int) -> None:
    """Withdraw a complaint on a day of March."""
    with engine.begin() as connection:
        found = update(Complaint).where(Complaint.source_key == key)
        connection.execute(found.values(withdrawn_at=dt.datetime(2026, 3, day, 2, tzinfo=dt.UTC)))


def counting(engine: Engine, as_of: dt.date) -> int:
    return len(counted_today(judged(engine, as_of).facts))


def ranked(seed: int) -> ObservationColumns:
    """Complaints of two platforms, of few people and few texts, some spam, some withdrawn."""
    rng = np.random.default_rng(seed)
    n = 60
    texts = rng.integers(0, 256, (9, 64)).astype(np.uint8)
    texts[3:6, 8:] = texts[:3, 8:]  # Near ones.
    texts[6:, 4:] = texts[6, 4:]
    texts[8, 20:] = rng.integers(0, 256, 44)  # A band in common, and little else.
    platform, seen = np.sort(rng.integers(0, 2, n)), rng.integers(0, 70, n)
    order = np.lexsort((seen, platform))
    platform, seen = platform[order], seen[order]
    gone = np.where(rng.random(n) < 0.3, seen + rng.integers(0, 40, n), NEVER)
    columns = {
        "signature": texts[rng.integers(0, 9, n)] * (rng.random(n) < 0.8)[:, None].astype(np.uint8),
        "complainant": rng.integers(0, 12, n) * (rng.random(n) < 0.5),
        "kinds": np.where(rng.random(n) < 0.15, BIT["spam"], BIT["refund_delayed"]),
    }
    id_ = np.arange(n) + 100
    # One occasion for everything: no wording is common.
    return ObservationColumns(
        "complaint", platform, seen, gone, seen, np.arange(n), id_, np.zeros(n, dtype=np.int64), columns
    )


@pytest.mark.parametrize(
    "seed", [*range(4), *(pytest.param(n, marks=pytest.mark.soak) for n in range(4, 12))]
)
def test_on_every_day_a_rank_is_what_it_would_be_had_the_rest_never_been(seed: int) -> None:
    rows = ranked(seed)
    last, changed, _ = copy_ranks(rows)
    for day in range(0, 120):
        there = (rows.seen <= day) & (rows.gone > day) & (rows["kinds"] != BIT["spam"])
        standing = rows.take(there)
        forever = ObservationColumns(
            "complaint", standing.platform, standing.seen, np.full(len(standing), NEVER), standing.day,
            standing.at, standing.id, standing.source, standing.columns,
        )  # fmt: skip
        alone, *_ = copy_ranks(forever)
        now = [
            [rank for since, rank in changed[id_] if since <= day][-1] if id_ in changed else int(last[at])
            for at, id_ in zip(np.flatnonzero(there), standing.id.tolist(), strict=True)
        ]
        assert now == alone.tolist(), day
    assert changed or seed, "a market in which nothing changes tests nothing"


def test_a_copy_of_spam_is_a_complaint_of_its_own(tmp_path: Path) -> None:
    records = [platform(), told(1, "买家小样", text=SPAM), told(6, "买家小样", text=BALANCE)]
    engine = database(tmp_path, records)
    facts = judged(engine, DAY).facts
    assert (facts.rows["complaint"]["kinds"] & BIT["spam"]).astype(bool).sum() == 1
    assert len(counted_today(facts)) == 1


def test_a_copy_of_what_was_withdrawn_counts_from_then_on(tmp_path: Path) -> None:
    engine = database(
        tmp_path, [platform(), told(1, "买家小样", text=DROP), told(6, "买家小样", text=BALANCE)]
    )
    before = judged(engine, dt.date(2026, 3, 19))
    take_back(engine, told(1, None)["source_id"], 20)
    after = judged(engine, DAY)
    assert [counting(engine, dt.date(2026, 3, day)) for day in (16, 19, 20, 31)] == [1, 1, 1, 1]
    # Each day holds one, and the days before the withdrawal are what they were.
    people = after.warned.surge.complainants[0, -12:]
    assert people.tolist() == [1.0] * 12, people
    days = before.facts.days
    assert np.allclose(after.warned.log_odds[:, :days], before.warned.log_odds)
    assert len(np.unique(complaints(after.facts).id)) == 2


def _market(more: list[dict[str, Any]]) -> list[dict[str, Any]]:
    home = {
        "kind": "page", "source": "storefront", "host": HOST, "observed_at": "2026-01-05T10:00:00+08:00", "role": "terms",
        "text": "余额随时可提现。",
    }  # fmt: skip
    return [platform(), home, *crawls(range(0, 88, 2)), *more]


def _said(engine: Engine, indicator: str) -> tuple[tuple[str, str], dict[str, float]]:
    sentence = judged(engine, DAY).found[indicator][1].say(0)
    return sentence, {figure.name: figure.value for figure in figures_of(sentence)}


@pytest.mark.parametrize(
    ("first", "second", "indicator", "figure"),
    [
        (DROP, BALANCE, "withdrawal_trouble", "withdrawals_set_aside_30d"),
        (DROP, REFUND, "refund_delay", "refunds_set_aside"),
        (REFUND, DROP, "repair_time", "drops_set_aside"),
        (DROP, BALANCE, "promises_kept", "promise_complaints_set_aside"),
    ],
)
def test_what_is_listed_is_not_said_not_to_be_seen(
    tmp_path: Path, first: str, second: str, indicator: str, figure: str
) -> None:
    """Somebody complains of one thing, and of another some days later: the second is set aside, and it is listed."""
    one, other = (told(day, "买家小样", title="投诉", text=text) for day, text in ((1, first), (6, second)))
    engine = database(tmp_path, _market([one, other]))
    (zh, en), figures = _said(engine, indicator)
    assert "未见" not in zh and "没有可核对" not in zh and "No " not in en, (zh, en)
    assert figures[figure] == 1 and "1 起" in zh and "重复" in zh and "repeats other" in en
    alone = database(tmp_path / "alone", _market([one]))
    (zh, _), figures = _said(alone, indicator)
    assert "未见" in zh or "没有可核对" in zh
    assert figure not in figures


@pytest.mark.parametrize("indicator", ["reply_rate", "completion_rate", "unreachable_share"])
def test_a_copy_of_an_older_complaint_is_told_where_nothing_else_is(tmp_path: Path, indicator: str) -> None:
    """The first lies before the window, its copy in it."""
    first = told(1, "买家小样", text=DROP) | {"filed_at": "2025-12-28T10:00:00+08:00"}
    second = told(6, "买家小样", text=DROP) | {"filed_at": "2026-01-05T10:00:00+08:00"}
    engine = database(tmp_path, _market([first, second]))
    (zh, en), figures = _said(engine, indicator)
    assert figures == {"complaints_set_aside": 1.0} and "未见" not in zh and "No " not in en, (zh, en)


def test_drops_settled_on_an_unknown_day_were_seen(tmp_path: Path) -> None:
    settled = told(1, None, text=DROP) | {"status": "完成"}
    (zh, _), figures = _said(database(tmp_path, _market([settled])), "repair_time")
    assert "未见" not in zh and figures["drops_settled"] == 1, zh


def test_spam_and_withdrawn_firsts_are_recomputed_alike(tmp_path: Path) -> None:
    records = _market(
        [
            told(1, "甲", text=SPAM), told(6, "甲", text=BALANCE), told(2, "乙", text=DROP), told(7, "乙", text=REFUND),
            told(9, "乙", text=BALANCE), *(told(n, f"丙{n}", text=DROP) for n in (3, 4, 5, 8)),
        ]
    )  # fmt: skip
    engine = database(tmp_path, records)
    take_back(engine, told(2, None)["source_id"], 24)
    take_back(engine, told(3, None)["source_id"], 22)
    rate(engine, tmp_path, DAY, TOLD_AT)
    found = compare(engine, Snapshot(publish(engine, tmp_path, TOLD_AT)))
    assert [difference.line() for difference in found.differences] == []
    assert found.figures["complainants_30d"] == 1
