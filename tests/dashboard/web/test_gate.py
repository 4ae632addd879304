"""The gate before the whole dashboard: foreign names and pages, what the framework offers beside, uploads, and no request of its own."""

from __future__ import annotations

import asyncio
import http.client
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.util import calc_hash
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from dashboard.components import help_tools
from dashboard.components.help_tools import Budget
from dashboard.web import rate_limit
from dashboard.web.gate import Gate, Names
from tests.support.markets import snapshots
from tests.support.programs.forked import ROOT
from tests.support.servers.browsing import served

NAMES = Names(["watch.example", "观察.example"])
EVIL = "http://evil.example"


@pytest.mark.parametrize(
    ("host", "own"),
    [
        ("watch.example", True),
        ("WATCH.example:8443", True),
        ("watch.example.", True),
        ("xn--4gq84s.example", False),
        ("localhost:8501", True),
        ("127.0.0.1:8501", True),
        ("203.0.113.9", True),
        ("[::1]:8501", True),
        ("[2001:db8::1]", True),
        ("evil.example", False),
        ("watch.example.evil.example", False),
        ("127.0.0.1.evil.example", False),
        ("127.0.0.1@evil.example", False),
        ("localhost.evil.example", False),
        ("x", False),
        ("", False),
        ("watch.example:99999", False),
        ("watch.example/", False),
        ("[::1", False),
    ],
)
def test_under_which_names_it_answers(host, own):
    assert NAMES.own(host) is own


def test_a_name_in_chinese_may_be_listed_as_it_is_read():
    assert NAMES.own("观察".encode("idna").decode() + ".example")


@pytest.mark.parametrize(
    ("origin", "same"),
    [
        ("http://203.0.113.9:8501", True),
        ("https://watch.example", True),
        (EVIL, False),
        ("null", False),
        ("", False),
        ("http://203.0.113.9", False),
        ("http://203.0.113.9:8502", False),
        ("http://203.0.113.9:8501.evil.example", False),
        ("http://203.0.113.9:8501@evil.example", False),
        ("http://203.0.113.9:8501/page", False),
        ("file://203.0.113.9:8501", False),
        ("http://[", False),
    ],
)
def test_which_pages_are_its_own(origin, same):
    assert NAMES.same(origin, "203.0.113.9:8501") is same


def test_a_default_port_said_or_not_is_the_same():
    assert NAMES.same("https://203.0.113.9", "203.0.113.9:443") and NAMES.same(
        "http://203.0.113.9:80", "203.0.113.9"
    )


class Watch:
    """A stopwatch that a test moves."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def gated(**more) -> TestClient:
    """A small app behind the gate: a published route, a page, and a websocket that answers with what it heard."""

    async def talk(websocket: WebSocket) -> None:
        await websocket.accept()
        with suppress(WebSocketDisconnect):
            while True:
                await websocket.send_bytes(await websocket.receive_bytes())

    def says(request):
        return PlainTextResponse(request.headers.get("origin", "no origin"))

    published = [Route("/api/v1/x", says)]
    behind = [*published, Route("/rank", says), Route("/static/a.js", says), Route("/_stcore/health", says),
              Route("/_stcore/metrics", says), Route("/_stcore/upload_file/{s}/{f}", says, methods=["PUT"]),
              WebSocketRoute("/_stcore/stream", talk), WebSocketRoute("/other", talk)]  # fmt: skip
    address = more.pop("address", "203.0.113.9")
    gate = Middleware(Gate, routes=published, names=NAMES, pages=["/", "/rank"], **more)
    return TestClient(
        Starlette(routes=behind, middleware=[gate]), base_url="http://watch.example", client=(address, 1)
    )


def session_of(client: TestClient, path: str = "/_stcore/stream", **headers: str):
    return client.websocket_connect(path, headers={"Host": "watch.example", **headers})


def test_a_name_pointed_here_by_somebody_else_is_answered_by_nothing():
    client = gated()
    for path in ("/rank", "/api/v1/x", "/static/a.js", "/_stcore/health", "/nothing"):
        assert client.get(path, headers={"Host": "evil.example"}).status_code == 421
    assert client.get("/rank").status_code == 200
    with (
        pytest.raises(WebSocketDisconnect),
        session_of(client, Host="evil.example"),
    ):
        pass


def test_a_page_of_another_site_reads_what_is_published_and_nothing_else():
    client = gated()
    asked = {"Origin": EVIL}
    assert client.get("/api/v1/x", headers=asked).status_code == 200
    for path in ("/rank", "/static/a.js", "/_stcore/health"):
        assert client.get(path, headers=asked).status_code == 403
        assert client.get(path, headers={"Origin": "http://watch.example"}).text == "no origin"
    with pytest.raises(WebSocketDisconnect), session_of(client, **asked):
        pass
    with session_of(client, Origin="http://watch.example"):
        pass


def test_what_the_framework_offers_beside_is_closed():
    client = gated()
    for path in ("/_stcore/metrics", "/_stcore/script-health-check", "/_stcore/agent/mcp", "/_stcore/", "/oauth2callback",
                 "/auth/login", "/component/x/index.html", "/nothing"):  # fmt: skip
        assert client.get(path).status_code == 404, path
    for method, path in (
        ("POST", "/rank"),
        ("POST", "/_stcore/health"),
        ("OPTIONS", "/_stcore/health"),
        ("POST", "/_stcore/upload_file/a/b"),
        ("DELETE", "/api/v1/x"),
    ):
        assert client.request(method, path).status_code == 405, path
    with pytest.raises(WebSocketDisconnect), session_of(client, "/other"):
        pass


def message(**what) -> bytes:
    """A message of the app's client."""
    made = BackMsg()
    for name, value in what.items():
        if isinstance(value, dict):
            getattr(made, name).SetInParent()
            for key, inner in value.items():
                getattr(getattr(made, name), key).SetInParent() if inner is None else setattr(
                    getattr(made, name), key, inner
                )
        else:
            setattr(made, name, value)
    return made.SerializeToString()


