"""Links of few sites by what was kept of all others are those that all sites' evidence gives, whatever the few show now."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import func, insert, select, update

from scoring.engine.load_market import load_dataset
from scoring.engine.single_sites import _Others
from scoring.linkage.links import standing
from scoring.linkage.links_of_few import KeptLinks, keep_links, links_of_few
from store.db.tables import OBSERVATIONS, Alias, Platform
from store.evidence.ingest import Ingest, import_records
from tests.support.markets.judged_records import database

AS_OF = dt.date(2026, 4, 30)
NOW = dt.datetime(2026, 4, 30, 12, tzinfo=dt.UTC)
MALL = "16688.com.cn"
HOSTS = [*(f"s{n}.example" for n in range(9)), MALL, *(f"{MALL}/shop/m{n}" for n in range(5))]


def shown(rng: np.random.Generator, host: str, day: int) -> dict[str, Any]:
    """An observation that may link a site with others: few values, so that many are shared by some and some by many."""
    when = {"host": host, "observed_at": f"2026-04-{day:02d}T10:00:00+08:00"}
    bare = host.partition("/")[0]
    kinds = ["page", "page", "move", "probe", "filing", "filing", "certificate"]
    kind = rng.choice(
        kinds[:4] if "/" in host else kinds
    )  # the last ones are the mall's, whoever they are told of
    group = HOSTS.index(host) % 7 if rng.random() < 0.8 else int(rng.integers(7))
    n, other = group, str(rng.choice(HOSTS[group::7]))
    if kind == "page":
        keys = {"qq": [f"q{n}"], "analytics": [f"a{n}"]}
        signs: dict[str, Any] = {"contact_keys": {k: keys[k] for k in keys if rng.random() < 0.8}}
        if rng.random() < 0.3:
            signs["credit_codes"] = [f"9133010{n}MA2B00000{n}"]
        if rng.random() < 0.5:
            signs["template"] = f"t{int(rng.integers(2))}"
        software = str(rng.choice(["rainbow", "dujiaoka"])) if rng.random() < 0.7 else None
        return when | {
            "kind": "page",
            "source": "storefront",
            "role": "home",
            "text": "首页",
            "signs": signs,
            "software": software,
        }
    if kind == "filing":
        return when | {"kind": "filing", "source": "icp", "found": True, "number": f"粤ICP备1804637{n}号-1",
                       "entity": f"{'甲乙丙丁戊己庚'[n]}科技有限公司", "nature": "企业", "domain": bare}  # fmt: skip
    if kind == "certificate":
        return when | {"kind": "certificate", "source": "registration", "issuer_kind": "automated", "not_before": "2026-03-01T00:00:00Z",
                       "not_after": "2026-06-01T00:00:00Z", "names": [bare, other.partition("/")[0]], "matches": True}  # fmt: skip
    if kind == "move":
        target = other if rng.random() < 0.8 else "old0.example"
        via = str(rng.choice(["redirect", "notice"]))
        return when | {"kind": "move", "source": "storefront", "to_host": target, "via": via}
    return when | {
        "kind": "probe",
        "source": "availability",
        "outcome": str(rng.choice(["ok", "down"])),
    }


@pytest.mark.parametrize("first", (0, 6))
def test_links_of_few_are_those_of_all(first: int, tmp_path: Path) -> None:
    """Three times a few sites of a small market show something else, have something taken back or are watched anew."""
    told = [lived(seed, tmp_path / str(seed)) for seed in range(first, first + 6)]
    links, changes = map(sum, zip(*told, strict=True))
    assert links > 3 and changes > 2, "or nothing was tried"


def lived(seed: int, folder: Path) -> tuple[int, int]:
    """(links found of a few sites of a random market, how often they were others than before)."""
    folder.mkdir()
    rng = np.random.default_rng(seed)
    watched = [host for host in HOSTS if host == "s0.example" or rng.random() < 0.9]
    new = str(rng.choice(watched[1:]))  # one that was not watched when all were rated
    records = [{"kind": "platform", "host": host} for host in watched if host != new]
    records.append(
        {"kind": "probe", "source": "availability", "host": "s0.example", "observed_at": "2026-04-01T10:00:00+08:00", "outcome": "ok"}
    )  # fmt: skip
    records += [shown(rng, str(rng.choice(watched)), int(rng.integers(2, 20))) for _ in range(60)]
    engine = database(folder, [r for r in records if r["host"] != new])
    with engine.begin() as connection:
        owner = connection.scalar(select(Platform.id).where(Platform.host == "s0.example"))
        connection.execute(
            insert(Alias).values(platform_id=owner, kind="host", key="old0.example", text="old0.example", source="watch", seen_at=NOW)
        )  # fmt: skip
    before = load_dataset(engine, AS_OF)
    assert before.kept is not None
    keep_links(before.kept.links, folder)
    seen = changed = 0
    for turn in range(3):
        few = sorted({str(h) for h in rng.choice(watched, 1 + turn)} | ({new} if turn == 2 else set()))
        if new in few:
            assert not import_records(Ingest(engine, NOW), [{"kind": "platform", "host": new}]).refused
        with engine.begin() as connection:
            mine = connection.scalars(select(Platform.id).where(Platform.host.in_(few))).all()
            for table in (OBSERVATIONS[kind] for kind in ("page", "filing", "certificate", "move")):
                if rng.random() < 0.4:
                    some = select(func.min(table.id)).where(table.platform_id.in_(mine))
                    connection.execute(
                        update(table).where(table.id == some.scalar_subquery()).values(withdrawn_at=NOW)
                    )
        told = [shown(rng, host, 20 + turn) for host in few for _ in range(int(rng.integers(4)))]
        assert not import_records(Ingest(engine, NOW), told).refused
        after = load_dataset(engine, AS_OF)
        places = np.array([at for at, site in enumerate(after.sites) if site.host in few])
        part = after.only(places)
        with engine.connect() as connection:
            kept = KeptLinks(folder, [site.host for site in before.sites])
            found = links_of_few(kept, standing(part.rows), list(part.sites), _Others(connection))
        assert found == {host: after.kin.links[host] for host in few if host in after.kin.links}, (seed, turn)
        seen += sum(map(len, found.values()))
        changed += found != {host: before.kin.links[host] for host in few if host in before.kin.links}
        assert after.kept is not None
        before = after
        keep_links(after.kept.links, folder)  # what these changed is the others' news in the next turn
    engine.dispose()
    return seen, changed
