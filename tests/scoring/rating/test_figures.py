"""What a sentence states is what its figures say, and its figures are what was observed."""

from __future__ import annotations

import datetime as dt
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import select

from dashboard.presenters import formatting as shown
from dashboard.presenters import sector_data, verdict_card
from sandbox.evidence.evidence import write_evidence
from sandbox.market.market import MarketParameters, build_market
from scoring.engine.rate import rate
from scoring.figures import NAMES, Figure, Said, figures_of
from scoring.method import MONEY_STREAMS
from scoring.observations.day_index import day_number
from scoring.publish.publisher import publish
from scoring.rating.closures import closure_figures
from scoring.snapshot.reader import Snapshot
from scoring.tables.sentences import advice
from scoring.warning.state_machine import WARNING
from store.db.tables import Complaint, Platform, Probe
from tests.support.markets.judged_records import NOW, database, judged
from tests.support.markets.scoring import at, complaints, crawls

LAST = dt.date(2026, 4, 10)
DAY = 99
"""LAST as `at` counts days."""


def said(engine: Any, indicator: str, host: str = "a.example", as_of: dt.date = LAST) -> tuple[str, Any]:
    """(outcome, sentence with its figures) of an indicator."""
    found = judged(engine, as_of)
    site = [s.host for s in found.facts.sites].index(host)
    finding = found.found[indicator][1]
    return int(finding.outcome[site, -1]), finding.say(site)


def by_name(sentence: Any) -> dict[str, Figure]:
    return {figure.name: figure for figure in figures_of(sentence)}


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Snapshot]:
    """A small sandbox market, published."""
    folder = tmp_path_factory.mktemp("figures")
    made = build_market(MarketParameters(seed=5, platforms=24, days=130, ends_on=LAST, ending_share=0.6))
    write_evidence(made, folder / "m.jsonl")
    engine = database(
        folder, [json.loads(line) for line in (folder / "m.jsonl").read_text("utf-8").splitlines()]
    )
    rate(engine, folder, LAST, NOW)
    return engine, Snapshot(publish(engine, folder, NOW))


_CONSTANT = re.compile(
    r"近 \d+ 天里?|此前 \d+ 天内|已满 7 天|7 天后|24 小时|90% |每 100 单|\d{4}-\d\d-\d\d|[一-鿿]ICP[备证][\d\w-]+|七项|一年|一小时|F\d+"
)
"""What a sentence names besides its figures: windows, limits, dates and numbers of filings."""


def _forms(figure: dict[str, Any]) -> set[str]:
    """The ways a figure is written."""
    value = figure["value"]
    wanted = [value, figure["n"], figure["of"], 100 * value, value / 365.25, 100 * (1 - value)]
    return {
        form
        for number in wanted
        if number is not None
        for form in (f"{number:.0f}", f"{number:.1f}", f"{number:g}", f"{float(f'{number:.2g}'):g}")
    }


def test_every_number_of_a_sentence_is_among_its_figures(market):
    _, snapshot = market
    stated: dict[tuple[str, str], set[str]] = {}
    for row in snapshot.rows("select * from figures"):
        assert row["unit"] == NAMES[row["name"]].unit
        stated.setdefault((row["host"], row["place"]), set()).update(_forms(row))
    sentences = [
        (row["host"], f"finding:{row['indicator']}", row["zh"])
        for row in snapshot.rows(
            "select host, indicator, sentence_zh as zh from findings where not starts_with(indicator, 'cap_')"
        )
    ] + [
        (row["host"], f"warning:{row['on']}", row["zh"])
        for row in snapshot.rows('select host, "on", reason_zh as zh from warnings')
    ]
    numbers = 0
    for host, place, zh in sentences:
        if place == "finding:drop_rate":  # its interval is the method's and stands in the ratings
            zh = zh.partition("（90%")[0]
        found = re.findall(r"\d+(?:\.\d+)?", _CONSTANT.sub("", zh))
        numbers += len(found)
        missing = [number for number in found if number not in stated.get((host, place), set())]
        assert not missing, (place, zh, missing)
    assert numbers > 100


def test_ratings_and_figures_say_the_same(market):
    _, snapshot = market
    rows = snapshot.rows("select host, name, value from figures where place = 'rating' order by host, name")
    counts = {"complaints_30d", "complaints_total", "complainants_30d"}
    assert counts <= {row["name"] for row in rows}  # and what the reason of today's state states
    for row in (row for row in rows if row["name"] in counts):
        rating = snapshot.site(row["host"])
        assert rating is not None and rating[row["name"]] == row["value"]


