"""Whether a site is said to be closed: never from our probes alone without a control, or others that answered; in true numbers."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import update

from scoring.figures import figures_of
from scoring.tables.sentences import transition_reason
from scoring.warning.state_machine import CLOSED, STALE, STATES
from store.db.tables import Crawl
from tests.scoring.linkage.test_siblings import LAST, probes, sites
from tests.support.markets.judged_records import database, judged
from tests.support.markets.scoring import START, at, crawls

DOWN_FROM = 100
CONTROL = {"controls": {"answered": ["www.example.org"], "silent": {}}}


def rounds(measured: dict[str, Any] | None, tmp_path: Path, records: list[dict[str, Any]]) -> Any:
    """The judged market; `measured` is what its availability rounds say of their controls."""
    every = [*records, *crawls(range(LAST + 1)), *crawls(range(LAST + 1), source="availability")]
    engine = database(tmp_path, every)
    if measured is not None:
        with engine.begin() as connection:
            connection.execute(
                update(Crawl).where(Crawl.source_id == "availability").values(measured=measured)
            )
    return judged(engine, START + dt.timedelta(days=LAST))


def states(found: Any, host: str) -> Any:
    row = {s.host: i for i, s in enumerate(found.facts.sites)}[host]
    return found.warned.state[row]


@pytest.mark.parametrize("hosts", [1, 2, 3, 5])
def test_when_everything_we_watch_is_silent_nothing_is_closed_without_a_control(
    tmp_path: Path, hosts: int
) -> None:
    named = [f"{letter}.example" for letter in "abcde"[:hosts]]
    records = [*sites(named), *(p for host in named for p in probes(host, down_from=DOWN_FROM))]
    found = rounds(None, tmp_path / "without", records)
    assert not any((states(found, host) == CLOSED).any() for host in named)
    found = rounds(CONTROL, tmp_path / "with", records)
    for host in named:
        day = int(np.flatnonzero(states(found, host) == CLOSED)[0])
        assert DOWN_FROM + 7 <= day <= DOWN_FROM + 9
        said, _ = transition_reason(found, named.index(host), day, CLOSED)
        assert "对照网页可访问" in said[0] and "control page was reachable" in said[1]
        if hosts == 1:
            assert "其他" not in said[0] and "other sites" not in said[1]
        else:
            assert f"其他 {hosts - 1} 个网站中有 0 个可访问" in said[0]


@pytest.mark.parametrize("up", [1, 2, 4])
def test_others_are_told_in_numbers_that_are_true(tmp_path: Path, up: int) -> None:
    named = ["a.example", *(f"{letter}.example" for letter in "bcde"[:up])]
    records = [*sites(named), *probes("a.example", down_from=DOWN_FROM)]
    for host in named[1:]:
        records += probes(host, down_from=LAST + 1)
    found = rounds(None, tmp_path, records)
    day = int(np.flatnonzero(states(found, "a.example") == CLOSED)[0])
    said, _ = transition_reason(found, 0, day, CLOSED)
    assert f"其他 {up} 个网站中有 {up} 个可访问" in said[0] and "对照" not in said[0]
    assert f"{up} of the {up} other sites probed were reachable" in said[1]
    (others,) = [figure for figure in figures_of(said) if figure.name == "others_reached"]
    assert (others.n, others.of) == (up, up)


def test_days_on_which_no_round_was_good_move_no_state(tmp_path: Path) -> None:
    """A round that failed for want of a control leaves no probe: the states stay, and after a while they are stale."""
    named = ["a.example", "b.example"]
    records = [*sites(named)]
    for host in named:
        records += [p for p in probes(host) if p["observed_at"] < at(DOWN_FROM, 0)]
    failed = crawls(range(DOWN_FROM, LAST + 1), "failed", "availability")
    failed += crawls(range(DOWN_FROM, LAST + 1), "failed")
    records += crawls(range(DOWN_FROM), source="availability") + crawls(range(DOWN_FROM)) + failed
    found = judged(database(tmp_path, records), START + dt.timedelta(days=LAST))
    for host in named:
        seen = states(found, host)
        assert {STATES[s] for s in seen[DOWN_FROM:]} <= {STATES[seen[DOWN_FROM - 1]], "stale"}
        assert seen[LAST] == STALE
