"""What one connection may take: endless headers, slow requests, slow readers and too many connections are ended; others are served."""

from __future__ import annotations

import asyncio
import base64
import os
import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn

from dashboard.web.connections import Connections, Limits, protocols

LIMITS = Limits(
    head_seconds=0.4, idle_seconds=0.6, patience=0.6, every=0.1, per_address=1_000, connections=12
)
WHOLE = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
UPGRADE = (b"GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
           b"Sec-WebSocket-Key: " + base64.b64encode(os.urandom(16)) + b"\r\n\r\n")  # fmt: skip
SENT: dict[str, int] = {"chunks": 0}


async def app(scope, receive, send):
    """Answers "ok"; `/long` sends 400 MB to whoever takes it; a websocket answers what it is told."""
    if scope["type"] == "lifespan":
        return
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "bytes": message["bytes"]})
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    if scope["path"] == "/long":
        for _ in range(400):
            SENT["chunks"] += 1
            await send({"type": "http.response.body", "body": b"x" * 1_000_000, "more_body": True})
    await send({"type": "http.response.body", "body": b"ok"})


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
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), daemon=True)
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
    assert b" 431 " in call(port, head).split(b"\r\n")[0]


def test_a_usual_head_and_the_next_request_on_the_same_line_are_served(port):
    head = WHOLE.replace(b"\r\n\r\n", b"\r\n" + b"X-A: b\r\n" * 60 + b"Cookie: " + b"c" * 8_000 + b"\r\n\r\n")
    last = WHOLE.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    assert call(port, head, head + last).count(b"HTTP/1.1 200") == 3


def test_who_never_ends_the_request_is_let_go(port):
    assert b" 408 " in call(port, b"GET / HTTP/1.1\r\nHost: localhost\r\n")
    assert call(port) == b"", "nor does a connection stay on which nothing is asked"


def test_a_body_nobody_reads_is_not_taken_in(port):
    head = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50000000\r\n\r\n"
    assert call(port, head, *[b"b" * 65_536] * 200).count(b"HTTP/1.1") <= 1
    assert served(port)


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
