"""Merchants of malls: one key for whatever is typed, nothing kept of any other path, and whose a complaint is."""

from __future__ import annotations

import datetime as dt
import ipaddress
import json
import string
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.pages.mentions import hosts_in
from store.db.tables import Complaint, Filing, Platform, Review
from store.evidence.ingest import Ingest, import_records
from store.evidence.new_subjects import check_subject
from store.evidence.records import RecordError, parse_line
from store.text import malls
from store.text.hosts import is_key, registrable
from store.text.malls import MallsError, read_malls
from store.text.query import file_stem, host_key, parse_query
from store.text.refused_hosts import refusal, refusal_of_text
from store.text.site_keys import SiteKey
from tests.support.markets.records import complaint, platform
from tests.support.programs.in_process_cli import command

NOW = dt.datetime(2026, 11, 20, 4, tzinfo=dt.UTC)
NAME = st.text(string.ascii_letters + string.digits + "_-", min_size=1, max_size=40).filter(
    lambda name: malls._TELEPHONE.search(name) is None
)
HOSTS = st.sampled_from(["pay.ldxp.cn", "16688.com.cn", "pay.x.test", "xn--czru2d.test"])


@settings(deadline=None, max_examples=60)
@given(HOSTS, NAME)
def test_a_merchant_key_read_again_is_the_same(host: str, name: str) -> None:
    key = f"{host}/shop/{name}"
    for text in (
        key,
        f"https://www.{host}/shop/{name}/?from=1&o=20261101#x",
        f"  {host.upper()}/Shop/{name} ",
    ):
        assert host_key(text) == key
        assert str(SiteKey.parse(text)) == key
        assert parse_query(text).host == key
    assert is_key(key)
    assert SiteKey.of(key).unit == "merchant"
    assert registrable(key) == registrable(host)


@settings(deadline=None, max_examples=60)
@given(st.text(string.ascii_letters + string.digits + "/-_.?=&%#", max_size=60), st.booleans())
def test_nothing_that_is_no_merchant_keeps_a_path(path: str, known: bool) -> None:
    host = "pay.x.test" if known else "other.test"
    key = host_key(f"https://{host}/{path}")
    section, _, name = malls.merchant_part(key).partition("/")
    assert malls.host_part(key) == host
    if name:
        assert known
        assert section in ("shop", "links")
        assert name in path
    else:
        assert key == host


@pytest.mark.parametrize(
    ("text", "key", "unit", "code"),
    [
        ("https://pay.ldxp.cn/shop/HQP8RZ4F", "pay.ldxp.cn/shop/HQP8RZ4F", "merchant", "merchant"),
        ("在pay.ldxp.cn/shop/hqp8rz4f，付款不发货", "pay.ldxp.cn/shop/hqp8rz4f", "merchant", "merchant"),
        ("https://www.16688.com.cn/shop/S937885.", "16688.com.cn/shop/S937885", "merchant", "merchant"),
        ("http://m.houfaka.com/links/6277329890EA79FE", "houfaka.com/links/6277329890EA79FE", "merchant", "merchant"),
        ("http://www.houfaka.com/details/40418", "houfaka.com", "mall", "mall_page"),
        ("https://pay.ldxp.cn/item/gflv3v", "pay.ldxp.cn", "mall", "mall_page"),
        ("https://pay.ldxp.cn/shop/13812345678", "pay.ldxp.cn", "mall", "mall_page"),
        ("pay.ldxp.cn", "pay.ldxp.cn", "mall", "mall"),
        ("https://folded-mall.test/shop/AbC", "folded-mall.test/shop/abc", "merchant", "merchant"),
        ("https://nobody-knows.test/shop/A1B2", "nobody-knows.test", "site", "unknown_mall"),
        ("https://nobody-knows.test/order/20261101", "nobody-knows.test", "site", "path_dropped"),
    ],
)  # fmt: skip
def test_what_was_understood_is_said(text: str, key: str, unit: str, code: str) -> None:
    query = parse_query(text)
    assert (query.host, query.unit) == (key, unit)
    assert query.notices[0].code == code