def test_only_messages_a_reader_needs_reach_the_app():
    asked = message(rerun_script={"query_string": "q=1"})
    with session_of(gated()) as socket:
        for closed in (
            message(clear_cache=True),
            message(set_run_on_save=True),
            message(load_git_info=True),
            message(debug_shutdown_runtime=True),
            message(debug_disconnect_websocket=True),
            message(backend_operation_request={"install_skills": None}),
        ):
            socket.send_bytes(closed)
        socket.send_bytes(asked)
        assert socket.receive_bytes() == asked
        deferred = message(backend_operation_request={"deferred_file": None})
        socket.send_bytes(deferred)
        assert socket.receive_bytes() == deferred


@pytest.mark.parametrize(
    "frame",
    ["text", b"", b"\xff\xff\xff", b"\x00", b"a" * 1_000],
    ids=["text", "empty", "cut", "zero", "long"],
)
def test_what_is_no_message_ends_the_session_in_one_line(frame, caplog):
    with session_of(gated()) as socket:
        (socket.send_text if isinstance(frame, str) else socket.send_bytes)(frame)
        with pytest.raises(WebSocketDisconnect):
            socket.receive_bytes()
    told = [record for record in caplog.records if record.name.startswith("dashboard")]
    assert [record.exc_info for record in told] == [None]
    assert "closed" in told[0].getMessage() and "\n" not in told[0].getMessage()


@pytest.mark.parametrize(
    "path", ["/rank?q=a.test", "/api/v1/x", "/_stcore/health", "/static/a.js", "/nothing"]
)
@pytest.mark.parametrize("address", ["203.0.113.9", "127.0.0.1"])
def test_every_route_has_a_rate(path, address, monkeypatch):
    for name in ("API_LOCAL", "PAGES_LOCAL", "FILES", "FILES_LOCAL", "APP", "APP_LOCAL"):
        monkeypatch.setattr(rate_limit, name, rate_limit.Rate(3, 0.5))
    watch = Watch()
    client = gated(rate=rate_limit.Rate(3, 0.5), stopwatch=watch, address=address)
    codes = [client.get(path).status_code for _ in range(4)]
    assert 429 not in codes[:3] and codes[3] == 429
    watch.seconds = 2.0
    assert client.get(path).status_code == codes[0]


def test_sessions_are_limited_by_address_and_a_session_that_ends_is_not_counted(monkeypatch):
    monkeypatch.setattr(rate_limit, "MOST_SOCKETS_OF_ONE", 2)
    client = gated()
    with session_of(client), session_of(client):
        refused = session_of(client)
        with pytest.raises(WebSocketDisconnect):
            refused.__enter__()
    with session_of(client):
        pass


def test_a_session_that_says_nothing_gives_its_place_back(monkeypatch):
    monkeypatch.setattr(rate_limit, "SOCKET_IDLE", 0.05)
    with session_of(gated()) as socket, pytest.raises(WebSocketDisconnect) as ended:
        socket.receive_bytes()
    assert ended.value.code == 1001


