"""What a site tells of its own orders: a few known orders move a rate a little, a counter it writes itself moves no label."""

import datetime as dt

import numpy as np
import pytest

from scoring.features.drop_rate import COUNTED, ESTIMATED, drop_rate, interval, relative
from scoring.rating.grades import NR
from scoring.rating.verdict import GREY, ORANGE
from tests.support.markets.judged_records import database, judged, product
from tests.support.markets.scoring import START, at, complaints, crawls

LAST, PEERS = 119, 14
DAY = START + dt.timedelta(days=LAST)


def counter(host, pace, every=7):
    return [
        {
            "kind": "orders", "source": "storefront", "host": host, "observed_at": at(day, 4), "total": 500 + int(pace * day),
            "processed": 495 + int(pace * day), "today": int(pace), "hidden": False,
        }
        for day in range(0, LAST + 1, every)
    ]  # fmt: skip


def sales(host, pace, stock=None):
    """One product whose own counter of sales grows by `pace` a day (None: not shown), its stock falling as it sells when told."""
    return [
        {
            "kind": "price", "source": "storefront", "host": host, "observed_at": at(day, 4), "product": product(1), "price": 9.9,
            "face_value": 20.0, "sold": None if pace is None else 100 + int(pace * day),
            "stock": None if stock is None else 100_000 - int(stock * day),
        }
        for day in range(0, LAST + 1, 7)
    ]  # fmt: skip


def site(host, days=()):
    """A site that nothing is wrong with, with drop complaints on the given days."""
    filing = {
        "kind": "filing", "source": "icp", "host": host, "observed_at": at(5), "found": True, "number": "粤ICP备18046372号-1",
        "entity": "甲科技有限公司", "nature": "企业", "domain": host,
    }  # fmt: skip
    probes = [
        {"kind": "probe", "source": "availability", "host": host, "observed_at": at(day, 5), "outcome": "ok", "status": 200, "latency_ms": 9}
        for day in range(0, LAST + 1, 3)
    ]  # fmt: skip
    shop = {"kind": "platform", "host": host, "opened_on": "2024-01-01"}
    return [shop, filing, *probes, *complaints(host, days)]


def market():
    """Peers of 40 to 90 orders a day, sales shown beside the counter, some two complaints a month each."""
    rng = np.random.default_rng(4)
    records = [r for source in ("heimao", "storefront") for r in crawls(range(0, LAST + 1, 2), source=source)]
    for n in range(PEERS):
        pace, host = float(rng.uniform(40, 90)), f"p{n:02d}.example"
        records += site(host, sorted(int(d) for d in rng.choice(LAST, rng.poisson(8), replace=False)))
        records += counter(host, pace) + sales(host, pace)
    return records


@pytest.fixture(scope="module")
def peers():
    return market()


def rated(folder, peers, records=()):
    """host -> (place in the panels) with more records than the peers'; and everything judged on the last day."""
    found = judged(database(folder, list(records), peers), DAY)
    return {s.host: i for i, s in enumerate(found.facts.sites)}, found


def order(host, ref, day, delivered=True, source="feed"):
    return {
        "kind": "order", "source": source, "host": host, "order_ref": ref, "paid_at": at(day),
        "delivered_at": at(day, 13) if delivered else None, "state": "delivered" if delivered else "processing",
    }  # fmt: skip


BAD = "bad.example"


def bad():
    """A site with clearly more complaints of drops than its orders allow."""
    more = complaints(BAD, range(35, 118, 4), 1, prefix="refund") + complaints(
        BAD, range(36, 118, 8), 2, prefix="money"
    )
    return site(BAD, range(31, 118, 2)) + more + counter(BAD, 60) + sales(BAD, 60)


def test_one_delivered_order_changes_neither_rate_nor_colour(tmp_path, peers):
    at_host, before = rated(tmp_path / "a", peers, bad())
    _, after = rated(tmp_path / "b", peers, [*bad(), order(BAD, "one", 100)])
    i = at_host[BAD]
    a, b = (interval(drop_rate(found.facts), i) for found in (before, after))
    assert drop_rate(after.facts).basis[i, -1] == ESTIMATED
    assert b.rate == pytest.approx(a.rate, rel=0.02) and b.high == pytest.approx(a.high, rel=0.02)
    assert before.verdict[i, -1] == after.verdict[i, -1] == ORANGE


@pytest.mark.parametrize("source", ["feed", "manual-purchase"])
def test_each_further_order_moves_the_rate_a_little(tmp_path, peers, source):
    """No jump, and more delivered orders never make it worse, nor missed ones better."""
    last = None
    for n in (0, 1, 3, 9):
        good = [order(BAD, f"g{i}", 90 + i, source=source) for i in range(n)]
        miss = [order(BAD, f"m{i}", 90 + i, delivered=False, source=source) for i in range(n)]
        rates = []
        for kind, more in (("good", good), ("miss", miss)) if n else (("none", []),):
            at_host, found = rated(tmp_path / f"{kind}{n}", peers, [*bad(), *more])
            rates.append(interval(drop_rate(found.facts), at_host[BAD]).rate)
        if last is not None:
            assert 0.6 * last[0] < rates[0] <= last[0] * 1.001
            assert last[-1] * 0.999 <= rates[-1]
        last = rates


