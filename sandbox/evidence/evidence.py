"""Write a whole market as the open evidence format (JSON Lines), as a patient watchdog could have collected it day by day."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from sandbox.market import prose
from sandbox.market.market import SOURCES, Market
from sandbox.market.platforms import Platform

Record = dict[str, Any]
HOURS_OF_CRAWL = {"heimao": 3, "icp": 4, "storefront": 5, "availability": 2, "registration": 4}
"""UTC+8 hour at which each source is read; a crawl takes ten minutes."""


def write_evidence(market: Market, path: Path | str) -> int:
    """Write every record, ordered by kind and then by day, and return how many there are."""
    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    count = 0
    with Path(path).open("w", encoding="utf-8") as file:
        for part in (
            _platforms,
            _crawls,
            _registry,
            _probes,
            _orders,
            _prices,
            _pages,
            _counters,
            _complaints,
        ):
            for record in part(market):
                file.write(encode(record) + "\n")
                count += 1
    return count


class _Clock:
    """ISO times of the daily readings of each source, and the days on which a source could be read."""

    def __init__(self, market: Market) -> None:
        self.days = market.parameters.days
        self.readable = {s: ~market.outages[s] for s in SOURCES}
        self.at = {
            s: [market.parameters.moment(d + HOURS_OF_CRAWL[s] / 24).isoformat() for d in range(self.days)]
            for s in SOURCES
        }

    def visits(self, source: str, every: int, offset: int = 0, first: int = 0) -> list[int]:
        """Days on which `source` was read, once in `every` days, moved to the next readable day."""
        readable = self.readable[source]
        found = []
        for day in range(max(first, 0) + offset % every, self.days, every):
            while day < self.days and not readable[day]:
                day += 1
            if day < self.days:
                found.append(day)
        return found


def _platforms(market: Market) -> Iterator[Record]:
    for p in market.platforms:
        yield {
            "kind": "platform", "host": p.host, "name": p.name, "aliases": p.aliases, "operator": p.operator,
            "opened_on": p.opened_on.isoformat(),
        }  # fmt: skip


def _crawls(market: Market) -> Iterator[Record]:
    for source in SOURCES:
        for day in range(market.parameters.days):
            start = day + HOURS_OF_CRAWL[source] / 24
            bad = "blocked" if source == "heimao" else "failed"
            yield {
                "kind": "crawl", "source": source, "started_at": market.parameters.moment(start).isoformat(),
                "finished_at": market.parameters.moment(start + 10 / 1440).isoformat(),
                "outcome": bad if market.outages[source][day] else "ok",
            }  # fmt: skip


def _registry(market: Market) -> Iterator[Record]:
    """Filing and registration, read about monthly."""
    clock = _Clock(market)
    for p in market.platforms:
        for day in clock.visits("icp", 28, p.index, p.opened_day):
            found = market.filed(p, day)
            person = p.filing.nature == "个人"
            more = {
                "number": f"{p.filing.number}-1", "entity": None if person else p.filing.entity, "nature": p.filing.nature,
                "domain": p.host,
            }  # fmt: skip
            yield {
                "kind": "filing", "source": "icp", "provider": "miit", "host": p.host,
                "observed_at": clock.at["icp"][day], "found": found, **(more if found else {}),
            }  # fmt: skip
        for day in clock.visits("registration", 56, p.index):
            if market.parameters.date_of(day) >= p.registered_on:
                yield {
                    "kind": "registration", "source": "registration", "provider": "rdap", "host": p.host,
                    "observed_at": clock.at["registration"][day], "registered_on": p.registered_on.isoformat(),
                    "expires_on": p.expires_on.isoformat(), "registrar": p.registrar,
                }  # fmt: skip


PROBE_STATUS = {"slow": 200, "up": 200, "refused": 403}
CLASS_OF_END = {
    "unfiled_block": "blocked_unfiled", "frozen": "closed_by_owner", "panel_stop": "placeholder", "expired": "expired", "goodbye": "closed_by_owner",
}  # fmt: skip
CLASS_OF_CONDITION = {"js_challenge": "js_challenge", "cookie_wall": "js_challenge"}


def _probes(market: Market) -> Iterator[Record]:
    """Daily availability; a shop is watched from its opening and for ever after."""
    clock = _Clock(market)
    for p in market.platforms:
        for day in clock.visits("availability", 1, 0, p.opened_day):
            state = market.probe(p, day + 0.1)
            dead = p.ended(day)
            record = {
                "kind": "probe", "source": "availability", "host": p.host, "observed_at": clock.at["availability"][day],
                "outcome": {"up": "ok"}.get(state, state), "status": PROBE_STATUS.get(state),
                "latency_ms": None if state == "down" else int(market.days.latency[p.index, day]),
            }  # fmt: skip
            if state == "refused":
                diverted = market.is_diverted(p, day)
                record["class"] = "diverted" if diverted else CLASS_OF_CONDITION.get(p.condition, "waf_block")
            elif dead:
                record["class"] = CLASS_OF_END.get(p.afterlife, "timeout")
            yield record


def _open_days(market: Market, clock: _Clock, p: Platform, every: int) -> list[int]:
    """Days on which the shop itself could be read."""
    if p.condition in ("forbidden", "captcha", "js_challenge", "cookie_wall") or p.robots in (
        "forbid_all",
        "html",
        "error",
    ):
        return []
    visits = clock.visits("storefront", every, p.index, p.opened_day)
    return [d for d in visits if market.probe(p, d + 0.2) in ("up", "slow")]


def _orders(market: Market) -> Iterator[Record]:
    """The home page counter, daily where it is shown and weekly where it is hidden."""
    clock = _Clock(market)
    for p in market.platforms:
        if p.counter == "absent":
            continue
        for day in _open_days(market, clock, p, 1):
            record: Record = {
                "kind": "orders",
                "source": "storefront",
                "host": p.host,
                "observed_at": clock.at["storefront"][day],
            }
            if market.counter_state(p, day) == "visible":
                total, processed, today = market.order_counter(p, day + HOURS_OF_CRAWL["storefront"] / 24)
                yield {**record, "total": total, "processed": processed, "today": today, "hidden": False}
            elif day % 7 == p.index % 7:
                yield {**record, "total": None, "processed": None, "today": None, "hidden": True}


def _prices(market: Market) -> Iterator[Record]:
    """Up to six products a shop, weekly."""
    clock = _Clock(market)
    for p in market.platforms:
        shelf = sorted(market.shelves[p.index], key=lambda product: -product.share)[:6]
        for day in _open_days(market, clock, p, 7):
            for product in shelf:
                yield {
                    "kind": "price", "source": "storefront", "host": p.host, "observed_at": clock.at["storefront"][day],
                    "product": product.plain, "price": market.price(p, product, day), "face_value": product.face,
                    "stock": market.stock(p, product, day), "sold": market.sold(p, product, day),
                }  # fmt: skip


def _pages(market: Market) -> Iterator[Record]:
    """Home, notice and terms when they changed since the last weekly visit, and at least every eight weeks; contact once."""
    clock = _Clock(market)
    for p in market.platforms:
        last: dict[str, tuple[str, int]] = {}
        for visit, day in enumerate(_open_days(market, clock, p, 7)):
            texts = {"notice": prose.notice(market, p, day), "terms": prose.terms(market, p, day)}
            texts["home"] = f"{p.name}\n{texts['notice']}"
            if visit == 0:
                texts["contact"] = prose.contact_text(p)
            for role, text in texts.items():
                if role in last and last[role][0] == text and day - last[role][1] < 56:
                    continue
                last[role] = (text, day)
                yield {
                    "kind": "page", "source": "storefront", "host": p.host, "observed_at": clock.at["storefront"][day],
                    "role": role, "text": text, "footer_icp": p.filing.footer, "company": p.operator,
                }  # fmt: skip


def _counters(market: Market) -> Iterator[Record]:
    """Company counters of the complaint site, weekly."""
    clock = _Clock(market)
    names = ("valid_total", "replied_total", "completed_total", "valid_30d", "replied_30d", "completed_30d")
    for p in market.platforms:
        if p.couid is None:
            continue
        for day in clock.visits("heimao", 7, p.index, p.opened_day):
            values = market.company_counters(p, day + HOURS_OF_CRAWL["heimao"] / 24)
            yield {
                "kind": "counters", "source": "heimao", "host": p.host, "observed_at": clock.at["heimao"][day],
                **dict(zip(names, values, strict=True)),
            }  # fmt: skip


def _complaints(market: Market) -> Iterator[Record]:
    """Every complaint, in filing order, with what became of it by the end; seen at the first readable crawl after filing."""
    clock, c, end = _Clock(market), market.complaints, market.parameters.days
    moment = market.parameters.moment
    unknown, rng = market.parameters.unknown, np.random.default_rng([market.parameters.seed, 8])
    visits = np.unique(clock.visits("heimao", 1))
    seen = visits + HOURS_OF_CRAWL["heimao"] / 24
    for index in np.flatnonzero(c.platform >= 0).tolist():
        words, p = market.words(index), market.platforms[c.platform[index]]
        replied = moment(c.replied[index]).isoformat() if c.replied[index] < end else None
        completed = moment(c.completed[index]).isoformat() if c.completed[index] < end else None
        status = "completed" if completed else "replied" if replied else "open"
        if unknown.shown < 1 and rng.random() >= unknown.shown:
            continue
        shown = c.filed[index] + (rng.exponential(unknown.slow) if unknown.slow else 0.0)
        later = visits[np.searchsorted(seen, shown) :][:1]
        record = {
            "kind": "complaint", "source": "heimao", "source_id": c.number(index), "host": p.host,
            "filed_at": moment(c.filed[index]).isoformat(), "title": words.title, "text": words.text, "amount": words.amount,
            "status": status, "replied_at": replied, "completed_at": completed,
            "url": f"http://tousu.sina.test/complaint/view/{c.number(index)}/",
        }  # fmt: skip
        if len(later):
            record["seen_at"] = clock.at["heimao"][int(later[0])]
            yield record