def test_a_link_to_goods_is_told_as_the_mall_and_its_number_is_kept_nowhere() -> None:
    query = parse_query("https://pay.ldxp.cn/item/9f8e7d?order=20261101")
    assert "9f8e7d" not in str(query)
    assert "20261101" not in str(query)
    assert query.mall == "pay.ldxp.cn"


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=30))
def test_whatever_follows_a_mall_the_file_of_a_page_lies_in_its_folder(name: str) -> None:
    stem = file_stem(host_key(f"https://pay.x.test/shop/{name}"))
    assert "/" not in stem
    assert "\\" not in stem
    assert ".." not in stem


def test_two_merchants_never_share_a_file() -> None:
    stems = {file_stem(f"pay.x.test/shop/{name}") for name in ("A1", "a1", "A-1", "A_1")}
    assert len(stems) == 4
    assert file_stem("pay.x.test") == "pay.x.test"


def test_a_mall_is_refused_where_its_host_is_and_nowhere_else() -> None:
    assert refusal("pay.x.test/shop/A1") is None
    assert refusal("pay.x.test") is None


def test_a_text_that_names_a_merchant_is_not_about_its_mall() -> None:
    assert hosts_in("在 pay.x.test/shop/A1 买的，pay.x.test 客服不理") == ["pay.x.test/shop/A1"]
    assert hosts_in("pay.x.test 平台不管") == ["pay.x.test"]
    assert hosts_in("链接 https://pay.x.test/item/778 付款了") == ["pay.x.test"]


@pytest.fixture
def ingest(engine) -> Ingest:
    made = Ingest(engine, NOW)
    import_records(
        made,
        [
            {"kind": "platform", "host": "https://pay.x.test/shop/A1?x=1", "name": "甲铺"},
            {"kind": "platform", "host": "pay.x.test/shop/B2", "name": "乙铺"},
            {"kind": "platform", "host": "pay.x.test", "name": "大集商城"},
        ],
    )
    return made


def mall_complaint(number: str, **whom) -> dict:
    return {"kind": "complaint", "source": "heimao", "source_id": number, "filed_at": "2026-11-10T10:00:00+08:00",
            "title": "付款不到账", "text": "付款三天没有发货", **whom}  # fmt: skip


def _subjects(engine, model) -> dict[str, str | None]:
    from sqlalchemy import select

    with engine.connect() as connection:
        hosts = dict(connection.execute(select(Platform.id, Platform.host)).all())
        column = Complaint.source_key if model is Complaint else model.subject
        return {k: hosts.get(p) for k, p in connection.execute(select(column, model.platform_id))}


def test_a_merchant_brings_its_mall_and_two_of_them_stay_apart(engine, ingest: Ingest) -> None:
    from sqlalchemy import select

    with engine.connect() as connection:
        hosts = connection.scalars(select(Platform.host).order_by(Platform.host)).all()
    assert hosts == ["pay.x.test", "pay.x.test/shop/A1", "pay.x.test/shop/B2"]


def test_complaints_go_to_the_merchant_the_mall_or_a_person(engine, ingest: Ingest) -> None:
    saved = import_records(
        ingest,
        [
            mall_complaint("1", host="http://pay.x.test/shop/A1/?a=1"),
            mall_complaint("2", host="pay.x.test/item/55"),
            mall_complaint("3", mentions=["pay.x.test", "https://pay.x.test/shop/B2"]),
            mall_complaint("4", host="pay.x.test/shop/NOBODY"),
            mall_complaint("5", platform="大集商城", mentions=["pay.x.test/shop/A1"]),
            mall_complaint("6", platform="大集商城"),
        ],
    )
    assert saved.unmatched == 1
    assert _subjects(engine, Complaint) == {
        "1": "pay.x.test/shop/A1",
        "2": "pay.x.test",
        "3": "pay.x.test/shop/B2",
        "4": None,
        "5": "pay.x.test/shop/A1",
        "6": "pay.x.test",
    }
    from sqlalchemy import select

    with engine.connect() as connection:
        assert connection.scalars(select(Review.subject)).all() == ["pay.x.test/shop/NOBODY"]


