"""A look at a site nobody watches: what it tells, what it never does, and how it ends whatever happens."""

import contextlib
import datetime as dt
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import dns.message
import dns.rrset
import pytest
from protego import Protego
from sqlalchemy import select

from crawler import settings as crawler_settings
from crawler.download import direct_queries
from crawler.download.browser import available as browser_available
from crawler.guard import Guard
from dashboard.forms import inbox, looks, records
from dashboard.presenters import first_look
from kamengwatch.config import Config
from kamengwatch.intake import form_inbox, watchlist
from kamengwatch.pipeline import look as looking
from kamengwatch.pipeline.crawl import plan
from kamengwatch.review.queue import Question, ask
from store.db.tables import Capture, Crawl, Platform, Review
from store.evidence.ingest import Ingest, import_records
from store.text.ip_addresses import address_spelled
from tests.support.hostile.attacks import MOVED, SPELT, URLS
from tests.support.programs import forked

NOW = dt.datetime(2026, 11, 15, 12, tzinfo=dt.UTC)
SHOP = (
    "<html><head><meta charset='utf-8'><title>新桥卡铺</title></head><body><h1>新桥卡铺</h1>"
    "<div class='goods-item'><h3 class='name'>视频会员月卡</h3><span class='price'>¥19.80</span><span>库存：12</span></div>"
    "<div class='goods-item'><h3 class='name'>音乐会员季卡</h3><span class='price'>¥32.00</span><span>库存：3</span></div>"
    "<p>自动发货，付款后一般 24 小时内到账，超过 72 小时未处理可以退款。客服QQ：2885550142</p>"
    "<a href='/orders'>查询订单</a><a href='/notice.html'>公告</a><footer>本站不售实物，只售数字卡密。</footer></body></html>"
)
DRAWN = (
    "<!doctype html><html><head><meta charset='utf-8'><title>后画卡铺</title></head><body><div id='app'></div><script>"
    "fetch('/goods.json').then(told => told.json()).then(goods => { document.querySelector('#app').innerHTML = goods.map(([name, price]) =>"
    " `<div class='goods-item'><h3 class='name'>${name}</h3><span class='price'>¥${price}</span></div>`).join('')"
    " + '<p>自动发货，付款后一般 24 小时内到账，超过 72 小时未处理可以退款。</p>' })</script></body></html>"
)
"""A shop that is empty until its script has asked for its goods."""
GOODS = json.dumps([["视频会员月卡", "19.80"], ["音乐会员季卡", "32.00"]])
ROBOTS = "User-agent: *\nDisallow: /orders\n"
ICP = '{"code": 200, "success": true, "params": {"list": [%s], "total": %d}}'
CONTROL = '{"domain": "sandbox.test", "mainLicence": "粤ICP备2099000012号", "natureName": "企业", "serviceLicence": "粤ICP备2099000012号-1", "unitName": "甲有限公司", "updateRecordTime": "2025-01-02 03:04:05", "limitAccess": "否"}'
WHOIS = "Domain Name: {}\nSponsoring Registrar: 甲\nRegistration Time: 2023-04-05 12:00:00\nExpiration Time: 2028-04-05 12:00:00\n"


