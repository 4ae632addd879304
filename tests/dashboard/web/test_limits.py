"""What one visitor may ask: long addresses and haste are refused in words, and counted without saying about whom."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from dashboard.presenters import current_snapshot
from dashboard.web import metrics, rate_limit
from dashboard.web.api import ROUTES
from dashboard.web.gate import Gate
from tests.support.markets import snapshots

QUERY = "secret-shop.test"


class Watch:
    """A stopwatch that a test moves."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def made(data_dir: Path, watch: Watch, address: str = "203.0.113.9", build: bool = True) -> TestClient:
    if build:
        snapshots.build(data_dir)
    routes = [*ROUTES, metrics.ROUTE]
    gate = Middleware(Gate, routes=routes, rate=rate_limit.Rate(3, 0.5), stopwatch=watch)
    return TestClient(Starlette(routes=routes, middleware=[gate]), client=(address, 5000))


def test_haste_is_refused_with_the_time_to_wait(data_dir):
    watch = Watch()
    client = made(data_dir, watch)
    assert [client.get("/healthz").status_code for _ in range(4)] == [200, 200, 200, 429]
    answer = client.get("/api/v1/rank?lang=en")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["retry-after"] == "2"
    assert answer.json()["status"] == 429 and "2 s" in answer.json()["detail"]
    watch.seconds = 2.0
    assert client.get("/healthz").status_code == 200
    assert client.get("/healthz").status_code == 429


def test_another_visitor_is_not_held_up_and_the_app_itself_is_not_limited(data_dir):
    watch = Watch()
    routes = [*ROUTES, metrics.ROUTE]
    snapshots.build(data_dir)
    app = Gate(Starlette(routes=routes), routes, rate_limit.Rate(1, 0.1), watch)
    first, second = (TestClient(app, client=(a, 1)) for a in ("203.0.113.9", "203.0.113.10"))
    assert [first.get("/healthz").status_code, first.get("/healthz").status_code] == [200, 429]
    assert second.get("/healthz").status_code == 200
    assert [first.get("/static/js/a.js").status_code for _ in range(5)] == [404] * 5


def test_a_file_of_the_snapshot_costs_more_than_an_answer(data_dir):
    snapshots.build(data_dir)
    app = Gate(Starlette(routes=ROUTES), ROUTES, rate_limit.Rate(6, 0.1), Watch())
    client = TestClient(app, client=("203.0.113.9", 1))
    assert client.get("/snapshot/SHA256SUMS").status_code == 200
    assert client.get("/snapshot/SHA256SUMS").status_code == 429
    assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize(
    "path", ["/api/v1/check?q=" + "x" * 5000, "/" + "y" * 5000, "/s/" + "z" * 4100 + ".html"]
)
def test_an_oversized_address_is_refused_wherever_it_points(data_dir, path):
    answer = made(data_dir, Watch()).get(path)
    assert answer.status_code == 414
    assert answer.json()["title"] == "地址太长"


def test_metrics_say_how_things_are_and_nothing_about_anybody(data_dir):
    watch = Watch()
    client = made(data_dir, watch)
    client.get("/api/v1/check", params={"q": QUERY})
    client.get(f"/api/v1/sites/{QUERY}")
    watch.seconds = 100
    text = client.get("/metrics").text
    for line in (
        "kamengwatch_snapshot_readable 1.0",
        'kamengwatch_ratings{verdict="orange"}',
        'kamengwatch_requests_total{route="/api/v1/check",status="200"}',
        'kamengwatch_requests_total{route="/api/v1/sites/{host}",status="404"}',
        "kamengwatch_snapshot_age_seconds",
        "kamengwatch_source_ok{",
        'kamengwatch_source_age_seconds{source="heimao"}',
    ):
        assert line in text
    told = [QUERY, "203.0.113.9", *(row["host"] for row in snapshots.ratings())]
    assert not [word for word in told if word in text]


