"""Not looking and not being let in: what was confirmed stands, what spoke for a site grows old, and nothing gets better by itself."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from scoring.engine.load_market import load_dataset
from scoring.features.population import fit_population_priors
from scoring.observations.dataset import GROUP_OF, SOURCE_SHOWS
from scoring.observations.panel import first_seen, own_age
from scoring.rating.assessment import assess, last_known
from scoring.rating.grades import NR
from scoring.rating.verdict import BLUE, GREY, RED
from scoring.tables.sentences import confidence, reasons
from scoring.warning.state_machine import ALARM, STALE, transitions
from tests.scoring.indicators.test_hiding import DAYS, SITES, market, storefront
from tests.support.markets.judged_records import database, judged, product
from tests.support.markets.records import probe
from tests.support.markets.scoring import START, at, complaints, crawls

WALL = 95
LAST = WALL + 25


def page(host, day):
    return [
        {
            "kind": "page", "source": "storefront", "host": host, "observed_at": at(day, 5), "role": "terms", "text": "余额可随时提现。",
            "footer_icp": "粤ICP备18046372号-1", "company": "甲科技有限公司",
        },
        {
            "kind": "price", "source": "storefront", "host": host, "observed_at": at(day, 5), "product": product(1), "price": 19.0,
            "face_value": 20.0, "sold": 100 + 60 * day,
        },
        {
            "kind": "orders", "source": "storefront", "host": host, "observed_at": at(day, 5), "total": 500 + 60 * day,
            "processed": 490 + 60 * day, "hidden": False,
        },
    ]  # fmt: skip


def sound(host, readable):
    """A site nothing is wrong with, whose own pages can be read on the given days."""
    filing = {
        "kind": "filing", "source": "icp", "host": host, "found": True, "number": "粤ICP备18046372号-1", "entity": "甲科技有限公司",
        "nature": "企业", "domain": host,
    }  # fmt: skip
    records = [{"kind": "platform", "host": host, "operator": "甲科技有限公司", "opened_on": "2021-01-01"}]
    records += [filing | {"observed_at": at(day)} for day in range(0, LAST, 20)]
    for day in range(LAST + 1):
        records.append(
            {"kind": "probe", "source": "availability", "host": host, "observed_at": at(day, 6), "outcome": "ok", "status": 200, "latency_ms": 9}
        )  # fmt: skip
    records += [r for day in readable for r in page(host, day)]
    return records + complaints(host, range(10, 90, 25), 4)


def walled(host, days):
    return [
        {
            "kind": "crawl", "source": "storefront", "started_at": at(day, 5), "finished_at": at(day, 6), "outcome": "blocked",
            "hosts": [host],
        }
        for day in days
    ]  # fmt: skip


@pytest.fixture(scope="module")
def behind_a_wall(tmp_path_factory):
    """Two sites alike; one of them lets us read nothing of its own for the last 25 days."""
    records = crawls(range(LAST + 1))
    records += sound("open.example", range(0, LAST + 1, 4)) + sound("wall.example", range(0, WALL, 4))
    records += walled("wall.example", range(WALL, LAST + 1, 4))
    return database(tmp_path_factory.mktemp("wall"), records)


def test_a_site_unreadable_for_25_days_is_grey_for_old_data(behind_a_wall):
    found = judged(behind_a_wall, START + dt.timedelta(days=LAST))
    place = {s.host: i for i, s in enumerate(found.facts.sites)}
    wall, opened = place["wall.example"], place["open.example"]
    assert (
        found.verdict[wall, WALL - 1] == found.verdict[opened, WALL - 1] == found.verdict[opened, -1] != GREY
    )
    assert found.verdict[wall, -1] == GREY and found.grade[wall, -1] == NR
    assert any("数据陈旧" in reason.zh for reason in reasons(found, wall))


def test_confidence_falls_before_the_verdict_turns_grey(behind_a_wall):
    found = judged(behind_a_wall, START + dt.timedelta(days=WALL + 12))
    wall = [s.host for s in found.facts.sites].index("wall.example")
    age = float(own_age(found.facts)[wall, -1])
    assert found.verdict[wall, -1] != GREY and age > 7
    assert (
        confidence(6, 9.0, 0.0) == "高"
        and confidence(6, 9.0, age) == "中"
        and confidence(6, 9.0, 25.0) == "低"
    )
    assert float(own_age(found.facts)[1 - wall, -1]) <= 7


def failing(host, until):
    """A site whose orders pile up, whose terms tighten and about which more and more people complain."""
    records = [{"kind": "platform", "host": host}]
    for day in range(0, until, 3):
        bad = max(0, day - 70)
        record = {
            "kind": "orders",
            "source": "storefront",
            "host": host,
            "observed_at": at(day, 4),
            "hidden": False,
        }
        records.append(record | {"total": 1000 + 50 * day, "processed": 980 + 50 * day - 40 * bad})
    n = 0
    for day in range(until):
        for kind in (0, 1, 2) if day >= 80 else (0,) if day % 9 == 0 else ():
            for _ in range(2):
                records += [
                    r | {"source_id": f"f{n}", "text": f"买{product(n)}第{n}单，{r['text']}"}
                    for r in complaints(host, [day], kind)
                ]
                n += 1
    return records


def test_a_confirmed_alarm_stays_red_when_our_crawls_stop(tmp_path):
    """“最后已知：红，自 …”, and no score better than before."""
    stop = 105
    records = (
        crawls(range(stop)) + crawls(range(0, stop, 3), source="storefront") + failing("bad.example", stop)
    )
    engine = database(tmp_path, records)

    def on(day):
        facts = load_dataset(engine, START + dt.timedelta(days=day))
        proposed = assess(facts.fitted(fit_population_priors(facts))).warned.proposed[0]
        begin = int(proposed[proposed >= 0][0])
        key = f"alarm:bad.example:{START + dt.timedelta(days=facts.first_day + begin - facts.first_day)}"
        reviews = {key: ("confirmed", facts.first_day + begin + 1)}
        facts = replace(facts, reviews=reviews, cache={})
        return assess(facts.fitted(fit_population_priors(facts)))

    then, later = on(stop - 1), on(stop + 60)
    assert then.warned.state[0, -1] == ALARM and then.verdict[0, -1] == RED
    assert later.verdict[0, -1] == RED and later.warned.state[0, -1] == ALARM
    assert later.score[0, -1] <= then.score[0, -1] + 1e-9
    since = last_known(later, 0)
    assert since is not None and later.verdict[0, since] == RED != later.verdict[0, since - 1]
    first = reasons(later, 0)[0]
    assert first.zh.startswith("最后已知：红，自 2026-") and "Last known: red" in first.en
    assert last_known(then, 0) is None


def test_a_warning_our_outage_hides_limits_the_score_all_the_same(tmp_path):
    stop = 105
    records = (
        crawls(range(stop)) + crawls(range(0, stop, 3), source="storefront") + failing("bad.example", stop)
    )
    engine = database(tmp_path, records)
    then, later = (judged(engine, START + dt.timedelta(days=day)) for day in (stop - 1, stop + 40))
    assert later.warned.state[0, -1] == STALE
    assert later.score[0, -1] <= then.score[0, -1] + 1e-9


def test_a_board_read_in_part_shows_a_part_of_the_calm(tmp_path):
    """The same quiet feed, of which all or a twentieth of the numbers was seen."""
    found = {}
    for name, seen in (("whole", 2000), ("part", 100)):
        records = crawls(range(100)) + sound("a.example", range(0, 100, 4))
        engine = database(
            tmp_path / name, [r for r in records if r.get("observed_at", r.get("filed_at", "")) < at(100)]
        )
        facts = load_dataset(engine, START + dt.timedelta(days=99))
        board = [s.index for s in facts.sources if s.id == "heimao"]
        share = np.where(np.isin(facts.visits.source, board), seen / 2000, 1.0)
        facts = replace(facts, visits=replace(facts.visits, share=share), cache={})
        found[name] = assess(facts.fitted(fit_population_priors(facts)))
    whole, part = (found[n].scored for n in ("whole", "part"))
    assert found["part"].score[0, -1] < found["whole"].score[0, -1] - 1
    assert part.coverage[0, -1] < whole.coverage[0, -1]
    calm = [found[n].warned.log_odds[0] for n in ("whole", "part")]
    assert (calm[1] >= calm[0] - 1e-9).all() and calm[1][-1] > calm[0][-1]


@pytest.fixture(scope="module")
def facts(tmp_path_factory):
    records = market(np.random.default_rng(23), hosts=SITES, days=DAYS) + storefront(
        np.random.default_rng(23)
    )
    return load_dataset(
        database(tmp_path_factory.mktemp("market"), records), START + dt.timedelta(days=DAYS - 1)
    )


KINDS = ("complaint", "site", "probe", "filing")
CUTS = st.permutations(KINDS).flatmap(
    lambda order: st.tuples(st.just(order), st.integers(50, 70), st.integers(0, 9))
)


def cut(facts, day_of):
    """The facts with nothing seen of each group from its day on, every visit failing; withdrawn pages with the site's own."""
    rows = {}
    for kind, found in facts.rows.items():
        day = day_of.get(GROUP_OF.get(kind, ""), facts.days)
        rows[kind] = found.take(found.seen < day)
    v, shows = facts.visits, {s.index: SOURCE_SHOWS.get(s.id, s.kind) for s in facts.sources}
    day = np.array([day_of.get(shows[int(s)], facts.days) for s in v.source])
    return replace(facts, rows=rows, visits=replace(v, ok=v.ok & (v.day < day)), cache={})


@settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(CUTS)
def test_outages_and_walls_in_any_order_improve_nothing(facts, drawn):
    order, start, apart = drawn
    day_of = {group: start + apart * n for n, group in enumerate(order)}
    less = cut(facts, day_of)
    found = assess(less.fitted(fit_population_priors(less)))
    last = max(day_of.values())
    verdict, then = found.verdict[:, last:].astype(int), found.verdict[:, last - 1 : last].astype(int)
    better = (verdict < then) & (verdict != GREY) & (then != GREY)
    assert not better.any(), "a colour improves while nothing is seen"
    grade, was = found.grade[:, last:].astype(int), found.grade[:, last - 1 : last].astype(int)
    assert not ((grade < was) & (grade != NR) & (was != NR)).any()
    assert (found.score[:, last:] <= found.score[:, last - 1 : last] + 1.0).all()
    assert (found.verdict[:, -1] != BLUE).all(), "nothing is blue after weeks without a look"


def test_nothing_is_told_of_days_before_a_site_was_first_seen(tmp_path):
    """A board read as a whole covers every site, also one that is not there yet; its gap of those days is not the site's."""
    reading = [*range(20), *range(45, LAST + 1)]
    seen_on = {"late.example": range(70, LAST + 1), "old.example": reading}
    records = [*crawls(reading)]
    for host, days in seen_on.items():
        records += [{"kind": "platform", "host": host}]
        records += [probe(1, host=host, observed_at=at(day, 6)) for day in days]
    told = judged(database(tmp_path, records), START + dt.timedelta(days=LAST))
    hosts = [site.host for site in told.facts.sites]
    changes = [(hosts[site], day) for site, day, _, _ in transitions(told.facts, told.warned)]
    first = dict(zip(hosts, first_seen(told.facts).tolist(), strict=True))
    assert ("old.example", True) in {(host, day < first["late.example"]) for host, day in changes}
    assert all(day >= first[host] for host, day in changes)