class World(BaseHTTPRequestHandler):
    """Every `*.test` host, as a plain HTTP proxy plays it; what was asked is counted."""

    asked: Counter = Counter()
    at_once: Counter = Counter()
    ruled: set = set()
    """The hosts whose robots.txt was asked at any time: looks go by those of a service for half a day."""
    most: Counter = Counter()

    def do_CONNECT(self):
        """A registry's WHOIS, a name server over TCP, and a handshake, which is refused."""
        host, _, port = self.path.partition(":")
        World.asked[f"connect {host}:{port}"] += port == "443"
        if port == "443":
            return self._send(b"", "text/plain", 502)
        self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
        if port == "43":
            name = self.rfile.readline().decode().strip()
            World.asked[f"connect {host}:43 {name}"] += 1
            self.wfile.write(WHOIS.format(name).encode())
        else:
            asked = dns.message.from_wire(self.rfile.read(int.from_bytes(self.rfile.read(2), "big")))
            (question,), reply = asked.question, dns.message.make_response(asked)
            World.asked[f"connect {host}:53 {question}"] += 1
            if " A" in str(question):
                reply.answer.append(dns.rrset.from_text(question.name, 60, "IN", "A", "45.33.32.156"))
            wire = reply.to_wire()
            self.wfile.write(len(wire).to_bytes(2, "big") + wire)
        self.close_connection = True

    def do_GET(self):
        named, _, path = self.path.removeprefix("http://").partition("/")
        World.asked[f"{named}/{path}"] += 1
        host = named.removeprefix("www.")
        World.at_once[host] += 1
        World.most[host] = max(World.most[host], World.at_once[host])
        try:
            self._answer(host, path)
        except OSError:
            pass
        finally:
            World.at_once[host] -= 1

    def _answer(self, host, path):
        if path == "robots.txt":
            World.ruled.add(host)
            self._send(ROBOTS.encode(), "text/plain")
        elif host == "icp.sandbox.test":
            known = "sandbox.test" in path
            self._send((ICP % (CONTROL * known, known)).encode(), "application/json")
        elif host == "drawn.test":
            drawn = path != "goods.json"
            self._send((DRAWN if drawn else GOODS).encode(), "text/html" if drawn else "application/json")
        elif host == "hangs.test":
            time.sleep(30)
        elif host == "large.test":
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(200 * 2**20))
            self.end_headers()
            for _ in range(200):
                self.wfile.write(b"x" * 2**20)
        elif host == "inside.test":
            self.send_response(302)
            self.send_header("Location", "http://127.0.0.1:9/secret" if path else "http://10.0.0.1/")
            self.end_headers()
        elif host.endswith("sandbox.test") or host == "missing.test":
            self._send(b"", "text/plain", 404)
        else:
            self._send(SHOP.encode(), "text/html; charset=utf-8")

    def _send(self, body, kind, status=200):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def world():
    server = ThreadingHTTPServer(("127.0.0.1", 0), World)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    made = Config(tmp_path_factory.mktemp("looks") / "data", fixed_now=NOW)
    watchlist.add_sites(made, [("watched.test", "甲卡盟", ())], demo=True)
    return made


def looked_at(config, world, host):
    looker = looking.Looker(config, world)
    return looker.now(host, lambda look: None)


def steps_of(look):
    return {step.step: step for step in look.steps}


def test_a_look_tells_facts_names_what_it_did_not_see_and_rates_nothing(config, world):
    World.asked.clear()
    look = looked_at(config, world, "new.test")
    steps = steps_of(look)
    assert (look.state, look.verdict, set(steps)) == ("done", "灰", set(looking.STEPS))
    assert all(step.facts or step.why for step in look.steps), "every step says something, or why not"
    told = "".join(fact["zh"] for step in look.steps for fact in step.facts)
    assert "2 种商品" in told and "QQ" in told and "2885550142" not in told
    assert all(fact["source"] and fact["at"] for step in look.steps for fact in step.facts)
    assert not any("orders" in asked for asked in World.asked), "robots.txt forbids it"
    assert (
        max(World.asked[k] for k in World.asked if k.startswith("new.test")) == 1
        and World.most["new.test"] == 1
    )
    with config.engine.connect() as connection:
        assert connection.scalar(select(Platform.status).where(Platform.host == "new.test")) == "candidate"
        assert connection.scalar(select(Capture.id).where(Capture.url == "http://new.test/"))
        assert all(":look-" in key for key in connection.scalars(select(Crawl.key)))
    assert all(entry.finished_at is None for entry in plan(config, NOW)), "a look puts no crawl off"
    # Once for everybody together, for six hours; and the card never shows a score or another colour.
    assert looked_at(config, world, "new.test").id == look.id
    card = first_look.card(json.loads((config.data_dir / "looks/new.test.json").read_text()), "zh")
    assert (card.code, card.score, card.known) == ("grey", None, False) and "没查成" in card.blind_spots[0]


