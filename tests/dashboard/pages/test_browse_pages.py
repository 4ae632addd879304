"""Browsing: rankings, alerts of the week, the sector, as a reader of a published snapshot meets them."""

from __future__ import annotations

import ast
import datetime as dt
import re
from pathlib import Path

import pytest

import crawler
from dashboard.app_pages import data, status
from dashboard.components import charts as browse_charts
from dashboard.presenters import (
    current_snapshot,
    ranking,
    recent_changes,
    sector_data,
    site_search,
    verdict_card,
)
from dashboard.presenters.translations import say
from scoring.snapshot.reader import DROP_KINDS, Snapshot
from store.evidence.crawl_ledger import OWN_LINE
from tests.dashboard.pages.test_dashboard_pages import open_page, shown, words
from tests.support.markets import snapshots
from tests.support.markets.snapshots import AS_OF, rating


@pytest.fixture
def full(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The usual snapshot; nothing may be written there."""
    monkeypatch.setenv("KAMENGWATCH_DATA_DIR", str(snapshots.unwritten()))
    return (snapshots.unwritten() / "snapshots/latest").resolve()


def change(host: str, back: int, before: str, after: str, **more: object) -> dict:
    """A row of `warnings`, so many days before the snapshot's day."""
    on = AS_OF - dt.timedelta(days=back)
    return {
        "host": host,
        "on": on,
        "from_state": before,
        "to_state": after,
        "reason_zh": f"{host} 的原因",
    } | more


def test_the_sites_of_this_week_stand_on_top_and_on_the_first_page(full):
    expected = "最近 7 天状态有变化的网站：3 个"
    for page in ("alerts", ""):
        content = words(open_page(page))
        assert expected in content
        week = content[content.index(expected) :]
        assert week.index("警报") < week.index(snapshots.RED), "how many turned to which state comes first"
        assert week.index(snapshots.RED) < week.index(snapshots.ORANGE), "the alarm stands before the warning"
    assert "2026-11-15 至 2026-11-21" in content
    markup = shown(open_page("alerts"))
    assert f"site?host={snapshots.RED}&amp;capture=E-2#capture" in markup, "the evidence is one click away"


def test_a_site_that_changed_twice_is_one_line_with_its_whole_way(data_dir):
    rows = [
        change("a.test", 5, "normal", "watch"),
        change("a.test", 2, "watch", "warning"),
        change("b.test", 1, "normal", "stale"),
        change("c.test", 7, "normal", "alarm"),
        *[change("d.test", 4, "watch", "stale"), change("d.test", 3, "stale", "watch")],
        *[change("e.test", 4, "normal", "alarm"), change("e.test", 3, "alarm", "stale")],
    ]
    folder = snapshots.build(data_dir, rows={"warnings": rows})
    snapshot = Snapshot(folder)
    assert recent_changes.counts(snapshot, AS_OF) == {"alarm": 1, "warning": 1, "stale": 2}
    found = recent_changes.changed(snapshot, AS_OF, 10)
    assert [c.host for c in found] == ["e.test", "a.test"], "seven days back is no longer this week"
    assert found[1].states == ("normal", "watch", "warning")
    content = words(open_page("alerts"))
    assert "正常 → 关注 → 预警" in content and "变为：警报 1 个、预警 1 个" in content
    assert "最近 7 天状态有变化的网站：2 个" in content and "另有 2 个网站，只是我们的数据中断过" in content


def test_the_data_page_names_the_shared_files_and_only_counts_those_of_single_sites(full):
    found, inside = data.listed_files(Snapshot(full))
    names = [name for name, *_ in found]
    assert names[-1] == "SHA256SUMS" and {"ratings.parquet", "manifest.json"} <= set(names)
    assert not [name for name in names if "/" in name]
    assert inside == sum(1 for f in full.glob("*/*") if f.is_file()) > 3


def test_a_quiet_week_says_so(data_dir):
    snapshots.build(data_dir, rows={"warnings": [change("a.test", 60, "normal", "watch")]})
    content = words(open_page("alerts", days="all"))
    assert "最近 7 天状态有变化的网站：0 个" in content and "a.test" in content


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"coverage": "60"}, ["high.test"]),
        ({"province": "福建"}, ["low.test"]),
        ({"sells": "topup"}, ["low.test"]),
        ({"software": "dujiaoka"}, ["low.test"]),
        ({"warning": "watch"}, ["high.test"]),
        ({"tier": "2"}, ["high.test"]),
        ({"coverage": "abc", "tier": "9"}, ["low.test", "high.test"]),
    ],
)
def test_every_filter_comes_from_the_address_and_leaves_the_unrated_in_sight(data_dir, query, found):
    grey = {
        "grade": "NR",
        "verdict": "灰",
        "tier": None,
        "score": None,
        "score_low": None,
        "score_high": None,
    }
    sites = [
        rating(
            "high.test", coverage=90.0, filing_province="广东", tier=2, verdict="黄", warning_state="watch"
        ),
        rating("low.test", coverage=30.0, filing_province="福建", sells="topup", software="dujiaoka"),
        rating("grey.test", **grey),
    ]
    snapshots.build(data_dir, rows={"ratings": sites})
    at = open_page("rank", **query)
    markup = shown(at)
    assert [h for h in ("low.test", "high.test") if f"host={h}" in markup] == found
    assert "不予评级（灰）" in words(at)
    for key, value in query.items():
        assert at.query_params[key] == value