def test_a_filing_handed_in_for_a_merchant_is_the_malls(engine, ingest: Ingest) -> None:
    filing = {"kind": "filing", "source": "icp", "provider": "miit", "host": "pay.x.test/shop/A1",
              "observed_at": "2026-11-10T10:00:00+08:00", "found": False, "domain": "x.test"}  # fmt: skip
    import_records(ingest, [filing])
    assert _subjects(engine, Filing) == {"pay.x.test": "pay.x.test"}


def test_an_operators_own_malls_are_read_and_a_wrong_file_is_named(tmp_path: Path, monkeypatch) -> None:
    own = tmp_path / "malls.toml"
    own.write_text(
        '[ours]\nzh="甲"\nen="a"\nmerchant=["s"]\nname="[a-z]{3}"\ncase="kept"\nhosts=["own-mall.example"]\n',
        "utf-8",
    )
    monkeypatch.setenv("KAMENGWATCH_MALLS", str(own))
    malls._malls.cache_clear()
    try:
        assert host_key("https://own-mall.example/s/abc") == "own-mall.example/s/abc"
        assert host_key("https://own-mall.example/s/abcd") == "own-mall.example"
        assert host_key("https://pay.ldxp.cn/shop/abc") == "pay.ldxp.cn/shop/abc"
    finally:
        malls._malls.cache_clear()
    own.write_text('[ours]\nhosts=["own-mall.example"]\n', "utf-8")
    with pytest.raises(MallsError, match=r"malls\.toml: \[ours\]"):
        list(read_malls(own))


def test_every_host_of_the_shipped_list_is_a_host_once() -> None:
    found = list(read_malls(malls._LIST))
    assert len({mall.host for mall in found}) == len(found)
    assert all(is_key(mall.host) and refusal(mall.host) is None for mall in found)


def _said(capsys, *words: object) -> str:
    said = command(capsys, *words)
    return said.out + said.err


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KAMENGWATCH_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


def test_watch_add_takes_a_merchant_with_its_mall_and_asks_about_an_unknown_one(folder: Path, capsys) -> None:
    said = _said(capsys, "watch", "add", "https://pay.x.test/shop/A1?invite=77")
    assert "pay.x.test/shop/A1" in said
    assert "商城一并观察：pay.x.test" in said
    said = _said(capsys, "watch", "add", "https://nobody-knows.test/shop/QZ9988")
    assert "/shop/…" in said
    assert "QZ9988" not in said
    assert json.loads(_said(capsys, "watch", "list", "--json")) == [
        {"host": "pay.x.test", "name": None, "aliases": []},
        {"host": "pay.x.test/shop/A1", "name": None, "aliases": []},
    ]
    waiting = json.loads(_said(capsys, "review", "--json"))
    assert [(w["subject"], w["detail"]["like"]) for w in waiting] == [("nobody-knows.test", "shop")]
    kept = b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())
    assert b"nobody-knows.test" in kept
    assert b"QZ9988" not in kept
    assert b"invite" not in kept


def test_a_list_of_merchants_watches_each(folder: Path, tmp_path: Path, capsys) -> None:
    (tmp_path / "list.txt").write_text(
        "https://pay.ldxp.cn/shop/AAAA1111\nhttps://pay.ldxp.cn/shop/BBBB2222\nhttps://nobody-knows.test/links/QZ9988\n",
        "utf-8",
    )
    _said(capsys, "watch", "import", tmp_path / "list.txt", "--accept")
    watched = [row["host"] for row in json.loads(_said(capsys, "watch", "list", "--json"))]
    assert watched == ["pay.ldxp.cn", "pay.ldxp.cn/shop/AAAA1111", "pay.ldxp.cn/shop/BBBB2222"]