@pytest.mark.parametrize("host", ["audited.test", "new.faka.test", "drawn.test", "missing.test"])
def test_an_audit_of_a_look_finds_nothing_forbidden_outside_or_asked_twice(config, world, host):
    """Registry, WHOIS, name server, handshake, filing service, certificate log, block lists, and every page and part of the browser."""
    if host == "drawn.test" and not browser_available():
        pytest.skip("no browser here (make browser)")
    World.asked.clear()
    look = looked_at(config, world, host)
    steps, asked = steps_of(look), dict(World.asked)
    assert (
        steps["lists"].state == "missed"
        and steps["filing"].facts
        and "没有查到" in steps["filing"].facts[0]["zh"]
    )
    if host != "missing.test":
        assert "2 种商品" in "".join(fact["zh"] for fact in steps["shop"].facts)
    pages = ["http://" + line for line in asked if not line.startswith("connect ")]
    direct = {line.removeprefix("connect ").split(" ")[0] for line in asked if line.startswith("connect ")}
    services = {"icp.sandbox.test", "rdap.sandbox.test", "elsewhere.sandbox.test", "reference.sandbox.test"}
    assert {urlsplit(page).hostname for page in pages} <= {host, f"www.{host}", *services}, (
        "nobody else, and no list for one site"
    )
    assert direct == {f"{host}:443", f"{direct_queries.PLAYED_DNS}:53"} | (
        {"whois.sandbox.test:43"} if "faka" in host else set()
    )
    guard, rules = Guard(sandbox=True, allowed_hosts=[]), Protego.parse(ROBOTS)
    for page in pages:
        guard.check_url(page)
        assert rules.can_fetch(page, crawler_settings.ROBOTSTXT_USER_AGENT), page
        name = urlsplit(page).hostname
        ruled = name in World.ruled if name in services else f"{name}/robots.txt" in asked
        assert page.endswith("/robots.txt") or ruled, page
    # A control of our line answers for one failure, and is asked anew after the next (decision 0028).
    twice = {
        line for line, times in asked.items() if times > 1 and not line.startswith("reference.sandbox.test/")
    }
    assert not twice
    assert host != "drawn.test" or asked["drawn.test/"] == asked["drawn.test/goods.json"] == 1


def test_looks_read_the_rules_of_a_registry_once_and_those_of_a_shop_each_time(config, world):
    def ruled_by(host):
        World.asked.clear()
        looked_at(config, world, host)
        return {line.removesuffix("/robots.txt") for line in World.asked if line.endswith("/robots.txt")}

    kept = config.data_dir / "turns/robots"
    shutil.rmtree(kept, ignore_errors=True)
    services = ruled_by("first.test") - {"first.test"}
    assert {"icp.sandbox.test", "rdap.sandbox.test"} <= services
    assert ruled_by("second.test") == {"second.test"}
    *_, damaged = files = sorted(kept.iterdir())
    for file in files:
        said = json.loads(file.read_bytes())
        then = dt.datetime.fromisoformat(said["at"]) - dt.timedelta(hours=12)
        file.write_text(json.dumps(said | {"at": then.isoformat()}))
    damaged.write_bytes(b"{")
    assert ruled_by("third.test") == {"third.test", *services}, (
        "after half a day, and where nothing is readable"
    )


def test_what_counts_by_itself_makes_it_orange_and_complaints_about_it_reach_a_person(config, world):
    looked_at(config, world, "fined.test")
    penalty = {"kind": "penalty", "source": "gsxt", "host": "fined.test", "decided_on": "2026-03-02", "category": "经营异常", "reason": "无法联系"}  # fmt: skip
    complaint = {"kind": "complaint", "source": "heimao", "source_id": "1", "host": "fined.test", "filed_at": "2026-11-10T10:00:00+08:00", "text": "付款后一直处理中"}  # fmt: skip
    import_records(Ingest(config.engine, NOW), [penalty, complaint])
    (config.data_dir / "looks/fined.test.json").unlink()
    look = looked_at(config, world, "fined.test")
    assert look.verdict == "橙" and "近一年点名它的有 1 起" in steps_of(look)["complaints"].facts[0]["zh"]
    with config.engine.begin() as connection:
        assert "candidate:fined.test" in connection.scalars(select(Review.key)).all()
        assert ask(connection, [Question("fined.test", True, "form", "list")], NOW).waiting == 1


@pytest.mark.parametrize(
    ("host", "why"),
    [("hangs.test", ""), ("large.test", "没有得到可用的回答"), ("inside.test", "首页跳转到了别处")],
)
def test_a_host_that_misbehaves_ends_as_promised(config, world, monkeypatch, host, why):
    if host == "hangs.test":
        monkeypatch.setattr(looking, "_STOP_AT", 3.0)
        monkeypatch.setattr(looking, "_KILL_AT", 3.5)
    look = looked_at(config, world, host)
    assert look.state == "done"
    shop = steps_of(look)["shop"]
    assert shop.state == "missed" and why in shop.why[0]
    assert shop.why[1].isascii() and ":" not in shop.why[1], "a reader's words, not the crawl's"
    assert not any(asked.startswith(("127.", "10.")) for asked in World.asked), "nothing inside was asked"
    assert not any("[" in fact["en"] for step in look.steps for fact in step.facts), "no mark of a redaction"