def test_a_page_says_how_many_cannot_be_told_apart(data_dir):
    apart = {"score": 30.0, "score_low": 28.0, "score_high": 32.0}
    sites = [rating("a.test"), rating("b.test", score_low=73.0), rating("c.test", **apart)]
    snapshots.build(data_dir, rows={"ratings": sites})
    content = words(open_page("rank"))
    assert "3 个网站中有 2 个" in content


def test_the_slim_table_and_the_ratings_give_the_same_ranking(data_dir):
    full = snapshots.build(data_dir)
    quick, slow = Snapshot(full), None
    (full / "ranked.parquet").unlink()
    slow = Snapshot(full)
    for filters in (ranking.Filters(), ranking.Filters(tier="3"), ranking.Filters(text="卡盟")):
        assert ranking.counts(slow, filters)[0] == len(ranking.rated(slow, filters, 1))
    order = [r["host"] for r in ranking.rated(slow, ranking.Filters(), 1)]
    snapshots.write_slim(full)
    quick = Snapshot(full)
    assert [r["host"] for r in ranking.rated(quick, ranking.Filters(), 1)] == order
    assert order == sorted(order, key=lambda h: _key(quick, h))


@pytest.mark.parametrize("stored", [True, False], ids=["file", "computed"])
def test_a_name_an_alias_and_a_number_find_their_sites(data_dir, stored):
    folder = snapshots.build(data_dir, rows={"ratings": [
        rating("a.test", name="Alpha卡盟", aliases=["old.test", "Beta卡盟"], filing_number="粤ICP备11111111号-2"),
        rating("b.test", name="beta卡盟", filing_number="粤ICP备11111111号-10"),
        rating("c.test", name="别家", operator="海南桥信（集团）有限公司", filing_number="粤ICP备111111112号"),
        rating("d.test", name=None, aliases=None, filing_number=None),
    ]})  # fmt: skip
    if not stored:
        (folder / "sought.parquet").unlink()
    snapshot = Snapshot(folder)
    for asked, hosts in (
        ("ALPHA卡盟", ["a.test"]),
        ("Beta卡盟", ["a.test", "b.test"]),
        ("beta卡盟", ["b.test"]),
        ("http://old.test/x", ["a.test"]),
        ("粤ICP备11111111号", ["a.test", "b.test"]),
        ("粤ICP备1111111号", []),
        ("卡盟", ["a.test", "b.test"]),
        ("ALPHA卡盟 13800138000", ["a.test"]),
        ("海南橋信(集團)有限公司", ["c.test"]),
        ("企业：海南桥信（集团）有限公司 存续", ["c.test"]),
        ("海南桥信（集团）", ["c.test"]),
        ("桥信有限公司", []),
    ):
        assert [row["host"] for row in site_search.find(snapshot, asked).matches] == hosts, asked
    assert [row["host"] for row in site_search.find(snapshot, "老板说alpha卡盟好").near] == ["a.test"]