def test_a_count_of_ripe_complaints_holds_no_younger_one(tmp_path):
    filed = [60, 65, 70, 75, 80, 92, 93, 95, 97, 99]  # 92 is seven days before the last day
    engine = database(tmp_path, crawls(range(0, 100)) + complaints("a.example", filed, text=1))
    for indicator, name in (("reply_rate", "answered"), ("completion_rate", "settled")):
        _, sentence = said(engine, indicator)
        assert (by_name(sentence)[name].n, by_name(sentence)[name].of) == (0, 6), sentence
        assert "6 起中没有一起" in sentence[0]
    _, sentence = said(engine, "refund_delay")
    figure = by_name(sentence)["refunds_open_after_7d"]
    assert (figure.n, figure.of) == (6, 6) and figure.until == LAST - dt.timedelta(days=7)


def test_settled_on_an_unknown_day_is_neither_in_time_nor_late(tmp_path):
    told = complaints("a.example", [40, 45, 50, 55, 60, 65], text=1)
    for record in told:
        record |= {"status": "completed", "observed_at": at(90), "seen_at": at(90)}
    engine = database(tmp_path, crawls(range(0, 100)) + told)
    with engine.connect() as connection:
        rows = connection.execute(select(Complaint.completed_at, Complaint.completed_seen_at)).all()
    assert len(rows) == 6 and all(r.completed_at is None and r.completed_seen_at is not None for r in rows)
    _, settled = said(engine, "completion_rate")
    assert (by_name(settled)["settled"].n, by_name(settled)["settled"].of) == (6, 6)
    _, late = said(engine, "refund_delay")
    assert by_name(late)["refunds_settled_unknown_day"].value == 6
    assert "refunds_open_after_7d" not in by_name(late) and "仍未解决" not in late[0]
    # Before it was seen settled it was open, as far as anybody knew.
    told = [record | {"seen_at": record["filed_at"]} for record in told]
    engine = database(tmp_path / "open", crawls(range(0, 100)) + told)
    _, before = said(engine, "refund_delay", as_of=LAST - dt.timedelta(days=DAY - 80))
    assert by_name(before)["refunds_open_after_7d"].n == 6


def test_a_capped_score_has_no_interval(market):
    _, snapshot = market
    capped = snapshot.rows("select * from ratings where score_cap is not null and grade <> 'NR'")
    assert capped, "the market has sites that closed"
    for row in capped:
        assert row["score_low"] <= row["score"] <= row["score_high"]
        assert row["score_high"] - row["score_low"] < 5, "an end of the interval is not the cap itself"
        card = verdict_card.card(row, "zh")
        assert card.score is None or ("封顶" in card.score and "区间 " not in card.score), card.score
        assert "–" not in shown.score_words(row)
    free = snapshot.rows("select * from ratings where score_cap is null and score is not null")
    assert free and all("–" in shown.score_words(row) for row in free)


def test_a_first_look_is_no_change_of_state(market):
    _, snapshot = market
    first = snapshot.rows(
        "select w.* from warnings w join ratings r using (host) where w.\"on\" <= r.first_seen_on and w.to_state = 'normal'"
    )
    assert not first
    quiet = snapshot.rows(
        "select * from ratings where warning_state = 'normal' and host not in (select host from warnings)"
    )
    assert quiet
    for row in quiet:
        assert row["warning_since"] is None
        assert (
            "自" not in verdict_card.card(row, "zh").warning
            and "未变" in verdict_card.card(row, "zh").warning
        )


