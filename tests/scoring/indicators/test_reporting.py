"""What stands between a dropped order and a complaint we can count: the delay until it is shown, and how many ever complain."""

import datetime as dt

import numpy as np

from scoring.features.drop_rate import drop_rate
from scoring.warning.state_machine import NORMAL, WARNING, WATCH
from tests.support.markets.judged_records import database, judged, product
from tests.support.markets.scoring import START, at, complaints, crawls

SHOPS = 14
LAST = 119


def counter(host, day, total, waiting=5):
    return {
        "kind": "orders", "source": "storefront", "host": host, "observed_at": at(day, 4),
        "total": total, "processed": total - waiting, "hidden": False,
    }  # fmt: skip


def shops(first_day=0, delay=0, seed=5):
    """Shops of 50 orders a day with a complaint every third day, each shown `delay` days after it was filed."""
    rng = np.random.default_rng(seed)
    records = crawls(range(first_day, LAST + 1))
    for n in range(SHOPS):
        host = f"s{n:02d}.example"
        records.append({"kind": "platform", "host": host})
        records += [counter(host, day, 1000 + 50 * day) for day in range(first_day, LAST + 1, 7)]
        when = sorted(int(d) for d in rng.choice(np.arange(first_day, LAST + 1), 40, replace=False))
        for record in complaints(host, when, prefix="d"):
            shown = dt.datetime.fromisoformat(record["filed_at"]) + dt.timedelta(days=delay)
            if shown.date() <= START + dt.timedelta(days=LAST):
                records.append(record | {"seen_at": shown.isoformat()})
    return records


def rates(folder, records):
    """(the middle estimated rate, the middle width of its interval in the logarithm) on the last day."""
    found = drop_rate(judged(database(folder, records), START + dt.timedelta(days=LAST)).facts)
    estimated = found.basis[:, -1] == 1
    return float(np.median(found.rate[estimated, -1])), float(np.median(found.log_sd[estimated, -1]))


def test_complaints_shown_late_do_not_make_a_site_look_better(tmp_path):
    at_once, _ = rates(tmp_path / "a", shops())
    late, _ = rates(tmp_path / "b", shops(delay=20))
    # A fifth of the window's complaints is not shown yet; uncorrected the rate would be lower by as much.
    assert late > 0.93 * at_once


def orders(host, dropped, n=200):
    """Test purchases at a shop, spread over the last 80 days; the first `dropped` of them were never delivered."""
    return [
        {
            "kind": "order", "source": "manual-purchases", "host": host, "order_ref": f"{host}-{i}", "paid_at": at(LAST - 80 + i % 78),
            "delivered_at": None if i < dropped else at(LAST - 80 + i % 78, 13), "state": "processing" if i < dropped else "delivered",
        }
        for i in range(n)
    ]  # fmt: skip


def test_sites_whose_orders_are_known_teach_how_many_of_the_disappointed_complain(tmp_path):
    plain = shops()
    known = [f"s{n:02d}.example" for n in range(4)]
    few = plain + [o for host in known for o in orders(host, 2)]
    many = plain + [o for host in known for o in orders(host, 40)]
    alone, alone_sd = rates(tmp_path / "a", plain)
    low, sd = rates(tmp_path / "b", few)
    high, _ = rates(tmp_path / "c", many)
    # The same complaints of the other shops: they stand for more drops where fewer of the disappointed complain.
    assert low < alone < high
    assert sd < alone_sd


def test_a_counter_that_contradicts_itself_widens_the_interval(tmp_path):
    def unlike(record):
        """Peers from a fifth to five times as large: what they have says little of a shop whose counter says nothing."""
        if record["kind"] != "orders":
            return record
        size = 5.0 ** ((int(record["host"][1:3]) % 5 - 2) / 2)
        return record | {"total": round(1000 + (record["total"] - 1000) * size)}

    def width(folder, change):
        records = [
            change(r, i) if r["kind"] == "orders" and r["host"] == "s00.example" else unlike(r)
            for i, r in enumerate(shops())
        ]
        # Its sales bear the counter out, as long as it does not contradict itself.
        records += [
            {
                "kind": "price", "source": "storefront", "host": "s00.example", "observed_at": at(day, 4), "product": product(1),
                "price": 9.9, "face_value": 20.0, "sold": 100 + 50 * day,
            }
            for day in range(0, LAST + 1, 7)
        ]  # fmt: skip
        found = judged(database(folder, records), START + dt.timedelta(days=LAST))
        host = [s.host for s in found.facts.sites].index("s00.example")
        return float(drop_rate(found.facts).relative_sd[host, -1])  # without what all sites share

    plain = width(tmp_path / "a", lambda r, _: r | {"today": 50})
    too_many = width(tmp_path / "b", lambda r, _: r | {"today": 900})
    fallen = width(tmp_path / "c", lambda r, i: r | {"total": r["total"] - 400 * (i % 2), "processed": 10})
    assert too_many > 1.1 * plain and fallen > 1.1 * plain


def strained(people):
    """A shop whose backlog grows and whose terms tighten under our eyes, while `people` complain."""
    records = crawls(range(LAST + 1)) + crawls(range(0, LAST + 1, 3), source="storefront")
    for host in ("calm.example", "strained.example"):
        records.append({"kind": "platform", "host": host})
        records += complaints(host, range(4, 88, 12), 4, prefix="old")
        for day in range(0, LAST + 1, 3):
            bad = host == "strained.example" and day >= 90
            records.append(counter(host, day, 1000 + 50 * day, waiting=400 + 40 * (day - 90) if bad else 20))
            page = {
                "kind": "page",
                "source": "storefront",
                "host": host,
                "observed_at": at(day, 5),
                "role": "terms",
            }
            records.append(
                page | {"text": "即日起暂停提现。提现手续费调整为 10%。" if bad else "余额可随时提现。"}
            )
    return records + complaints("strained.example", range(95, 95 + people), 1, prefix="new")


def states(folder, people):
    found = judged(database(folder, strained(people)), START + dt.timedelta(days=LAST))
    at_host = [s.host for s in found.facts.sites].index("strained.example")
    return set(found.warned.state[at_host, 90:].tolist())


def test_a_backlog_and_terms_we_saw_ourselves_warn_with_one_complainant_and_not_with_none(tmp_path):
    assert WARNING in states(tmp_path / "one", 1)
    assert states(tmp_path / "none", 0) <= {NORMAL, WATCH}
