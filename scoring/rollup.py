"""Whole-table figures as ibis expressions, written once and run by DuckDB or by Spark over the same columns of facts.

They only count, sort and take exact medians; nothing approximate, nothing that depends on the order rows arrive in.
The tables are those of scoring/exchange.py.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import pyarrow as pa

from scoring import method
from scoring.exchange import arrow
from scoring.facts import Facts, Floats

FEWEST = 3
"""Platforms that must show a price before their median stands for the market."""


class Tables(Protocol):
    """Where a whole-table expression runs."""

    def table(self, facts: Facts, kind: str) -> Any:
        """The rows of a kind as an ibis table."""

    def fetch(self, expression: Any) -> pa.Table:
        """The expression's rows."""


class InProcess:
    """DuckDB over the columns in memory."""

    def table(self, facts: Facts, kind: str) -> Any:
        """The rows of a kind, as they are in memory."""
        import ibis

        return ibis.memtable(arrow(facts.rows[kind]))

    def fetch(self, expression: Any) -> pa.Table:
        """Run in this process; two connections never share anything."""
        import ibis

        return ibis.duckdb.connect().to_pyarrow(expression)


IN_PROCESS = InProcess()


def middle_prices(prices: Any, first_day: int, days: int) -> Any:
    """(ware, epoch, price): the median price of the same goods over the platforms that showed them in the days before an epoch.

    `prices` holds platform, row, seen, day, at, ware, price. An epoch is a calendar day divisible by FIT_EVERY_DAYS, and the
    first day; one vote a platform and ware, its latest price. `epoch` counts days from `first_day`.
    """
    import ibis

    every = method.FIT_EVERY_DAYS
    shown = prices.filter(prices.price > 0, ~prices.price.isnan())
    visible = ibis.greatest(shown.seen, shown.day)
    # The next epoch at or after the day; the remainder is taken twice because engines give it the dividend's sign.
    ahead = (every - ((visible + first_day) % every + every) % every) % every
    columns = ("platform", "row", "at", "ware", "price")
    known = shown.select(*columns, epoch=visible + ahead)
    if first_day % every:
        begin = shown.filter(visible <= 0, visible > -every).select(*columns, epoch=visible * 0)
        known = known.union(begin)
    known = known.filter(known.epoch >= 0, known.epoch < days)
    newest = ibis.row_number().over(
        group_by=[known.epoch, known.platform, known["ware"]],
        order_by=[known["at"].desc(), known["row"].desc()],
    )
    votes = known.mutate(late=newest).filter(lambda t: t.late == 0)
    ranked = votes.mutate(
        place=ibis.row_number().over(
            group_by=[votes.epoch, votes["ware"]], order_by=[votes.price, votes.platform]
        ),
        n=votes.count().over(group_by=[votes.epoch, votes["ware"]]),
    )
    middle = ranked.filter(
        ranked.n >= FEWEST,
        (ranked.place * 2 == ranked.n - 2 + ranked.n % 2) | (ranked.place == ranked.n // 2),
    )
    return middle.group_by(["ware", "epoch"]).aggregate(price=(middle.price.min() + middle.price.max()) / 2)


def products(facts: Facts, tables: Tables, epochs: list[int]) -> dict[str, tuple[Any, Floats]]:
    """Ware -> (epochs, median price before each, nan where fewer than 3 platforms show it); only those with a median."""
    if not len(facts.rows["price"]):
        return {}
    found = tables.fetch(middle_prices(tables.table(facts, "price"), facts.first_day, facts.days))
    at, place = np.array(epochs), {day: i for i, day in enumerate(epochs)}
    out: dict[str, tuple[Any, Floats]] = {}
    for row in found.sort_by([("ware", "ascending"), ("epoch", "ascending")]).to_pylist():
        medians = out.setdefault(row["ware"], (at, np.full(len(epochs), np.nan)))[1]
        medians[place[row["epoch"]]] = row["price"]
    return out