def test_what_a_crawl_of_ours_kept_from_being_seen_may_be_asked_for_at_once(config, monkeypatch):
    held = {"event": "broken", "source": "storefront", "reason": "another crawl holds these sites"}
    monkeypatch.setattr(looking, "events", lambda *_: iter([held]))
    look = looking.Looker(config).now("held.test", lambda look: None)
    assert "本站的另一次采集" in steps_of(look)["shop"].why[0] and look.verdict == "灰"
    assert dt.datetime.fromisoformat(look.again_at) == NOW


def test_a_look_keeps_the_rules_of_every_crawl():
    """It is less patient, and not less polite: the guard, robots.txt, the pace and the limits are those of the settings."""
    changed = set(crawler_settings.LOOK_SETTINGS)
    assert changed <= {"AUTOTHROTTLE_START_DELAY", "DOWNLOAD_TIMEOUT", "CONNECT_TIMEOUT", "RETRY_ENABLED",
                       "PLAYWRIGHT_DEFAULT_NAVIGATION_TIMEOUT", "RDAP_BOOTSTRAP"}  # fmt: skip
    assert crawler_settings.LOOK_SETTINGS["AUTOTHROTTLE_START_DELAY"] >= crawler_settings.DOWNLOAD_DELAY


@pytest.mark.parametrize(
    "typed",
    ["http://127.0.0.1/", "http://127。0。0。1/", "http://[::1]:8501/", "http://2130706433/", "http://10.0.0.8/x", "localhost:8501",
     "http://shop.test@192.168.1.1/", "http://169.254.169.254/latest", "https://t.me/x", "13800138000", "哪家靠谱？", "🙂"],
)  # fmt: skip
def test_nothing_typed_leads_inside(typed):
    with pytest.raises(records.Incomplete):
        records.about_site("look", "0" * 32, NOW.date(), typed)


def test_no_attack_on_the_guard_gets_through_this_door_as_an_address():
    """What is left of one is a name, which the crawl's own guard looks up and judges (below)."""
    typed = [
        *URLS,
        *MOVED,
        *SPELT,
        *(f"http://{spelt}/" for spelt in SPELT),
        *(f"看看 {spelt}:8080 呢" for spelt in SPELT),
    ]
    for text in typed:
        with contextlib.suppress(records.Incomplete):
            host = records.about_site("look", "0" * 32, NOW.date(), text)["host"]
            assert address_spelled(host.partition(":")[0]) is None and "localhost" not in host, (text, host)


REBINDING = """
import asyncio, itertools, os, socket, sys, types
sys.modules["uvloop"] = types.ModuleType("uvloop")
sys.modules["uvloop"].Loop = asyncio.SelectorEventLoop  # uvloop looks names up by itself
answers = itertools.cycle(["45.33.32.156", "127.0.0.1", "10.0.0.8", "169.254.169.254", "::1", "::ffff:192.168.0.1", "64:ff9b::a00:1", "fd00::1"])
def tell(line):
    with open(os.environ["TOLD"], "a") as log:
        log.write(line + "\\n")
def resolve(host, port, *_, **__):
    address = next(answers)
    tell(f"name {address}")
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return [(family, socket.SOCK_STREAM, 6, "", (address, int(port or 0), *((0, 0) if ":" in address else ())))]
def refuse(self, *said):
    address = said[-1]
    tell(f"connect {address[0] if isinstance(address, tuple) else 'local'}")
    raise ConnectionRefusedError(111, "refused")
socket.getaddrinfo = resolve
socket.socket.connect = socket.socket.connect_ex = socket.socket.sendto = refuse
"""
"""A machine on which every name leads outside once and inside ever after, and nothing is connected to: what was tried is written down."""