def test_of_a_long_paste_is_said_what_was_not_read(full):
    many = "，".join(f"s{n}.test" for n in range(site_search.MOST + 1))
    each = site_search.find_each(Snapshot(full), many)
    assert (len(each), each[0].query.notices[0].code) == (site_search.MOST, "more_sites")
    long = f"{snapshots.ORANGE} " + "长" * site_search.LONGEST
    assert site_search.find_each(Snapshot(full), long)[0].query.notices[0].code == "too_long"
    last = "长" * (site_search.LONGEST - 50) + f" {snapshots.ORANGE} "
    assert site_search.find_each(Snapshot(full), last)[0].matches[0]["host"] == snapshots.ORANGE


def _key(snapshot: Snapshot, host: str) -> tuple:
    row = snapshot.site(host)
    return row["tier"], -round(row["score_low"], 6), -round(row["score"], 6), host


def test_near_misses_are_of_the_same_kind_as_the_question(full):
    snapshot = Snapshot(full)
    assert site_search.find(snapshot, "chenq.test").near[0]["host"] == snapshots.ORANGE
    assert site_search.find(snapshot, "www.cheng.test").matches[0]["host"] == snapshots.ORANGE


MONDAY = dt.date(2026, 11, 16)


def sector_rows(p: float = 0.4) -> list[dict]:
    """Nine weeks of drops, a curve over 40 days, an hour that stands out with a given p."""
    weeks = [
        {"measure": f"drops_{kind}", "on": MONDAY - dt.timedelta(weeks=back), "value": 5.0 + at, "n": 3.0}
        for at, kind in enumerate(DROP_KINDS)
        for back in range(9)
    ]
    curve = [
        {"measure": "refund_open", "bin": d, "value": 1 - d / 80, "low": 0.4, "high": 1.0, "n": 200.0 - d}
        for d in range(41)
    ]
    hours = [{"measure": "drop_hour", "bin": c, "value": 2.0, "n": 5.0} for c in range(168)]
    peak = [
        {"measure": "drop_peak", "bin": 24 * 4 + 21, "value": 0.7, "n": 40.0, "low": 0.4},
        {"measure": "drop_peak_p", "bin": 24 * 4 + 21, "value": p},
        {"measure": "refund_censored", "bin": 20, "n": 1.0},
    ]
    return weeks + curve + hours + peak


def test_the_sector_names_its_findings(data_dir):
    closed = [
        change("a.test", 40, "watch", "warning"),
        change("a.test", 10, "warning", "closed"),
        change("b.test", 70, "normal", "closed"),
    ]
    told = [
        {"host": "", "place": "sector", "name": name, "value": value, "n": 1.0, "of": 2.0}
        for name, value in (("closures_warned", 0.5), ("lead_days_median", 23.0))
    ]
    snapshots.build(data_dir, rows={"sector": sector_rows(), "warnings": closed, "figures": told})
    content = words(open_page("sector"))
    assert "掉单投诉 104 起（此前四周 104 起），最多的一类是“未说明类型”，32 起" in content
    assert "满 15 天仍未解决的约 81%" in content
    assert "近 12 个月有 2 个网站停运，其中 1 个" in content and "中位数 23 天" in content


def test_weeks_nobody_read_are_hatched_and_compared_with_nothing(data_dir):
    blind = [{"measure": "week_unread", "on": MONDAY - dt.timedelta(weeks=back)} for back in (4, 7, 8)]
    snapshots.build(data_dir, rows={"sector": [*sector_rows(), *blind]})
    page = open_page("sector")
    assert "掉单投诉 104 起，最多的一类" in words(page) and "此前四周" not in words(page)
    drawn = re.findall(r'class="kw-col( unseen)?" title="([^" ]+)([^"]*)"', shown(page))[:9]
    assert [bool(unseen) for unseen, _, _ in drawn] == [n in (0, 1, 4) for n in range(9)]
    assert all(("未观察" in said) == bool(unseen) for unseen, _, said in drawn)


def test_a_week_nobody_read_before_the_first_drop_is_compared_with_nothing_too(data_dir):
    """The table of drops begins with the first week that has one: of the four weeks before, two are not in it."""
    late = [r for r in sector_rows() if not r.get("on") or r["on"] > MONDAY - dt.timedelta(weeks=6)]
    blind = [{"measure": "week_unread", "on": MONDAY - dt.timedelta(weeks=back)} for back in (6, 7)]
    snapshots.build(data_dir, rows={"sector": [*late, *blind]})
    assert "此前四周" not in words(open_page("sector"))


