"""The bulletin of a finished week or month, as `bulletins/<id>.json` of the snapshot: made once, by the first publication after its last day.

What a later snapshot knows better does not change it: it is linked from snapshot to snapshot, and a correction stands in the bulletin of
the period in which it was made. `feeds/bulletins.atom` lists them. Words and documents are the dashboard's (dashboard/help/bulletin.py).
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb

from scoring.publish.feeds import bulletin_feed
from scoring.publish.site_pages import Before
from scoring.snapshot.reader import SERIOUS_FIRST, quoted
from scoring.snapshot.writer import linked

FOLDER = "bulletins"
MOST = 200
"""Rows of one list of a bulletin; the others are counted."""
CITED = 6
"""Pieces of evidence of one row."""
AT_ONCE = {"week": 8, "month": 3}
"""Bulletins of a kind made after a pause; of a first publication the newest alone: nobody had looked before."""
TABLES = ("ratings", "history", "warnings", "changes", "corrections", "sector", "sources", "evidence")


def write_bulletins(folder: Path, as_of: dt.date, method_version: str, before: Before | None) -> None:
    """Take over the bulletins of the snapshot before, add those of periods that have ended since, and write their feed."""
    (folder / FOLDER).mkdir()
    kept = [name for name in sorted(before.sums) if _is_bulletin(name)] if before is not None else []
    ids = set()
    for name in kept:
        assert before is not None
        if before.holds(name) and json.loads((before.folder / name).read_text("utf-8"))["until"] < f"{as_of}":
            linked(before.folder / name, folder / name)
            ids.add(Path(name).stem)
    with duckdb.cursor() as db:
        for table in TABLES:
            db.execute(
                f"create temp view {table} as select * from read_parquet('{quoted(folder / f'{table}.parquet')}')"  # noqa: S608 - fixed names, quoted path
            )
        first = db.sql('select min("on") from history').fetchall()[0][0]
        for kind in AT_ONCE:
            for since, until in _due(kind, as_of, first, ids):
                made = _bulletin(db, kind, since, until)
                made |= {"as_of": f"{as_of}", "method_version": method_version}
                text = json.dumps(made, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
                (folder / FOLDER / f"{made['id']}.json").write_text(text, "utf-8")
    told = [json.loads(file.read_text("utf-8")) for file in (folder / FOLDER).glob("*.json")]
    (folder / "feeds" / "bulletins.atom").write_bytes(bulletin_feed(told, as_of))


def _is_bulletin(name: str) -> bool:
    return name.startswith(f"{FOLDER}/") and name.endswith(".json")


def _due(
    kind: str, as_of: dt.date, first: dt.date | None, ids: set[str]
) -> Iterator[tuple[dt.date, dt.date]]:
    """The periods of a kind that ended before `as_of`, the newest first, back to one that was made or lies before our `first` day."""
    known = any(id_.startswith(kind) for id_ in ids)
    until = as_of
    for _ in range(AT_ONCE[kind] if known else 1):
        since, until = _period_before(kind, until)
        if first is None or until < first or _id(kind, since) in ids:
            return
        yield since, until
        until = since


def _period_before(kind: str, day: dt.date) -> tuple[dt.date, dt.date]:
    """First and last day of the last whole week (Monday to Sunday) or calendar month before `day`."""
    if kind == "week":
        until = day - dt.timedelta(days=day.weekday() + 1)
        return until - dt.timedelta(days=6), until
    until = day.replace(day=1) - dt.timedelta(days=1)
    return until.replace(day=1), until


def _id(kind: str, since: dt.date) -> str:
    return f"{kind}-{since}"


def _bulletin(db: duckdb.DuckDBPyConnection, kind: str, since: dt.date, until: dt.date) -> dict[str, Any]:
    """What is said of a period, in the data's own words."""
    span = [since, until]
    moves = _rows(
        db,
        f"""select w.host, r.name, w."on", w.from_state, w.to_state, w.reason_zh, w.reason_en, w.evidence[:{CITED}] as evidence
        from warnings w left join ratings r using (host) where w."on" between ? and ?
        order by list_position({list(SERIOUS_FIRST)}, w.to_state), w."on" desc, w.host""",  # noqa: S608 - numbers and words of ours
        span,
    )
    changes = _rows(
        db,
        """select host, "on", what, sentence_zh, sentence_en from changes where cause = 'world' and what <> 'warning_state'
        and sentence_zh <> '' and "on" between ? and ? order by "on" desc, host, what""",
        span,
    )
    corrections = _rows(db, 'select * from corrections where "on" between ? and ? order by "on", host', span)
    closed = [m for m in moves if m["to_state"] == "closed"]
    others = [
        m for m in moves if "stale" not in (m["from_state"], m["to_state"]) and m["to_state"] != "closed"
    ]
    lists = {"closures": closed, "moves": others, "changes": changes, "corrections": corrections}
    shown = {name: rows[:MOST] for name, rows in lists.items()}
    cited = sorted(
        {id_ for name in ("closures", "moves") for m in shown[name] for id_ in m["evidence"] or ()}
    )
    return {
        "id": _id(kind, since),
        "kind": kind,
        "since": f"{since}",
        "until": f"{until}",
        **shown,
        "counts": {name: len(rows) for name, rows in lists.items()}
        | {"interrupted": len({m["host"] for m in moves if m["to_state"] == "stale"})},
        "sector": _sector(db, since, until, len({m["host"] for m in closed})),
        "sources": _rows(
            db,
            "select source, title_zh, title_en, health from sources where health <> 'ok' order by source",
            [],
        ),
        "evidence": _rows(
            db,
            "select id, claim_zh, claim_en, tier, source, event_on, seen_at, link, sha256 from evidence where list_contains(?, id) order by id",
            [cited],
        ),
    }