def test_a_name_that_leads_inside_is_asked_nothing_however_it_was_resolved(tmp_path, monkeypatch):
    """The production crawl of a look, with no sandbox: private answers, IPv6 forms and rebinding."""
    (tmp_path / "sitecustomize.py").write_text(REBINDING)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("TOLD", str(tmp_path / "told"))
    monkeypatch.setenv("KAMENGWATCH_CONTACT", "watch@a.example")

    def events(words, *_):  # as crawl_process.events, in a process that begins with the lines above
        words = [sys.executable, "-m", "crawler.run", *words]
        with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as crawl:
            yield from (json.loads(line) for line in crawl.stdout if line.startswith(b"{"))

    monkeypatch.setattr(looking, "events", events)
    made = Config(tmp_path / "data", fixed_now=NOW)
    look = looking.Looker(made).now("rebinds.example", lambda look: None)
    assert look.state == "done" and steps_of(look)["shop"].state == "missed"
    told = (tmp_path / "told").read_text().split("\n")
    own = {
        line.split()[1]
        for line in Path("/etc/resolv.conf").read_text().split("\n")
        if line.startswith("nameserver ")
    }
    resolved = {line.removeprefix("name ") for line in told if line.startswith("name ")}
    tried = {line.removeprefix("connect ") for line in told if line.startswith("connect ")} - {"local", *own}
    assert len(resolved) > 4, "names were looked up more than once"
    assert tried <= {"45.33.32.156"}, "only the public address was connected to"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("https://user:secret@shop.example:8443/pay?order=17398613248#x", "shop.example"), ("【甲】http://shop.example/abc 快来", "shop.example")],
)  # fmt: skip
def test_of_what_was_typed_the_host_alone_is_kept(typed, kept):
    record = records.about_site("look", "0" * 32, NOW.date(), typed)
    assert record["host"] == kept and not {"17398613248", "secret", "8443", "abc"} & set(
        json.dumps(record).split('"')
    )


@contextlib.contextmanager
def worker(config, world, said, alone=False):
    """The worker's own process; killed at the end. The crawls of one that is `alone` end with it."""
    words = ["kamengwatch.pipeline.look", "--data-dir", str(config.data_dir), "--sandbox-proxy", world]
    said.mkdir()
    os.mkfifo(said / "in")  # its standard input stays open while we live
    with open(os.open(said / "in", os.O_RDWR)):
        process = forked.start(words, os.environ | {"KAMENGWATCH_NOW": NOW.isoformat()}, said, alone=alone)
        try:
            until(lambda: looks.desk(config.data_dir).on)
            yield process
        finally:
            process.kill()
            process.join()


def until(true, seconds=90.0):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it does not come about"
        time.sleep(0.05)


def costs_nothing() -> float:
    pytest.fail("what is refused anyway takes nothing of what a visitor may ask")


def state(config, host):
    found = looks.look_of(config.data_dir, host, looks.desk(config.data_dir))
    return found and found["state"]