def test_what_our_data_did_is_no_change_of_a_site(data_dir):
    """Before a site was known nothing of it is told; an interruption of our data only to who asks for it."""
    rows = [
        change("cheng.test", 9, "normal", "stale"),
        change("cheng.test", 5, "stale", "normal"),
        change("cheng.test", 3, "normal", "watch"),
        change("lan.test", 400, "normal", "closed"),
        change("lan.test", 6, "normal", "alarm"),
    ]
    known = [rating("cheng.test"), {**rating("lan.test"), "first_seen_on": AS_OF - dt.timedelta(days=4)}]
    snapshots.build(data_dir, rows={"warnings": rows, "ratings": known})
    told = {state: words(open_page("alerts", state=state, days="all")) for state in ("", "every")}
    assert "共 1 次变化" in told[""] and "共 3 次变化" in told["every"]
    assert "最近 7 天状态有变化的网站：1 个" in told[""], "nor is it news of the week"


def test_a_site_already_down_at_our_first_look_is_neither_hit_nor_miss(data_dir):
    hosts = {"hit.test": 9, "missed.test": 5, "late.test": 0}
    closed = [change(host, 10, "normal", "closed") for host in hosts] + [
        change("hit.test", 40, "watch", "warning")
    ]
    told = [
        {
            "host": host,
            "place": f"warning:{AS_OF - dt.timedelta(days=10)}",
            "name": name,
            "value": float(value),
        }
        for host, answered in hosts.items()
        for name, value in (("down_days", 8), ("answered_before", answered))
    ]
    told += [
        {"host": "", "place": "sector", "name": "closures_warned", "value": 0.5, "n": 1.0, "of": 2.0},
        {"host": "", "place": "sector", "name": "closures_down_at_first", "value": 1.0},
        {"host": "", "place": "sector", "name": "lead_days_median", "value": 22.0, "n": 1.0},
    ]
    snapshots.build(data_dir, rows={"warnings": closed, "figures": told})
    content = words(open_page("record"))
    assert (
        "停运 3 个：事先预警过 1 个，没有预警 1 个" in content
        and "其余 1 个从我们开始观察时就打不开" in content
    )
    judged, _, late = content.partition(say("zh", "record.late"))
    assert "late.test" in late.partition(say("zh", "record.open"))[0] and "late.test" not in judged
    assert "22 天" in judged and "missed.test" in judged
    assert (
        "3 个网站停运" in (sector := words(open_page("sector"))) and "；其中 1 个从我们开始观察时" in sector
    )


def test_a_peak_is_drawn_only_when_it_is_real(data_dir):
    snapshots.build(data_dir, rows={"sector": sector_rows(p=0.4)})
    at = open_page("sector")
    assert "没有统计上成立的高峰" in words(at) and "高峰确实存在" not in words(at)
    snapshots.build(data_dir, name="later", rows={"sector": sector_rows(p=0.0001)})
    content = words(open_page("sector", lang="en"))
    assert "The peak is real: Fri 21:00" in content and "p < 0.001" in content


def test_a_festival_is_named_as_a_peak_only_when_it_is_real(data_dir):
    def festival(p):
        top = {"measure": "drop_holiday_national", "value": 0.6, "n": 55.0, "low": 0.4}
        return [*sector_rows(), top, {"measure": "drop_holiday_p", "value": p}]

    snapshots.build(data_dir, rows={"sector": festival(0.3)})
    content = words(open_page("sector"))
    assert "没有统计上成立的影响" in content and "国庆节期间掉单占投诉" not in content
    snapshots.build(data_dir, name="later", rows={"sector": festival(0.001)})
    assert "国庆节期间掉单占投诉的 60%，平日为 40%（n = 55" in words(open_page("sector"))


def test_a_sector_without_data_says_what_is_missing(full):
    content = words(open_page("sector"))
    for missing in ("还没有看到掉单投诉", "还没有看到退款投诉", "带时刻的投诉太少"):
        assert missing in content


def test_few_refunds_are_not_put_in_per_cent(data_dir):
    few = [r | {"n": 7.0} if r["measure"] == "refund_open" else r for r in sector_rows()]
    snapshots.build(data_dir, rows={"sector": few})
    assert "只有 7 起退款投诉" in words(open_page("sector"))