def test_messages_too_fast_are_made_to_wait_and_none_is_lost(monkeypatch):
    monkeypatch.setattr(rate_limit, "MESSAGES", rate_limit.Rate(2, 100.0))
    with session_of(gated()) as socket:
        sent = [message(rerun_script={"query_string": f"q={n}"}) for n in range(6)]
        for one in sent:
            socket.send_bytes(one)
        assert [socket.receive_bytes() for _ in sent] == sent


def test_the_budget_of_uploads(monkeypatch):
    held: dict[str, int] = {}
    monkeypatch.setattr(help_tools, "_held", lambda: held)
    budget = Budget(session_bytes=100, all_bytes=150)
    assert budget.take("a", 10) == "closed", "no page of it shows an uploader"
    for session in "abc":
        budget.open_for(session)
    assert budget.take("a", help_tools.megabytes() * 2**20 * 2) == "file"
    assert [budget.take("a", 60), budget.take("a", 60)] == ["", "session"]
    budget.give_back("a", 60)
    held["a"] = 60
    assert [budget.take("b", 80), budget.take("c", 40)] == ["", "all"]
    budget.give_back("b", 80)
    assert budget.take("c", 40) == ""
    budget.close_for("c")
    assert budget.take("c", 1) == "closed"


def test_an_upload_says_its_size_beforehand(monkeypatch):
    monkeypatch.setattr(help_tools, "_held", dict)
    budget = Budget(session_bytes=100)
    budget.open_for("s")
    client = gated(uploads=budget)
    assert client.put("/_stcore/upload_file/s/f", content=b"x").status_code == 200
    assert client.put("/_stcore/upload_file/s/f", content=b"x" * 101).status_code == 413
    assert client.put("/_stcore/upload_file/t/f", content=b"x").status_code == 403
    assert client.put("/_stcore/upload_file/s/f", content=iter([b"x"])).status_code == 411
    assert client.put("/_stcore/upload_file/s/f", content=b"x" * 99).status_code == 200, (
        "nothing stays reserved"
    )


def test_the_process_refuses_to_call_anybody():
    program = """
import socket
from dashboard.web import security_headers
security_headers.refuse()
inside = socket.socketpair()
listening = socket.create_server(("127.0.0.1", 0))
for call in (lambda: socket.create_connection(listening.getsockname(), 1),
             lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", 9)),
             lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(("127.0.0.1", 9))):
    try:
        call()
    except security_headers.OutgoingRefused:
        print("refused")
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["refused"] * 3


@pytest.fixture(scope="module")
def dashboard(tmp_path_factory) -> Iterator[tuple[str, Path]]:
    """The whole dashboard as `serve` runs it, and its log."""
    data = tmp_path_factory.mktemp("gate")
    snapshots.build(data)
    with served(data) as address:
        yield address, data / "serve.log"


class Session:
    """A client that speaks Streamlit's protocol, as any program may."""

    def __init__(self, address: str) -> None:
        self.stream = address.replace("http", "ws") + "/_stcore/stream"
        self.id = ""

    async def open(self, page: str = "") -> Session:
        self.socket = await connect(self.stream, subprotocols=["streamlit"], max_size=None)
        await self.draw(page)
        return self

    async def draw(self, page: str, press: str = "") -> None:
        """Draw a page; with `press` as after a press of the button with that key."""
        asked = BackMsg()
        asked.rerun_script.page_script_hash = calc_hash(page) if page else ""
        if press:
            name = next(name for name in self.buttons if name.endswith(press))
            asked.rerun_script.widget_states.widgets.add(id=name, trigger_value=True)
        self.buttons = []
        await self.socket.send(asked.SerializeToString())
        while True:
            told = ForwardMsg.FromString(await asyncio.wait_for(self.socket.recv(decode=False), 60))
            if told.WhichOneof("type") == "new_session":
                self.id = told.new_session.initialize.session_id
            if told.delta.new_element.WhichOneof("type") == "button":
                self.buttons.append(told.delta.new_element.button.id)
            if (
                told.WhichOneof("type") == "script_finished"
                and told.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY
            ):
                return


def put(address: str, session: str, name: str, size: int) -> int:
    """The status of one file handed in."""
    line = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)
    line.request("GET", "/_stcore/health")
    answer = line.getresponse()
    answer.read()
    token = (answer.getheader("set-cookie") or "").split("=", 1)[1].split(";")[0]
    body = (
        b'--b\r\nContent-Disposition: form-data; name="f"; filename="a.png"\r\n\r\n'
        + b"a" * size
        + b"\r\n--b--\r\n"
    )
    more = {
        "Content-Type": "multipart/form-data; boundary=b",
        "Cookie": f"_streamlit_xsrf={token}",
        "X-Xsrftoken": token,
    }
    line.request("PUT", f"/_stcore/upload_file/{session}/{name}", body, more)
    status = line.getresponse().status
    line.close()
    return status