@pytest.mark.parametrize("many", [3, pytest.param(10, marks=pytest.mark.soak)])
def test_many_at_once_and_a_worker_killed_in_their_midst(config, world, tmp_path, many):
    World.asked.clear(), World.most.clear()
    hosts = [f"shop{n}.test" for n in range(many)]
    assert looks.ask(config.data_dir, "look", hosts[0], NOW, costs_nothing)[0] == "look.off"
    with worker(config, world, tmp_path / "first", alone=True):
        for host in hosts:
            assert looks.ask(config.data_dir, "look", f"http://{host}/a?b", NOW, float) == ("", {})
        until(lambda: all(state(config, host) for host in hosts))
        until(lambda: looks.desk(config.data_dir).left == looking.SANDBOX_PER_DAY - many)
        until(lambda: state(config, hosts[0]) in ("looking", "done"))
    # Killed: what is not finished is nobody's answer.
    assert not looks.desk(config.data_dir).on
    assert {state(config, host) for host in hosts} <= {"done", None}
    if many > 5:  # and once more
        with worker(config, world, tmp_path / "second", alone=True):
            until(lambda: sum(state(config, host) == "done" for host in hosts) > many // 3)
    with worker(config, world, tmp_path / "last") as last:
        until(lambda: all(state(config, host) == "done" for host in hosts))
        assert looks.ask(config.data_dir, "look", hosts[0], NOW, costs_nothing)[0] == "look.again"
        assert looks.desk(config.data_dir).left == looking.SANDBOX_PER_DAY - many, "a look is counted once"
        last.terminate()  # told to stop it ends
        last.join(30)
        assert last.exitcode == 0
    assert not looks.desk(config.data_dir).on
    assert max(World.most[host] for host in hosts) == 1, "never two at one host"
    taken = form_inbox.take_in(config)
    assert (taken.new, taken.refused) == (0, []), "a request for a look is no form a person decides"


def test_the_day_s_budget_and_a_press_to_be_taken_up(config, world, monkeypatch):
    monkeypatch.setattr(looking, "SANDBOX_PER_DAY", 1)
    for n, (kind, host) in enumerate((("look", "one.test"), ("look", "two.test"), ("include", "three.test"))):
        record = records.about_site(kind, f"{n:032x}", NOW.date(), host)
        inbox.append(config.data_dir, records.line(record), NOW.date())
    looker = looking.Looker(config, world)
    looker.folder.mkdir(exist_ok=True)
    looker._take()
    kept = [json.loads((looker.folder / f"{host}.test.json").read_text())["state"] for host in ("one", "two")]
    assert kept == ["queued", "refused"]
    assert looks.again_at(json.loads((looker.folder / "two.test.json").read_text()), NOW) > NOW
    assert form_inbox.take_in(config).new == 1
    with config.engine.connect() as connection:
        assert "three.test" in connection.scalars(select(Review.subject)).all()


def test_a_site_asked_for_by_another_name_of_it_is_one_look_that_answers_for_both(config, world, monkeypatch):
    """A subdomain, or an alias: nobody waits for ever, no place stays taken, and the six hours hold for the site."""
    asked: list[str] = []
    monkeypatch.setattr(looking, "events", lambda words, *_: asked.append(words[-2]) or iter(()))
    looker = looking.Looker(config, world)
    looker.folder.mkdir(exist_ok=True)
    for n, host in enumerate(("twin.test", "m.twin.test", "h5.twin.test")):
        looker._ask(f"{n:032x}", host, NOW)
        looker._looking.add(host)
        looker._one(looker._queue.pop())
    assert len(asked) == 1 and not looker._looking
    told = [json.loads((looker.folder / f"{name}twin.test.json").read_text()) for name in ("", "m.", "h5.")]
    assert [(one["host"], one["state"]) for one in told] == [
        (f"{name}twin.test", "done") for name in ("", "m.", "h5.")
    ]
    assert len({(one["ended_at"], one["again_at"]) for one in told}) == 1

    def broken(*_: object) -> None:
        raise OSError("no room")

    monkeypatch.setattr(looking, "events", broken)
    with pytest.raises(OSError, match="room"):
        looker.now("m.late.example" if looker._platform("late.example") else "", lambda look: None)
    assert not list(looker.folder.glob("*late*")), "neither name keeps half a look"


def test_what_cannot_be_written_is_not_counted_and_a_wrong_clock_keeps_nobody_out(config, world, monkeypatch):
    looker = looking.Looker(config, world)
    looker.folder.mkdir(exist_ok=True)
    with monkeypatch.context() as patch, pytest.raises(OSError, match="room"):
        patch.setattr(looking, "_replace", lambda *_: (_ for _ in ()).throw(OSError("no room")))
        looker._ask("a" * 32, "unwritten.test", NOW)
    assert (looker._used, looker._queue) == (0, [])
    ahead = looking.Look(
        "b" * 32,
        "unwritten.test",
        "done",
        NOW.isoformat(),
        again_at=(NOW + dt.timedelta(days=400)).isoformat(),
    )
    ahead.write(looker.folder)
    assert not looker._looked_lately("unwritten.test")
    assert looks.again_at(json.loads((looker.folder / "unwritten.test.json").read_text()), NOW) is None


DEMONSTRATION = """
import subprocess, time
from contextlib import nullcontext
from pathlib import Path
from kamengwatch.config import Config
from kamengwatch.pipeline import run

open_process = subprocess.Popen
subprocess.Popen = lambda command, **how: open_process(["sleep", "60"], **how)  # a market that takes no time to build
run.sandbox_market._port = lambda process, ready: process.pid
run._play = lambda config, market, seed: Path(told).write_text(market.proxy) and config
run.looking = lambda config, proxy: nullcontext()
run.run_sandbox(Config(Path(folder)), 7, lambda config: time.sleep(60))
"""


def test_a_demonstration_that_is_told_to_end_takes_its_market_along(data_dir: Path) -> None:
    """As a service manager ends it: by SIGTERM."""
    told = data_dir.parent / "told"
    running = forked.process(exec, DEMONSTRATION, {"folder": str(data_dir), "told": str(told)})
    until(lambda: told.is_file() and told.read_text().rpartition(":")[2])
    market = int(told.read_text().rpartition(":")[2])
    os.kill(market, 0)
    running.terminate()
    running.join(30)
    assert running.exitcode == 128 + signal.SIGTERM
    with pytest.raises(ProcessLookupError):
        os.kill(market, 0)
