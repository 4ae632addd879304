"""What one connection may take: endless headers, slow requests, slow readers and too many connections are ended; others are served."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
import uvloop
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.testclient import TestClient

from dashboard.presenters import current_snapshot
from dashboard.presenters.translations import say
from dashboard.web import metrics, rate_limit
from dashboard.web.api import ROUTES
from dashboard.web.connections import Connections, Limits, _Counted, protocols
from dashboard.web.gate import Gate
from tests.support.markets import snapshots

LIMITS = Limits(
    head_seconds=0.4, idle_seconds=0.6, patience=0.6, every=0.1, per_address=1_000, connections=12
)
WHOLE = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
UPGRADE = (b"GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
           b"Sec-WebSocket-Key: " + base64.b64encode(os.urandom(16)) + b"\r\n\r\n")  # fmt: skip
SENT: dict[str, int] = {"chunks": 0}
POSTED: list[dict[str, str] | None] = []


async def app(scope, receive, send):
    """Answers "ok"; `/host` says under which name it was asked; `/long` sends 400 MB to whoever takes it; a websocket answers what it is told."""
    if scope["type"] == "lifespan":
        return
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "bytes": message["bytes"]})
        return
    if scope["path"] == "/late":
        await asyncio.sleep(0.5)
    if scope["path"] == "/posted":
        POSTED.append(await rate_limit.posted(Request(scope, receive), 1_000))
    await send({"type": "http.response.start", "status": 200, "headers": []})
    if scope["path"] == "/long":
        for _ in range(400):
            SENT["chunks"] += 1
            await send({"type": "http.response.body", "body": b"x" * 1_000_000, "more_body": True})
    await send(
        {
            "type": "http.response.body",
            "body": dict(scope["headers"]).get(b"host", b"") if scope["path"] == "/host" else b"ok",
        }
    )


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A server with small limits."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number = probe.getsockname()[1]
    http, websocket = protocols(LIMITS)
    server = uvicorn.Server(
        uvicorn.Config(app, "127.0.0.1", number, http=http, ws=websocket, log_level="warning", lifespan="off")
    )

    def serve() -> None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:  # as the dashboard is served
            runner.run(server.serve())

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield number
    server.should_exit = True
    thread.join(10)


def call(port: int, *pieces: bytes) -> bytes:
    """Everything the server says to these pieces until it ends the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        for piece in pieces:
            try:
                line.sendall(piece)
            except OSError:
                break
        return heard(line)


def heard(line: socket.socket) -> bytes:
    """What comes until the end."""
    got = b""
    try:
        while piece := line.recv(65_536):
            got += piece
    except ConnectionResetError:
        pass
    return got


def served(port: int) -> bool:
    return b" 200 " in call(port, WHOLE.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))


def test_a_header_without_an_end_is_refused_after_its_first_pieces(port):
    answer = call(port, b"GET / HTTP/1.1\r\nHost: localhost\r\nX-A: ", *[b"a" * 65_536] * 16)
    assert answer == b"" or b" 431 " in answer.split(b"\r\n")[0]
    with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        line.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-A: " + b"a" * 40_000)
        assert b" 431 " in heard(line).split(b"\r\n")[0]
    assert served(port)


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX-A: " + b"a" * 17_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X-A: b\r\n" * 101 + b"\r\n",
        b"GET /" + b"a" * 17_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        UPGRADE.replace(b"\r\n\r\n", b"\r\nX-A: " + b"a" * 17_000 + b"\r\n\r\n"),
    ],
    ids=["long", "many", "address", "websocket"],
)
def test_too_large_a_head_is_refused_even_when_it_is_whole(port, head):
    answer = call(port, head)
    assert b" 431 " in answer.split(b"\r\n")[0]
    assert b"content-security-policy: default-src 'none'" in answer and b"nosniff" in answer


@pytest.mark.parametrize("host", ["evil.example", "localhost@evil.example", "EVIL.example:80"])
def test_a_name_in_the_request_line_is_the_one_that_is_asked(port, host):
    head = f"GET http://{host}/host HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    assert b"\r\n" + host.encode() + b"\r\n" in call(port, head.encode())


def test_a_body_that_comes_drop_by_drop_is_let_go(port):
    with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        line.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60000\r\n\r\n")
        began = time.monotonic()
        try:
            while time.monotonic() - began < 15:
                line.sendall(b"a")
                time.sleep(0.1)
        except OSError:
            return
    pytest.fail("a byte now and then keeps a connection for ever")


def test_a_usual_head_and_the_next_request_on_the_same_line_are_served(port):
    head = WHOLE.replace(b"\r\n\r\n", b"\r\n" + b"X-A: b\r\n" * 60 + b"Cookie: " + b"c" * 8_000 + b"\r\n\r\n")
    last = WHOLE.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    assert call(port, head, head + last).count(b"HTTP/1.1 200") == 3