def test_orders_a_site_chose_count_for_no_better_until_they_make_up_its_counter(tmp_path, peers):
    part = [order(BAD, f"o{i}", 30 + i % 88) for i in range(60)]
    small = "small.example"
    whole = site(small) + counter(small, 1.0, every=5) + [order(small, f"w{i}", 30 + i) for i in range(88)]
    at_host, without = rated(tmp_path / "a", peers, bad() + whole)
    _, with_part = rated(tmp_path / "b", peers, bad() + part + whole)
    rate = [interval(drop_rate(f.facts), at_host[BAD]).rate for f in (without, with_part)]
    assert rate[1] == pytest.approx(rate[0], rel=0.05) and rate[1] >= 0.95 * rate[0]
    places = {s.host: n for n, s in enumerate(with_part.facts.sites)}
    found = drop_rate(with_part.facts)
    assert found.basis[places[BAD], -1] == ESTIMATED
    assert found.basis[places[small], -1] == COUNTED and found.rate[places[small], -1] == 0


def test_a_full_feed_that_complaints_contradict_is_no_count(tmp_path, peers):
    """Every order of the counter handed in as delivered, while three in ten buyers complain of a drop."""
    fake = site(BAD, range(32, 118, 3)) + counter(BAD, 1.0, every=5)
    fake += [order(BAD, f"w{i}", 30 + i) for i in range(88)]
    at_host, found = rated(tmp_path, peers, fake)
    assert drop_rate(found.facts).basis[at_host[BAD], -1] == ESTIMATED
    assert interval(drop_rate(found.facts), at_host[BAD]).rate > 0.02


TWINS = ("few.example", "many.example", "none.example")


@pytest.fixture(scope="module")
def twins(tmp_path_factory, peers):
    """Sites that differ only in their own counter: 3 a day, 30,000 a day, and none at all; more of them in between."""
    paces = {
        "few.example": 3,
        "many.example": 30_000,
        "ten.example": 10,
        "hundred.example": 100,
        "thousand.example": 1000,
    }
    records = []
    for host in (*paces, "none.example"):
        records += [
            r | {"text": f"{r['text']}{host}"} if r["kind"] == "complaint" else r
            for r in site(host, range(40, 118, 9))
        ]
        records += counter(host, paces[host]) if host in paces else []
    return (*rated(tmp_path_factory.mktemp("twins"), peers, records), [*paces, "none.example"])


def test_sites_that_differ_only_in_their_own_counter_have_one_label(twins):
    at_host, found, hosts = twins
    places = [at_host[h] for h in hosts]
    assert len({int(found.verdict[i, -1]) for i in places} - {GREY}) == 1
    assert len({int(found.grade[i, -1]) for i in places} - {NR}) == 1
    scores = [float(found.score[i, -1]) for i in places]
    assert max(scores) - min(scores) < 2.5  # near-copies of each other's texts count differently


def test_a_fantastic_counter_does_not_lower_the_rate_below_what_complaints_support(twins):
    at_host, found, hosts = twins
    rates = {h: interval(drop_rate(found.facts), at_host[h]) for h in hosts}
    assert rates["none.example"].rate is None
    middle = rates["hundred.example"].rate
    assert rates["many.example"].rate > 0.25 * middle
    assert rates["many.example"].high > middle
    wide = {h: r.high / r.low for h, r in rates.items() if r.rate is not None}
    assert wide["many.example"] > wide["hundred.example"]


def test_a_counter_that_sales_or_stock_support_counts(tmp_path, peers):
    """The same complaints of a large site say less when its sales show that it is large."""
    hosts = {
        "claims.example": [],
        "sells.example": sales("sells.example", 300),
        "stock.example": sales("stock.example", None, 300),
    }
    records = []
    for host, more in hosts.items():
        records += site(host, range(40, 118, 6)) + counter(host, 300) + more
    at_host, found = rated(tmp_path, peers, records)
    rate = drop_rate(found.facts)
    assert rate.alone[at_host["claims.example"], -1]
    utility = found.found["drop_rate"][1].utility[:, -1]
    for host in ("sells.example", "stock.example"):
        assert not rate.alone[at_host[host], -1]
        assert utility[at_host[host]] > utility[at_host["claims.example"]]


def test_sales_shown_of_some_products_are_a_lower_bound_of_the_orders(tmp_path, peers):
    """With nine of ten products silent about their sales, a site has more orders than it shows sold, and a lower rate."""
    records = []
    for host, silent in (("all.example", 0), ("some.example", 9)):
        records += site(host, range(40, 118, 9)) + sales(host, 30)
        records += [r | {"product": product(10 + n)} for n in range(silent) for r in sales(host, None)]
    at_host, found = rated(tmp_path, peers, records)
    rate = drop_rate(found.facts)
    whole, part = (at_host[h] for h in ("all.example", "some.example"))
    assert rate.rate[part, -1] < 0.8 * rate.rate[whole, -1]
    assert rate.log_sd[part, -1] > rate.log_sd[whole, -1]


def test_the_multiple_of_the_median_does_not_hang_on_how_many_complain(tmp_path, peers):
    """Twice as many complaints of everybody: the same multiples, and a middle site stands near 1."""
    more = [
        r | {"source_id": f"again{r['source_id']}", "text": f"{product(n % 60)}{r['text']}之后又问过"}
        for n, r in enumerate(r for r in peers if r["kind"] == "complaint")
    ]
    at_host, once = rated(tmp_path / "a", peers)
    _, twice = rated(tmp_path / "b", peers, more)
    a, b = (np.array([relative(drop_rate(f.facts), i).rate for i in at_host.values()]) for f in (once, twice))
    assert 0.7 < np.median(a) < 1.4 and 0.7 < np.median(b) < 1.4
    one = relative(drop_rate(once.facts), 0)
    whole = interval(drop_rate(once.facts), 0)
    assert one.high / one.low < 0.6 * whole.high / whole.low, (
        "the unknown share widens only the absolute range"
    )
