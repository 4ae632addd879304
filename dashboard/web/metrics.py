"""/metrics: how this installation is doing, as Prometheus text; never whom it rates or who asked for what.

Labels are verdicts, sources, route patterns and status codes: no host, no query, no address of a visitor. It must not import
streamlit and never writes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dashboard.presenters import current_snapshot, verdict_card
from dashboard.presenters.formatting import SHANGHAI

_requests = Counter(
    "kamengwatch_requests",
    "Answers of the API, feeds, badges, pages and files",
    ("route", "status"),
    registry=None,
)


def count(route: str, status: int) -> None:
    """Count one answer under the pattern of its route; the app's own pages (no pattern) are not told apart."""
    _requests.labels(route or "app", str(status)).inc()


class _Published(Collector):
    """What the latest snapshot says, read when it is asked for."""

    def collect(self) -> Iterator[Any]:
        """The gauges; without a readable snapshot only that there is none."""
        readable = GaugeMetricFamily("kamengwatch_snapshot_readable", "1 while a snapshot can be read")
        try:
            snapshot = current_snapshot.current()
            facts = current_snapshot.facts(snapshot)
            found = [_age(facts), _ratings(snapshot), _sources(snapshot), _sources_age(snapshot, facts)]
        except (current_snapshot.NoSnapshot, current_snapshot.DamagedSnapshot):
            readable.add_metric([], 0)
            yield readable
            return
        readable.add_metric([], 1)
        yield from (readable, *found)


def _age(facts: current_snapshot.Facts) -> GaugeMetricFamily:
    gauge = GaugeMetricFamily(
        "kamengwatch_snapshot_age_seconds",
        "Seconds since the end of the last day the snapshot covers (at least 0)",
    )
    if facts.as_of is not None:
        ended = dt.datetime.combine(facts.as_of + dt.timedelta(days=1), dt.time(), SHANGHAI)
        gauge.add_metric([], max(0.0, (current_snapshot.now(facts) - ended).total_seconds()))
    return gauge


def _ratings(snapshot: Any) -> GaugeMetricFamily:
    gauge = GaugeMetricFamily("kamengwatch_ratings", "Sites in the snapshot by verdict", labels=["verdict"])
    rows = current_snapshot.rows(snapshot, "select verdict, count(*) as n from ratings group by verdict")
    counted = {row["verdict"]: row["n"] for row in rows}
    for code, state in verdict_card.STATES.items():
        gauge.add_metric([state.code], counted.get(code, 0))
    return gauge


def _sources(snapshot: Any) -> GaugeMetricFamily:
    gauge = GaugeMetricFamily(
        "kamengwatch_source_ok", "1 while a source has regular data", labels=["source", "health"]
    )
    for row in current_snapshot.rows(
        snapshot, "select source, health from sources order by source limit 500"
    ):
        gauge.add_metric([row["source"], row["health"]], float(row["health"] == "ok"))
    return gauge


def _sources_age(snapshot: Any, facts: current_snapshot.Facts) -> GaugeMetricFamily:
    """Counted from the present, so that it grows also when nothing is published any more."""
    gauge = GaugeMetricFamily(
        "kamengwatch_source_age_seconds", "Seconds since a source's last good crawl", labels=["source"]
    )
    asked = "select source, last_ok_at from sources where last_ok_at is not null order by source limit 500"
    for row in current_snapshot.rows(snapshot, asked):
        gauge.add_metric(
            [row["source"]], max(0.0, (current_snapshot.now(facts) - row["last_ok_at"]).total_seconds())
        )
    return gauge


_registry = CollectorRegistry()
_registry.register(_requests)
_registry.register(_Published())


def metrics(request: Request) -> Response:
    """Prometheus text: age of the snapshot, sites by verdict, health of sources, answers by route and status."""
    return Response(generate_latest(_registry), headers={"Content-Type": CONTENT_TYPE_LATEST})


ROUTE = Route("/metrics", metrics)