def test_who_never_ends_the_request_is_let_go(port):
    assert b" 408 " in call(port, b"GET / HTTP/1.1\r\nHost: localhost\r\n")
    assert call(port) == b"", "nor does a connection stay on which nothing is asked"


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(
    "body", [[b"Content-Length: 50000000\r\n\r\n", *[b"b" * 65_536] * 200], [b"Content-Length: 70000\r\n\r\n", b"b" * 70_000]]
)  # fmt: skip
def test_a_body_too_large_is_not_taken_in_and_its_sender_is_told(port, body, lang):
    answer = call(port, b"POST /?lang=" + lang.encode() + b" HTTP/1.1\r\nHost: localhost\r\n", *body)
    head, _, told = answer.partition(b"\r\n\r\n")
    assert b" 413 " in head.split(b"\r\n")[0] and b"application/problem+json" in head
    assert json.loads(told) == {"type": "about:blank", "title": say(lang, "api.body_too_long"), "status": 413}
    assert served(port)


@pytest.mark.parametrize("path", ["/", "/late", "/long"])
def test_a_body_that_does_not_say_its_length_is_answered_once_and_ended_where_it_is_too_large(
    port, caplog, path
):
    chunk = b"8000\r\n" + b"b" * 0x8000 + b"\r\n"
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    answer = call(port, head, *[chunk] * 200)
    assert answer.count(b"HTTP/1.1") == 1
    assert path != "/late" or b" 413 " in answer.split(b"\r\n")[0], "where nothing was answered yet"
    assert served(port) and not caplog.records


def test_a_form_whose_sender_left_is_none_and_leaves_no_traceback(port, caplog):
    head = b"POST /posted HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 9\r\n\r\n"
    assert b" 200 " in call(port, head + b"q=a.test.") and POSTED[-1] == {"q": "a.test."}
    with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        line.sendall(head + b"q=a")
    until = time.monotonic() + 10
    while len(POSTED) < 2 and time.monotonic() < until:
        time.sleep(0.02)
    assert POSTED[-1] is None and not caplog.records


def test_a_body_that_does_not_go_on_is_let_go(port):
    with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        line.sendall(
            b"PUT /_stcore/upload_file/a/b HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n\r\nabc"
        )
        heard(line)  # ends
    assert served(port)


def test_who_does_not_take_the_answer_is_let_go(port):
    SENT["chunks"] = 0
    with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        line.sendall(b"GET /long HTTP/1.1\r\nHost: localhost\r\n\r\n")
        for _ in range(200):
            before = SENT["chunks"]
            time.sleep(0.1)
            if before and SENT["chunks"] == 400:
                break  # the app goes on once the connection is gone: what it sends then goes nowhere
        assert SENT["chunks"] == 400, "the app still waits for a reader who takes nothing"
    assert served(port)


def test_what_is_written_after_a_reader_was_let_go_goes_nowhere():
    uvloop = pytest.importorskip("uvloop")

    async def written() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(asyncio.Protocol, "127.0.0.1", 0)
        line, _ = await loop.create_connection(asyncio.Protocol, *server.sockets[0].getsockname())
        line.abort()
        await asyncio.sleep(0.02)
        with pytest.raises(RuntimeError):
            line.write(b"late")
        _Counted(line).write(b"late")
        server.close()

    uvloop.run(written())


def test_connections_too_many_are_refused_and_counted_again_when_they_end(port):
    lines = [socket.create_connection(("127.0.0.1", port), timeout=20) for _ in range(12)]
    for line in lines:
        line.sendall(UPGRADE)
        assert b" 101 " in line.recv(4_096)
    assert b" 503 " in call(port, WHOLE)
    for line in lines:
        line.close()
    for _ in range(100):
        if served(port):
            return
        time.sleep(0.05)
    raise AssertionError("the connections that ended still count")


def test_one_address_cannot_have_all_but_this_machine_where_a_proxy_may_stand_can():
    open_ = Connections(Limits(connections=10, per_address=2))
    assert [open_.take("203.0.113.9") for _ in range(3)] == [True, True, False]
    assert [open_.take("127.0.0.1") for _ in range(9)] == [True] * 8 + [False]
    open_.give_back("203.0.113.9")
    assert open_.take("203.0.113.10")


def test_a_text_frame_ends_a_websocket_in_one_line_of_the_log(port, caplog):
    with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        line.sendall(UPGRADE)
        assert b" 101 " in line.recv(4_096)
        line.sendall(b"\x81\x84\0\0\0\0\xff\xfe\xfd\xfc")
        assert heard(line)[2:4] == (1003).to_bytes(2, "big")
    assert [record.getMessage() for record in caplog.records] == ["a websocket sent a text frame; closed"]


# What one visitor may ask: long addresses and haste are refused in words, and counted without saying about whom.


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