def test_the_lead_counts_to_the_first_day_a_site_was_down(market):
    engine, snapshot = market
    last_ok = {}
    with engine.connect() as connection:
        query = select(Platform.host, Probe.observed_at).join(Platform, Platform.id == Probe.platform_id)
        for host, moment in connection.execute(query.where(Probe.outcome.in_(("ok", "slow")))):
            day = moment.astimezone(dt.timezone(dt.timedelta(hours=8))).date()
            last_ok[host] = max(day, last_ok.get(host, day))
    closed = snapshot.rows("select host, \"on\" from warnings where to_state = 'closed'")
    assert closed
    for row in closed:
        run = snapshot.rows(
            "select value from figures where host = ? and place = ? and name = 'down_days'",
            [row["host"], f"warning:{row['on']}"],
        )[0]["value"]
        assert run >= 7 and row["on"] - dt.timedelta(days=int(run)) > last_ok[row["host"]]
    found = sector_data.closures(snapshot, LAST)
    assert found.count == len({row["host"] for row in closed})
    told = snapshot.rows("select * from figures where place = 'sector' and name = 'closures_warned'")[0]
    assert (told["n"], told["of"]) == (found.warned, found.count - found.late)
    day = day_number(LAST)
    figures = {
        f.name: f
        for f in closure_figures(
            np.array([[day, day - 3, 0], [day, day - 8, 5], [day, -1, 9], [day, -1, 0]]), day
        )
    }
    assert figures["lead_days_median"].value == 5.5 and figures["closures_warned"].n == 2
    # Down when we first looked: no miss of ours, unless complaints had brought a warning, which then is a hit.
    assert figures["closures_down_at_first"].value == 1 and figures["closures_warned"].of == 3


def _blocklisted() -> list[dict[str, Any]]:
    listed = {
        "kind": "penalty", "source": "blocklists", "host": "a.example", "decided_on": "2026-03-01",
        "category": "列入公开名单", "reason": "某名单", "url": "https://list.example/",
    }  # fmt: skip
    return [
        *crawls(range(0, 100)),
        *crawls(range(0, 100, 7), source="blocklists"),
        *complaints("a.example", [50]),
        listed,
    ]


def test_a_register_nobody_read_is_unknown_and_earns_nothing(tmp_path):
    result = judged(database(tmp_path, _blocklisted()), LAST)
    finding = result.found["penalties"][1]
    assert finding.say(0)[0] == "尚未查询公示系统。" and result.points["penalties"][0, -1] == 0
    read = [*_blocklisted(), *crawls([95], source="gsxt")]
    result = judged(database(tmp_path / "read", read), LAST)
    assert "未见仍有效" in result.found["penalties"][1].say(0)[0] and result.points["penalties"][0, -1] > 0


def test_a_published_list_is_its_own_source(tmp_path):
    engine = database(tmp_path, _blocklisted())
    rate(engine, tmp_path, LAST, NOW)
    snapshot = Snapshot(publish(engine, tmp_path, NOW))
    (row,) = snapshot.rows("select * from identity where aspect = 'F13'")
    assert row["source"] == "blocklists"


def test_a_home_page_that_was_handed_in_was_read(tmp_path):
    page = {
        "kind": "page",
        "source": "manual",
        "host": "a.example",
        "observed_at": at(90),
        "role": "home",
        "text": "欢迎光临",
    }
    engine = database(tmp_path, [*crawls(range(0, 100)), page])
    for indicator in ("platform_practice", "fabricated_activity", "payment_channels"):
        _, sentence = said(engine, indicator)
        assert "没有读到首页" not in sentence[0] and "首页的文字" in sentence[0]


def test_complaints_are_no_broken_promises_and_names_of_goods_no_promises(tmp_path):
    page = {
        "kind": "page",
        "source": "storefront",
        "host": "a.example",
        "observed_at": at(10),
        "role": "home",
    }
    goods = {
        "kind": "price",
        "source": "storefront",
        "host": "a.example",
        "observed_at": at(10),
        "product": "腾讯视频月卡 自动发货",
        "price": 9.9,
    }
    title = page | {"text": "热卖\n腾讯视频月卡 自动发货 ¥9.90\n自动发货\n联系我们"}
    base = [*crawls(range(0, 100)), goods, *complaints("a.example", range(40, 64, 3))]
    _, sentence = said(database(tmp_path, [*base, title]), "promises_kept")
    assert sentence[0] == "页面没有可核对的承诺。"
    promised = page | {"text": "腾讯视频月卡 自动发货 ¥9.90\n本站全部商品秒到账，请放心下单"}
    _, sentence = said(database(tmp_path / "promised", [*base, promised]), "promises_kept")
    found = by_name(sentence)
    assert found["promise_complaints"].value >= 6 and found["orders_late"].value == 0
    assert (
        "未兑现" not in sentence[0] and f"相关投诉 {found['promise_complaints'].value:.0f} 起" in sentence[0]
    )