def test_a_sheet_names_merchants_and_what_is_exported_names_them_again(
    folder: Path, tmp_path: Path, capsys
) -> None:
    _said(capsys, "watch", "add", "pay.x.test/shop/A1", "pay.x.test/shop/B2")
    (tmp_path / "c.csv").write_text(
        "kind,source,source_id,host,filed_at,title,text\n"
        "complaint,heimao,1,https://www.pay.x.test/shop/A1?order=9,2026-11-10T10:00:00+08:00,付款未到账,付款三天没有发货\n"
        "complaint,heimao,2,pay.x.test/shop/B2,2026-11-10T10:00:00+08:00,付款未到账,付款两天没有发货啊\n"
        "complaint,heimao,3,pay.x.test/item/77,2026-11-10T10:00:00+08:00,付款未到账,付款一天没有发货呢\n", "utf-8",
    )  # fmt: skip
    _said(capsys, "import", tmp_path / "c.csv")
    _said(capsys, "export", "--evidence", "-o", tmp_path / "out.jsonl")
    told = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text("utf-8").splitlines()]
    assert {r["source_id"]: r["host"] for r in told if r["kind"] == "complaint"} == {
        "1": "pay.x.test/shop/A1",
        "2": "pay.x.test/shop/B2",
        "3": "pay.x.test",
    }
    assert {r["host"] for r in told if r["kind"] == "platform"} == {
        "pay.x.test",
        "pay.x.test/shop/A1",
        "pay.x.test/shop/B2",
    }


# Hosts that can be no site of their own are refused with the reason wherever a site could be taken: add, lists, suggestions, imports, review.


Capsys = pytest.CaptureFixture[str]
INNER = [
    "http://127。0。0。1/", "127.0.0.1", "127.1", "127.0.1:8080", "http://2130706433/", "2130706433", "0x7f000001", "0x7f.1", "0x7F.0x0.0x0.0x1", "0177.0.0.1",
    "http://017700000001/x", "１２７．０．０．１", "http://①②⑦.0.0.1/", "127[.]0[.]0[.]1", "http://127%2e0%2e0%2e1/", "http://a.example@127.0.0.1/",
    "0.0.0.0", "10.1.2.3", "172.16.0.9:8080", "172.31.255.255", "192.168.1.1", "169.254.169.254", "100.64.1.1", "198.18.0.1", "224.0.0.1", "255.255.255.255",
    "[::1]", "::1", "http://[::1]:80/", "[::ffff:127.0.0.1]", "::ffff:7f00:1", "[::ffff:10.0.0.1]:8080", "fc00::1", "[fd12::1]:8080", "fe80::1", "http://[fe80::1%25eth0]/", "[::]",
    "64:ff9b::7f00:1", "2002:7f00:1::", "ff02::1",
    "localhost", "LOCALHOST.", "http://localhost:8501/x", "shop.localhost", "printer.local", "a.internal", "host.docker.internal", "nas.lan", "router.home.arpa",
    "http://intranet/", "localtest.me", "a.localtest.me", "127.0.0.1.nip.io", "shop.10-0-0-1.sslip.io",
]  # fmt: skip
SUFFIXES = ["com.cn", "www.com.cn.", "github.io", "co.uk", "pages.dev", "vercel.app"]
SHARED = [
    "t.me/kami", "https://www.t.me/x", "github.com/a/b", "taobao.com", "shop123.taobao.com", "m.tb.cn/h.abc", "qq.com", "docs.qq.com/sheet/x", "qm.qq.com", "weidian.com/?userid=1",
    "pan.baidu.com/s/1x", "tieba.baidu.com", "weibo.com/u/1", "m.weibo.cn", "www.lofter.com", "h5.youzan.com/v2/goods/x", "v.douyin.com/x", "ＧｉｔＨｕｂ．ｃｏｍ", "GITHUB。COM", "discord.gg/x",
    "beian.miit.gov.cn", "tousu.sina.com.cn",
]  # fmt: skip
TAKEN = [
    "shop.example", "例子.中国", "jia.github.io", "jia.lofter.com", "shop1.youzan.com", "8.8.8.8:8080", "[2606:4700::1111]:8080", "2606:4700::1111", "notqq.com", "t.me.example",
    "localhost.example", "internal.example", "com.cn.example", "my127.0.example",
]  # fmt: skip


def code_of(text: str) -> str | None:
    host = parse_query(text).host
    reason = (refusal(host) if host else None) or refusal_of_text(text)
    return reason.code if reason else None


