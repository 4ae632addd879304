"""Evidence that turned out wrong is taken back: it counts no more, the score and the state follow, and the corrections say so."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import duckdb
import pytest

from kamengwatch.config import Config, UserError
from kamengwatch.review import disputes, withdrawals
from scoring.engine.rate import rate
from tests.kamengwatch.review.test_review_queue import OTHER, base, publish
from tests.support.markets.records import HOST
from tests.support.programs.in_process_cli import command

__all__ = ["base"]  # the data folder with two rated sites


def table(data: Path, name: str, what: str, where: str = "true") -> list[tuple]:
    return duckdb.sql(f"select {what} from '{data}/snapshots/latest/{name}.parquet' where {where}").fetchall()


def cited(data: Path) -> list[str]:
    """Ids of the complaints the snapshot cites about the troubled site."""
    return [
        i for (i,) in table(data, "evidence", "id", f"host = '{OTHER}' and kind = 'complaint' order by id")
    ]


def day(data: Path) -> Config:
    """The command line's settings on the afternoon of the last day of the evidence."""
    return Config(data, fixed_now=dt.datetime(2026, 3, 30, 6, tzinfo=dt.UTC))


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("withdraw", "complaint:heimao:none", "--reason", "x"), "complaint:heimao:none"),
        (("withdraw", "nothing", "--reason", "x"), "nothing"),
        (("withdraw", f"probe:availability:{OTHER}:2026-03-25", "--reason", " "), "--reason"),
    ],
)
def test_a_mistake_is_one_line(
    base: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], named: str
) -> None:
    said = command(capsys, "evidence", *words, "--data-dir", base, expect=2)
    assert named in said.err.splitlines()[-1]


def test_withdrawn_complaints_change_the_score_write_corrections_and_do_not_come_back(
    base: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    then = day(base)
    before = dict(table(base, "ratings", "host, complaints_total"))
    scores = dict(table(base, "ratings", "host, score_low"))
    assert before[OTHER] == 14
    ids = cited(base)
    withdrawals.withdraw(then, ids[:9], "投诉人证实写错了网站", None)
    with pytest.raises(UserError, match=ids[0]):
        withdrawals.withdraw(then, [ids[0]], "x", None)
    command(capsys, "import", base.parent / "evidence.jsonl", "--data-dir", base)
    publish(base, capsys, "2026-03-30")
    after = dict(table(base, "ratings", "host, complaints_total"))
    assert after[OTHER] == 5 and after[HOST] == before[HOST]
    assert not set(ids[:9]) & set(cited(base))
    assert dict(table(base, "ratings", "host, score_low"))[HOST] == scores[HOST]
    said = table(base, "corrections", "outcome, sentence_zh, sentence_en", f"host = '{OTHER}'")
    assert [outcome for outcome, _, _ in said] == ["withdrawn"] * 9
    assert all(
        "投诉人证实写错了网站" in zh and i in zh + en for (_, zh, en), i in zip(said, ids[:9], strict=True)
    )


def test_an_objection_may_take_evidence_back_but_not_that_of_another_site(
    base: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, then = cited(base)[0], day(base)
    for number, site in enumerate((HOST, OTHER), 1):
        disputes.open_dispute(then, site, "一条投诉", "不是我们", None, True)
        if site == HOST:
            with pytest.raises(UserError, match=one):
                disputes.decide(then, number, "撤回", "已核实", None, [one])
            continue
        with pytest.raises(UserError, match="--withdraw"):
            disputes.decide(then, number, "维持", "已核实", None, [one])
        disputes.decide(then, number, "撤回", "已核实", None, [one])
    publish(base, capsys, "2026-03-30")
    assert one not in cited(base)
    assert any(one in en for (en,) in table(base, "corrections", "sentence_en", f"host = '{OTHER}'"))


def test_an_id_that_two_answers_of_one_day_bear_takes_both_back(tmp_path: Path) -> None:
    """The page shows the later one under it; were only the first taken back, the id would go on being cited."""
    from tests.support.markets.judged_records import database

    answers = [
        {"kind": "filing", "source": "icp", "host": HOST, "found": found, "observed_at": f"2026-03-02T{hour}:00:00+08:00"}
        for found, hour in ((True, "12"), (False, "09"))  # imported in the wrong order
    ]  # fmt: skip
    engine = database(tmp_path, answers)
    shown = rate(engine, tmp_path, dt.date(2026, 3, 10), day(tmp_path).now()).folder
    name = f"filing:icp:{HOST}:2026-03-02"
    what = f"select claim_zh from '{shown}/evidence.parquet' where id = '{name}'"
    assert duckdb.sql(what).fetchall() == [("备案查询：已备案",)]
    withdrawals.withdraw(day(tmp_path), [name], "查错了域名", None)
    after = rate(engine, tmp_path, dt.date(2026, 3, 30), day(tmp_path).now()).folder
    assert duckdb.sql(f"select id from '{after}/evidence.parquet'").fetchall() == []
    assert duckdb.sql(f"select filing_state from '{after}/ratings.parquet'").fetchall() == [("unknown",)]