def _sector(db: duckdb.DuckDBPyConnection, since: dt.date, until: dt.date, closed: int) -> dict[str, Any]:
    """Figures of all sites together, those that are estimates with their 90 % interval."""
    eve = since - dt.timedelta(days=1)
    states = {
        name: {
            r["state"]: r["n"]
            for r in _rows(
                db,
                'select warning_state as state, count(*) as n from history where "on" = ? and warning_state is not null group by 1 order by 1',
                [day],
            )
        }
        for name, day in (("before", eve), ("after", until))
    }
    weeks = _weeks(db, since, until)
    length = (until - since).days + 1
    earlier = _weeks(db, since - dt.timedelta(days=length), eve)
    open_then = sum(n for state, n in states["before"].items() if state != "closed")
    refunds = _rows(
        db,
        "select bin as days, value, low, high, n from sector where measure = 'refund_open' and bin in (7, 15, 30) order by bin",
        [],
    )
    out: dict[str, Any] = {"states": states, "weeks": len(weeks), "drops": sum(weeks), "refunds": refunds}
    blind = _rows(
        db,
        """select "on" from sector where measure = 'week_unread' and "on" between ? and ?""",
        [since - dt.timedelta(days=length), until - dt.timedelta(days=6)],
    )
    out["weeks_unread"] = len({row["on"] for row in blind if row["on"] >= since.isoformat()})
    if weeks and len(earlier) == len(weeks) and not blind:
        out |= {"drops_before": sum(earlier), "drops_ratio": _ratio(sum(weeks), sum(earlier))}
    if open_then:
        out |= {"open_before": open_then, "closed": closed, "closed_share": _share(closed, open_then)}
    return out


def _weeks(db: duckdb.DuckDBPyConnection, since: dt.date, until: dt.date) -> list[int]:
    """Complaints of paid and not delivered in each whole week of the period, zero weeks among them; one that ends after it is none."""
    rows = _rows(
        db,
        """select "on", sum(value) as n from sector where measure like 'drops_%' and "on" between ? and ? group by 1 order by 1""",
        [since, until - dt.timedelta(days=6)],
    )
    return [int(r["n"]) for r in rows]


def _share(n: int, of: int) -> list[float]:
    """(share, low, high): Jeffreys' 90 % interval."""
    from scipy.special import (
        betaincinv,  # single sites are published without a bulletin, and in the time this takes
    )

    a, b = n + 0.5, of - n + 0.5
    low, high = (float(betaincinv(max(a, 0.5), max(b, 0.5), q)) for q in (0.05, 0.95))
    return [round(x, 6) for x in (min(1.0, n / of), low if n else 0.0, high if n < of else 1.0)]


def _ratio(now: int, before: int) -> list[float] | None:
    """(ratio, low, high) of two counts of equal periods, given their sum (Jeffreys' 90 % interval); None where the one before is nil."""
    if not before:
        return None
    _, low, high = _share(now, now + before)
    return [round(now / before, 4), round(low / (1 - low), 4), round(high / (1 - high), 4)]


def _rows(db: duckdb.DuckDBPyConnection, query: str, values: Sequence[Any]) -> list[dict[str, Any]]:
    """Rows as JSON has them: days and times as text."""
    found: Any = db.execute(query, list(values)).to_arrow_table()
    return [{name: _plain(value) for name, value in row.items()} for row in found.to_pylist()]


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, (dt.date, dt.datetime)) else value