def test_every_spelling_of_an_inner_address_a_suffix_and_a_shared_host_is_known_and_nothing_else() -> None:
    wrong = [(t, code_of(t)) for t in INNER if code_of(t) != "inner"]
    wrong += [(t, code_of(t)) for t in SUFFIXES if code_of(t) != "suffix"]
    wrong += [(t, code_of(t)) for t in SHARED if code_of(t) != "shared"]
    wrong += [(t, code_of(t)) for t in TAKEN if code_of(t) is not None or not is_key(host_key(t))]
    assert wrong == []


@given(st.one_of(st.ip_addresses(network=n) for n in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "169.254.0.0/16",
                                                       "100.64.0.0/10", "fc00::/7", "fe80::/10", "::ffff:10.0.0.0/104")))  # fmt: skip
def test_no_spelling_of_a_private_address_is_taken(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    spelled = [
        str(ip),
        f"http://[{ip}]/" if ip.version == 6 else f"http://{ip}/",
        f"[{ip}]:81" if ip.version == 6 else f"{ip}:81",
    ]
    if ip.version == 4:
        a, b, c, d = ip.packed
        spelled += [
            f"http://{int(ip)}/",
            hex(int(ip)),
            f"0{a:o}.0{b:o}.0{c:o}.0{d:o}",
            f"{a}.{int(ip) & 0xFFFFFF}",
            f"{a}。{b}。{c}。{d}",
        ]
    assert {code_of(text) for text in spelled} == {"inner"}


def test_watch_add_takes_each_or_says_why_not(data_dir: Path, capsys: Capsys) -> None:
    said = command(
        capsys, "watch", "add", "a.example", "http://127。0。0。1/", "t.me/x", "com.cn", "没有网址", "b.example, c.example", "a.example", expect=2
    ).err  # fmt: skip
    watched = [row["host"] for row in json.loads(command(capsys, "watch", "list", "--json").out)]
    assert watched == ["a.example", "b.example", "c.example"]
    lines = said.splitlines()
    for refused, reason in (
        ("127.0.0.1", "内部网络"),
        ("t.me", "共用"),
        ("com.cn", "公共后缀"),
        ("没有网址", "里面没有网址"),
    ):
        assert any(refused in line and reason in line for line in lines), refused
    assert "已在观察：a.example" in said and "4" in lines[-1]
    said = command(capsys, "watch", "add", "--lang", "en", "github.com", expect=2).err
    assert said.count("\n") == 1 and "many share github.com" in said


def test_watch_remove_goes_on_after_one_that_is_not_watched(data_dir: Path, capsys: Capsys) -> None:
    command(capsys, "watch", "add", "a.example", "b.example")
    said = command(capsys, "watch", "remove", "a.example", "x.example", "b.example", expect=2).err
    assert "x.example" in said and json.loads(command(capsys, "watch", "list", "--json").out) == []


def test_lists_and_imports_refuse_such_hosts_by_line_and_keep_the_rest(
    data_dir: Path, tmp_path: Path, capsys: Capsys
) -> None:
    file = tmp_path / "名单.txt"
    file.write_text("a.example\nhttps://t.me/kami\nhttp://2130706433/\ngithub.io\n", "utf-8")
    report = json.loads(command(capsys, "watch", "import", file, "--accept", "--json", expect=2).out)[0]
    assert (report["watched"], [row["line"] for row in report["refused"]]) == (1, [2, 3, 4])
    lines = [
        platform(host="t.me", name="某群"), platform(host="good.example", name="好", aliases=["https://t.me/good"]), platform(host="127.1", name="x"),
        {**complaint(1, "x"), "host": "docs.qq.com"}, platform(host="不是网址", name="y"), platform(host="c.example", name="丙卡盟", aliases=["c2.example"]),
        {"kind": "crawl", "source": "heimao", "started_at": "2026-03-01T00:00:00Z", "finished_at": "2026-03-01T01:00:00Z", "outcome": "ok", "hosts": ["10.0.0.1"]},
    ]  # fmt: skip
    evidence = tmp_path / "e.jsonl"
    evidence.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    report = json.loads(command(capsys, "import", evidence, "--json", expect=2).out)[0]
    assert [row["line"] for row in report["refused"]] == [1, 2, 3, 4, 5, 7]
    assert {row["host"] for row in json.loads(command(capsys, "watch", "list", "--json").out)} == {
        "a.example",
        "c.example",
    }


def test_nobody_is_asked_about_such_hosts_and_accepting_one_is_refused(
    data_dir: Path, tmp_path: Path, capsys: Capsys
) -> None:
    page = {"kind": "page", "source": "storefront", "host": "a.example", "observed_at": "2026-03-05T03:00:00Z", "role": "notice",
            "text": "客服群", "signs": {"other_hosts": ["t.me", "jia-new.example"], "moved_to": "https://weidian.com/x"}}  # fmt: skip
    said = complaint(
        1,
        "在卡盟买卡密，群是 t.me/x ，文档在 docs.qq.com ，后台 192.168.1.1 ，网址 yi.example 不发货",
        host=None,
        platform="某家卡盟",
    )
    file = tmp_path / "e.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in (platform(), said, page)), "utf-8")
    command(capsys, "import", file)
    told = command(capsys, "watch", "suggest").err
    assert "略过" in told and "问过" not in told, "nothing was asked before"
    asked = {row["subject"] for row in json.loads(command(capsys, "review", "--json").out)}
    assert asked == {"jia-new.example", "yi.example", "某家卡盟"}
    number = next(
        row["id"]
        for row in json.loads(command(capsys, "review", "--json").out)
        if row["subject"] == "某家卡盟"
    )
    assert "共用" in command(capsys, "review", "accept", number, "--host", "t.me", expect=2).err
    command(capsys, "review", "reject", "--source", "heimao", "--kind", "candidate")
    again = command(capsys, "watch", "suggest").err
    assert "曾问过 1" in again and "已在队列 1" in again


def test_a_host_that_is_none_and_an_ipv6_one_end_no_other_visit() -> None:
    from crawler.home_addresses import home_addresses
    from crawler.spiders.storefront import StorefrontSpider
    from store.evidence.crawl_ledger import Target

    given = [
        Target(n, host, None, (), None) for n, host in enumerate((" bad", "2606:4700::1111", "a.example", ""))
    ]
    spider = StorefrontSpider(targets=given)
    assert [target.host for target in spider.targets] == ["2606:4700::1111", "a.example"]
    assert spider.no_hosts == [" bad", ""]
    assert home_addresses("2606:4700::1111", ["http"]) == ["http://[2606:4700::1111]/"]
    assert home_addresses("[2606:4700::1111]:8080", ["http"]) == ["http://[2606:4700::1111]:8080/"]
    assert home_addresses("1.2.3.4:80", ["http"]) == ["http://1.2.3.4:80/"]


_ODD = [
    chr(n)
    for n in (*range(33), 127, 0x85, 0xA0, 0xAD, 0x200B, 0x202E, 0x2028, 0x3002, 0xFEFF, 0xD800, 0x1F3F3)
]


@pytest.mark.parametrize(
    "around", ["{}", "127.0.0.1{}", "1{}2", "a{}b.example", "[::1{}]", "a.example:8{}0", "{}.", "0x7f{}"]
)
def test_a_host_with_any_odd_sign_in_it_is_refused_by_its_line_or_taken_and_never_an_error(
    around: str,
) -> None:
    for sign in _ODD:
        for host in (around.format(sign), around.format(sign * 70)):
            line = json.dumps({"kind": "platform", "host": host})
            try:
                check_subject(parse_line(line))
            except RecordError as error:
                assert str(error).strip()
            else:
                assert is_key(host_key(host)), repr(host)


def test_a_line_with_a_zero_byte_keeps_the_lines_around_it(
    tmp_path: Path, data_dir: Path, capsys: Capsys
) -> None:
    hosts = ("a.example", "127.0\0.1", "a%00.example", "b.example")
    (tmp_path / "h.jsonl").write_text(
        "".join(json.dumps({"kind": "platform", "host": h}) + "\n" for h in hosts)
    )
    said = command(capsys, "import", tmp_path / "h.jsonl", "--data-dir", data_dir, expect=2)
    assert "Traceback" not in said.err
    shown = command(capsys, "watch", "list", "--json", "--data-dir", data_dir).out
    assert "a.example" in shown and "b.example" in shown
