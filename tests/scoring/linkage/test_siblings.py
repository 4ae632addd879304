"""What changes a cash-flow state from outside: trouble at a sister site, and evidence taken back."""

import datetime as dt

import numpy as np
import pytest
from sqlalchemy import delete, update

from scoring.rating.assessment import assess
from scoring.tables.ratings import change_rows
from scoring.tables.sentences import transition_reason
from scoring.warning.state_machine import NORMAL, WATCH, transitions
from store.db.tables import Complaint
from tests.support.markets.judged_records import database, judged
from tests.support.markets.scoring import START, at, complaints, crawls

LAST = 119
TAKEN_BACK = 112


def probes(host, down_from=LAST + 1):
    return [
        {
            "kind": "probe", "source": "availability", "host": host, "observed_at": at(day, 6),
            "outcome": "down" if day >= down_from else "ok", "status": 200, "latency_ms": 80,
        }
        for day in range(LAST + 1)
    ]  # fmt: skip


def sites(hosts, operator=None):
    return [{"kind": "platform", "host": h, **({"operator": operator} if operator else {})} for h in hosts]


def test_a_closed_sister_site_counts_once_and_only_for_the_family(tmp_path):
    family, others = ["a.example", "b.example"], ["c.example", "d.example", "e.example"]
    records = sites(family, "甲科技有限公司") + sites(others) + crawls(range(LAST + 1))
    records += [
        p for h in [*family, *others] for p in probes(h, down_from=80 if h == "a.example" else LAST + 1)
    ]
    found = judged(database(tmp_path, records), START + dt.timedelta(days=LAST))
    row = {s.host: i for i, s in enumerate(found.facts.sites)}
    told = found.warned.signs.evidence["operator"]
    assert np.count_nonzero(told) == 1 and told[row["b.example"]].sum() == pytest.approx(0.5)
    day = int(np.flatnonzero(told[row["b.example"]])[0])
    assert 86 <= day <= 88, "seven days after the last answer"
    assert found.warned.active["operator"][row["b.example"], day + 10]
    assert not found.warned.active["operator"][[row[h] for h in others]].any()
    told, _ = transition_reason(found, row["b.example"], day + 10, WATCH)
    assert "a.example" in told[0] and "a.example" in told[1]
    # The same, one platform at a time: the family is known before platforms are cut into chunks.
    alone = assess(found.facts.chunk(row["b.example"], row["b.example"] + 1))
    assert (alone.warned.log_odds[0] == found.warned.log_odds[row["b.example"]]).all()


@pytest.fixture
def burst(tmp_path):
    """A calm site and one with a burst of complaints of two kinds."""
    records = sites(["calm.example", "hot.example"]) + crawls(range(LAST + 1))
    for host in ("calm.example", "hot.example"):
        records += complaints(host, range(3, LAST, 20), prefix="old")
    records += complaints("hot.example", [*range(96, 110)], 0, prefix="new-a")
    records += complaints("hot.example", [*range(97, 111)], 1, prefix="new-b")
    return database(tmp_path, records)


def test_evidence_taken_back_takes_its_state_along_from_that_day_on(burst):
    last = START + dt.timedelta(days=LAST)
    before = judged(burst, last)
    hot = [s.host for s in before.facts.sites].index("hot.example")
    assert before.warned.state[hot, -1] >= WATCH
    when = dt.datetime.fromisoformat(at(TAKEN_BACK))
    with burst.begin() as connection:
        connection.execute(
            update(Complaint).where(Complaint.source_key.like("new-%")).values(withdrawn_at=when)
        )
    after = judged(burst, last)
    assert (after.warned.state[hot, :TAKEN_BACK] == before.warned.state[hot, :TAKEN_BACK]).all()
    assert (after.warned.state[hot, TAKEN_BACK:] == NORMAL).all()
    assert (after.warned.state[1 - hot] == before.warned.state[1 - hot]).all()
    # As if they had never been: an old complaint that was a copy of one of them counts again, on its own day.
    with burst.begin() as connection:
        connection.execute(delete(Complaint).where(Complaint.source_key.like("new-%")))
    never = judged(burst, last)
    assert never.warned.state[hot, -1] == after.warned.state[hot, -1] == NORMAL
    assert after.warned.log_odds[hot, -1] == pytest.approx(never.warned.log_odds[hot, -1])
    moved = [
        c for c in change_rows(after, _warned(after)) if c["what"] == "warning_state" and c["to"] == "normal"
    ]
    assert [(c["host"], c["on"], c["cause"]) for c in moved] == [
        ("hot.example", START + dt.timedelta(days=TAKEN_BACK), "source")
    ]


def _warned(found):
    from scoring.observations.day_index import date_of
    from scoring.warning.state_machine import STATES

    first = found.facts.first_day
    return [
        {
            "host": found.facts.sites[s].host,
            "on": date_of(first + d),
            "from_state": STATES[a],
            "to_state": STATES[b],
        }
        for s, d, a, b in transitions(found.facts, found.warned)
    ]