def test_pictures_begin_at_zero_and_hatch_what_was_not_observed(full):
    day = {"state": "正常", "low": 40.0, "high": 50.0}
    days = [day | {"on": f"2026-11-0{n}", "score": None if n == 2 else 45.0} for n in (1, 2, 3)]
    columns = browse_charts.history(days, ["2026-11-03"], "没有评分", ("分", "区间")).columns
    assert [(c.unseen, bool(c.parts), c.flag) for c in columns] == [
        (False, True, False),
        (True, False, False),
        (False, True, True),
    ]
    prices = browse_charts.against([{"label": "月卡", "ratio": 0.5}])
    assert prices.rows[0].fills == (("main", 0, 40),) and prices.rule == 80
    curve = [{"day": d, "share": 1.0, "low": 1.0, "high": 1.0, "n": 3} for d in range(3)]
    steps = browse_charts.survival({"n": curve}, [1], (1, 15), "天").columns
    assert len(steps) == 16 and steps[1].flag and not steps[3].marks, "nobody is followed after the last day"
    assert browse_charts.months([{"month": "2026-11", "value": 260}]).ticks[-1] == (100, "300")
    weeks = [{"on": "2026-11-02", "kind": "a", "value": 4.0}, {"on": "2026-11-16", "kind": "b", "value": 2.0}]
    assert [bool(c.parts) for c in browse_charts.weekly(weeks, ["a", "b"]).columns] == [True, False, True]
    assert sector_data.closures(current_snapshot.current(), AS_OF).count == 0


def test_a_page_of_the_ranking_has_every_column_a_card_needs(full):
    snapshot = Snapshot(full)
    for row in ranking.rated(snapshot, ranking.Filters(), 1) + ranking.unrated(snapshot, ranking.Filters()):
        assert verdict_card.card(row, "zh") == verdict_card.card(snapshot.site(row["host"]), "zh")


@pytest.mark.parametrize("query", ["lan.test cheng.test", ["lan.test", "cheng.test"]])
def test_sites_to_compare_may_stand_in_one_parameter_or_in_several(full, query):
    content = words(open_page("compare", h=query))
    assert "蓝·目前未见明显异常" in content and "橙·高风险迹象" in content
    assert "分得出高低" in content


def test_a_comparison_says_once_what_is_unseen_of_all_and_which_site_its_picture_leaves_out(full):
    content = words(open_page("compare", h="lan.test cheng.test hui.test"))
    spots = set.intersection(
        *(set(Snapshot(full).site(h)["blind_spots_zh"]) for h in ("lan.test", "cheng.test", "hui.test"))
    )
    assert spots and all(content.count(spot) == 1 for spot in spots)
    assert "图中没有：灰鸽发卡（" in content
    assert say("zh", "compare.no_score") in content, "a site we know and do not rate has no unknown score"


def test_the_english_profile_says_in_english_which_public_list_names_the_site(data_dir):
    said = "公开名单「演示名单hosts」（名单自注日期 2026-11-15）列有该域名，条目 cheng.test"
    rows = snapshots.tables()
    listed = {"host": snapshots.ORANGE, "aspect": "F13", "shown": snapshots.ORANGE, "registered": said, "agrees": "no",
              "source": "icp+blocklists", "observed_on": AS_OF}  # fmt: skip
    rows["identity"] = [rows["identity"][0] | listed]
    snapshots.build(data_dir, rows=rows)
    content = words(open_page("site", host=snapshots.ORANGE, lang="en"))
    assert "on the public list “演示名单hosts”, dated 2026-11-15, entry cheng.test" in content
    assert "列有该域名" not in content
    assert said in words(open_page("site", host=snapshots.ORANGE))


def test_sites_that_refused_us_are_named_on_the_status_page(data_dir):
    rows = [
        {"host": snapshots.ORANGE, "on": AS_OF - dt.timedelta(days=back), "measure": "refused", "value": 1.0, "n": 1}
        for back in (1, 2, 40)
    ]  # fmt: skip
    snapshots.build(data_dir, rows={"series": rows})
    content = words(open_page("status"))
    assert "近 30 天拒绝我们访问的网站" in content
    assert snapshots.ORANGE in content[content.index("拒绝我们访问的网站") :]


def test_the_status_page_says_how_little_of_a_complaint_site_was_read(data_dir):
    heimao = {
        "source": "heimao",
        "title_zh": "黑猫投诉",
        "health": "ok",
        "numbers_seen": 16_500,
        "numbers_given": 880_000,
    }
    rednet = {"source": "rednet", "title_zh": "红网百姓呼声", "health": "ok"}
    snapshots.build(data_dir, rows={"sources": [heimao, rednet]})
    content = words(open_page("status"))
    assert "1.9%" in content and "16,500 / 880,000" in content and content.count("编号") == 2