def test_silence_is_no_calm(tmp_path):
    page = {
        "kind": "page",
        "source": "storefront",
        "host": "a.example",
        "observed_at": at(90),
        "role": "home",
        "text": "欢迎光临",
    }
    unread = database(tmp_path, [page])
    old = database(tmp_path / "old", [*crawls(range(0, 30)), page])
    for indicator in (
        "reply_rate",
        "completion_rate",
        "unreachable_share",
        "repair_time",
        "withdrawal_trouble",
    ):
        assert "未见" not in said(unread, indicator)[1][0], indicator
        assert "70 天前" in said(old, indicator)[1][0], indicator


def test_what_is_typed_before_paying_travels_to_the_server():
    texts = (Path(verdict_card.__file__).parents[1] / "help" / "texts.toml").read_text("utf-8")
    assert "不上传" not in texts and "传到本站服务器" in texts


def test_a_weighted_number_is_no_count():
    assert shown.about(453.238) == "≈453" and shown.about(12.0) == "12"


def test_an_earlier_snapshot_lacks_columns_and_still_reads(market, tmp_path):
    import shutil

    import pyarrow.parquet as pq

    _, snapshot = market
    folder = tmp_path / "earlier"
    shutil.copytree(snapshot.path, folder)
    file = folder / "ratings.parquet"
    pq.write_table(pq.read_table(file).drop_columns(["score_cap"]), file)
    (folder / "ranked.parquet").unlink()
    found = Snapshot(folder).rows("select host, score_cap, score from ratings order by host")
    assert found and all(row["score_cap"] is None for row in found)


def test_every_verdict_says_which_rule_decides_it(market):
    """Why 73 is once blue and once yellow stands in the snapshot, in words that agree with the columns."""
    snapshot = market[1]
    for row in snapshot.rows("select * from ratings"):
        zh, en = row["verdict_why_zh"], row["verdict_why_en"]
        assert zh.startswith(f"结论为{row['verdict']}，因为") and en
        if row["verdict"] == "蓝":
            assert f"等级为 {row['grade']}" in zh and "正常" in zh
        if row["verdict"] == "黄" and row["warning_state"] == "normal" and row["score"] >= 72:
            assert "不到 80%" in zh or "才升级" in zh


def test_advice_about_a_closed_site_names_what_was_seen_and_no_shortage_of_money(market):
    rows = market[1].rows("select * from ratings where warning_state = 'closed' and verdict = '橙'")
    assert rows
    for row in rows:
        assert "打不开" in row["advice_zh"] and "资金" not in row["advice_zh"]
        assert "closed" in row["advice_en"] and "cash" not in row["advice_en"]


def test_advice_speaks_of_a_shortage_of_money_where_a_sign_of_one_stands(market):
    found = judged(market[0], LAST)
    hosts = [site.host for site in found.facts.sites]
    warned = np.flatnonzero(found.warned.state[:, -1] == WARNING)
    assert len(warned)
    calm = {name: panel & (name not in MONEY_STREAMS) for name, panel in found.warned.active.items()}
    faded = replace(found, warned=replace(found.warned, active=calm))
    rows = {row["host"]: row for row in market[1].rows("select * from ratings")}
    for site in warned.tolist():
        money = any(found.warned.active[name][site, -1] for name in MONEY_STREAMS)
        assert ("资金" in rows[hosts[site]]["advice_zh"], "cash" in rows[hosts[site]]["advice_en"]) == (
            money,
            money,
        )
        assert "资金" not in advice(faded, site)[0] and "退款" in advice(faded, site)[0]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("1 complaint(s) of the last 30 days [says|say] so", "1 complaint of the last 30 days says so"),
        ("2 complaint(s) of the last 30 days [says|say] so", "2 complaints of the last 30 days say so"),
        ("The name resolves to 1 address(es)", "The name resolves to 1 address"),
        ("0 record(s) of 10 years [was|were] lifted", "0 records of 10 years were lifted"),
        ("3 order(s), 1 refund(s)", "3 orders, 1 refund"),
        ("Shop(s) [a|b]: 1 page(s)", "Shop(s) [a|b]: 1 page"),
        ("2 line(s) [was|were] not taken: Card(s) Shop", "2 lines were not taken: Card(s) Shop"),
        ("1 site(s) of Card(s) Shop", "1 site of Card(s) Shop"),
    ],
)
def test_english_sentences_agree_in_number(written: str, read: str) -> None:
    assert Said("", written)[1] == read