PRESSES = ("help-skip", "help-fraud-none", "help-paid-bill_shows", "help-delivered-no", "help-order-processing",
           "help-stage-fresh", "help-done")  # fmt: skip
"""From the first question of the help page to the evidence pack, which takes files."""


def test_only_a_page_that_asks_for_files_takes_them_and_not_without_end(dashboard):
    address, _ = dashboard

    async def told() -> tuple[list[int], list[int], int]:
        session = await Session(address).open("rank")
        before = [await asyncio.to_thread(put, address, session.id, f"r{n}", 1_000) for n in range(2)]
        await session.draw("help")
        for press in PRESSES:
            await session.draw("help", press)
        big = 10 * 2**20 - 2_000
        during = [await asyncio.to_thread(put, address, session.id, f"h{n}", big) for n in range(6)]
        await session.draw("rank")
        after = await asyncio.to_thread(put, address, session.id, "again", 1_000)
        await session.socket.close()
        return before, during, after

    before, during, after = asyncio.run(told())
    assert before == [403, 403] and after == 403
    assert during[:4] == [204] * 4 and during[-1] == 413


def test_a_foreign_page_is_refused_without_asking_anybody_and_nobody_waits(dashboard):
    address, log = dashboard

    async def refused() -> list[int]:
        codes = []
        for n in range(5):
            try:
                await connect(
                    address.replace("http", "ws") + "/_stcore/stream", origin=f"http://evil{n}.example"
                )
            except InvalidStatus as error:
                codes.append(error.response.status_code)
        return codes

    assert asyncio.run(refused()) == [403] * 5
    line = http.client.HTTPConnection(urlsplit(address).netloc, timeout=30)
    for path, headers, status in (
        ("/_stcore/health", {"Origin": EVIL}, 403),
        ("/_stcore/host-config", {"Origin": EVIL}, 403),
        ("/_stcore/metrics", {}, 404),
        ("/healthz", {"Host": "evil.example"}, 421),
        ("/healthz", {}, 200),
    ):
        line.request("GET", path, headers=headers)
        answer = line.getresponse()
        answer.read()
        assert answer.status == status, path
    assert "external IP" not in log.read_text("utf-8")


def test_malformed_frames_leave_no_traceback(dashboard):
    address, log = dashboard

    async def send() -> None:
        for frame in ("text", b"\xff\xff"):
            async with connect(address.replace("http", "ws") + "/_stcore/stream") as socket:
                await socket.send(frame)
                with pytest.raises(Exception, match="100[37]"):
                    while True:
                        await asyncio.wait_for(socket.recv(), 20)

    asyncio.run(send())
    told = log.read_text("utf-8")
    assert "Traceback" not in told
    assert len([line for line in told.splitlines() if "a websocket sent" in line]) == 2


def test_every_answer_says_what_may_be_run_and_who_may_read_it(dashboard):
    address, _ = dashboard
    host = snapshots.ratings()[0]["host"]
    line = http.client.HTTPConnection(urlsplit(address).netloc, timeout=30)

    def headers(path: str, **more: str) -> http.client.HTTPMessage:
        line.request("GET", path, headers=more)
        answer = line.getresponse()
        answer.read()
        return answer.headers

    for path in (
        "/",
        "/rank",
        f"/site?host={host}",
        "/nothing",
        f"/s/{host}.html",
        "/healthz",
        "/api/v1/rank",
    ):
        policy = headers(path)["content-security-policy"]
        assert "unsafe-eval" not in policy and ("unsafe-inline" not in policy or "sandbox" in policy), path
    assert "connect-src 'self';" in headers("/")["content-security-policy"]
    for path in (f"/s/{host}.html", "/nothing"):
        assert "script-src 'none'" in headers(path)["content-security-policy"]
    assert headers("/rank")["cross-origin-resource-policy"] == "same-origin"
    assert headers(f"/badge/{host}.svg")["cross-origin-resource-policy"] == "cross-origin"
    assert "strict-transport-security" not in headers("/")
    assert headers("/", **{"X-Forwarded-Proto": "https"})["strict-transport-security"]


def test_while_one_address_is_refused_another_is_served(dashboard):
    address, _ = dashboard

    def ask(who: str) -> int:
        line = http.client.HTTPConnection(urlsplit(address).netloc, timeout=30)
        line.request("GET", "/healthz", headers={"X-Forwarded-For": who})
        answer = line.getresponse()
        answer.read()
        return answer.status

    codes = [ask("198.51.100.7") for _ in range(80)]
    assert 429 in codes and ask("198.51.100.8") == 200