def test_the_age_of_the_snapshot_is_counted_from_the_end_of_its_last_day(data_dir):
    import datetime as dt

    client = made(data_dir, Watch())
    current_snapshot.use_clock(lambda: dt.datetime(2026, 11, 22, 16, 0, 30, tzinfo=dt.UTC))
    try:
        age = [
            x for x in client.get("/metrics").text.splitlines() if x.startswith("kamengwatch_snapshot_age")
        ]
    finally:
        current_snapshot.use_clock(None)
    assert [float(line.split()[1]) for line in age] == [86400 + 30]


def test_without_a_snapshot_the_metrics_still_answer(data_dir):
    answer = made(data_dir, Watch(), build=False).get("/metrics")
    assert answer.status_code == 200
    assert "kamengwatch_snapshot_readable 0.0" in answer.text


@settings(deadline=None)
@given(
    gaps=st.lists(st.floats(0, 100), max_size=60),
    burst=st.integers(1, 20),
    per_second=st.floats(0.01, 5),
)
def test_no_timing_gets_more_out_of_a_bucket_than_it_holds_and_gains(gaps, burst, per_second):
    bucket = rate_limit.Bucket(rate_limit.Rate(burst, per_second))
    now, taken = 0.0, 0
    for gap in gaps:
        now += gap
        seconds = bucket.wait(now)
        assert seconds >= 0
        taken += seconds == 0
    assert taken <= burst + now * per_second + 1e-6


def test_after_waiting_as_told_the_request_is_let_in():
    bucket = rate_limit.Bucket(rate_limit.Rate(1, 0.1))
    assert bucket.wait(0.0) == 0
    assert bucket.wait(1.0 + bucket.wait(1.0)) == pytest.approx(0)


def test_visitors_are_forgotten_when_there_are_too_many():
    buckets = rate_limit.Buckets(rate_limit.Rate(1, 0.001), most=100)
    for n in range(500):
        buckets.wait(f"198.51.{n // 250}.{n % 250}", 0.0)
    assert len(buckets) == 100


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("::ffff:203.0.113.9", "203.0.113.9", True),
        ("203.0.113.9", "203.0.113.10", False),
        (None, "nonsense", True),
    ],
)
def test_whose_bucket_an_address_is(one, other, same):
    assert (rate_limit.visitor(one) == rate_limit.visitor(other)) is same


def test_forms_are_limited_by_session_and_all_together(monkeypatch):
    monkeypatch.setattr(rate_limit, "FORMS", rate_limit.Buckets(rate_limit.Rate(4, 0.001), most=1))
    first, second = rate_limit.Bucket(rate_limit.FORM_SESSION), rate_limit.Bucket(rate_limit.FORM_SESSION)
    assert [rate_limit.form_wait(first, 0.0) > 0 for _ in range(4)] == [False, False, False, True]
    assert [rate_limit.form_wait(second, 0.0) > 0 for _ in range(2)] == [False, True]
    assert second.tokens == 2, "what the installation refused is not charged to the session"


def test_reloading_the_page_does_not_make_a_new_visitor(monkeypatch):
    monkeypatch.setattr(rate_limit, "FORMS", rate_limit.Buckets(rate_limit.FORM_ALL, most=1))
    monkeypatch.setattr(rate_limit, "FORM_VISITORS", rate_limit.Buckets(rate_limit.Rate(2, 0.001)))
    waits = [
        rate_limit.form_wait(rate_limit.Bucket(rate_limit.FORM_SESSION), 0.0, "203.0.113.9") for _ in range(3)
    ]
    assert [w > 0 for w in waits] == [False, False, True]
    assert rate_limit.form_wait(rate_limit.Bucket(rate_limit.FORM_SESSION), 0.0, "203.0.113.10") == 0


def test_this_machine_itself_may_ask_more_for_a_proxy_may_stand_on_it(data_dir):
    client = made(data_dir, Watch(), address="127.0.0.1")
    assert {client.get("/healthz").status_code for _ in range(40)} == {200}