def test_the_english_status_page_names_sources_by_words_and_not_by_ids(data_dir):
    row = {
        "source": "place:观测点",
        "title_zh": "观测点",
        "title_en": "A place",
        "publisher": "谁",
        "health": "ok",
    }
    snapshots.build(data_dir, rows={"sources": [row]})
    content = words(open_page("status", lang="en"))
    assert "A place" in content and "place:" not in content and "谁" not in content


@pytest.mark.parametrize("reason", [OWN_LINE + ": www.one.example: the name does not resolve", "HTTP 500"])
def test_an_outage_of_ours_is_told_on_the_status_page(data_dir, reason):
    row = {"source": "availability", "health": "failed", "last_reason": reason}
    snapshots.build(data_dir, rows={"sources": [row]})
    content = words(open_page("status"))
    assert ("断的是我们自己的网络" in content) == reason.startswith(OWN_LINE)
    assert status.why(reason, "failed", "zh") in content


def crawlers_reasons() -> set[str]:
    """Every sentence the crawler may give as the reason of a crawl, with the parts that vary filled in."""
    raised = {"SourceBlocked", "SourceChanged", "NotAnswered", "Refused", "Unwelcome", "Disallowed", "NotArchived", "downgrade", "fail", "stop_crawl"}  # fmt: skip

    def said(node: ast.AST) -> str:
        if isinstance(node, ast.JoinedStr):
            return "".join(v.value if isinstance(v, ast.Constant) else "403" for v in node.values)
        return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""

    found = set()
    for file in Path(crawler.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
                found |= {said(arg) for arg in node.args if name in raised}
            elif isinstance(node, ast.Assign | ast.Return):
                place = ast.unparse(node.targets[0]) if isinstance(node, ast.Assign) else "reason"
                if node.value is not None and ("reason" in place or "stopped" in place):
                    found |= {said(part) for part in ast.walk(node.value)}
    return {reason for reason in found if " " in reason.strip()} | {
        WALL,
        "12 of 40 hosts could not be read; a.test: blocked: HTTP 403",
    }


WALL = "stopped at a waf_block page"


def test_every_reason_a_crawler_gives_is_told_in_the_readers_language():
    reasons = crawlers_reasons()
    assert len(reasons) > 120, "the crawler's sentences are no longer found"
    for reason in reasons:
        for health in ("failed", "blocked"):
            latin = re.findall("[A-Za-z]{2,}", status.why(reason, health, "zh"))
            assert set(latin) <= {"HTTP", "robots", "txt"}, (reason, latin)
            assert not re.search("[\u4e00-\u9fff]", status.why(reason, health, "en")), reason
    assert status.why(WALL, "blocked", "zh") == say("zh", "crawl_why.wall")
    assert status.why(OWN_LINE + ": x", "failed", "zh") == say("zh", "crawl_why.own_line")
    assert status.why("9 records, at least 20 expected", "failed", "zh").startswith("只读到 9 条")
    assert status.why("HTTP 403 for a public list", "ok", "zh") == ""


def test_the_page_knows_our_outage_by_the_words_the_ledger_writes():
    assert OWN_LINE.startswith(status.OWN_LINE)


def test_a_source_nobody_set_up_is_no_failure_on_the_page(data_dir):
    reason = "not configured: set KAMENGWATCH_BLOCKLISTS (name → address or file)"
    row = {"source": "blocklists", "title_zh": "公开名单", "health": "not_configured", "last_reason": reason}
    snapshots.build(data_dir, rows={"sources": [row]})
    content = words(open_page("status"))
    rows = content.partition("因此看不到")[2]
    assert "未配置" in rows and say("zh", "crawl_why.not_configured") in rows and "失败" not in rows
    assert "个信息源目前没有正常数据" not in content


def test_before_paying_nothing_is_chosen_for_the_reader(full):
    at = open_page("before")
    assert [box.value for box in (*at.selectbox, *at.number_input)] == [None] * 4
    assert "先选怎么付" in words(at) and "商户名，可以在支付渠道发起争议" not in words(at)
    at.selectbox[0].select("usdt").run()
    assert "付出去就收不回" in words(at) and "你打算付的" not in words(at)
