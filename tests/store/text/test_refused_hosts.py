"""Hosts that can be no site of their own are refused with the reason wherever a site could be taken: add, lists, suggestions, imports, review."""

from __future__ import annotations

import ipaddress
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.evidence.new_subjects import check_subject
from store.evidence.records import RecordError, parse_line
from store.text.hosts import is_key
from store.text.query import host_key, parse_query
from store.text.refused_hosts import refusal, refusal_of_text
from tests.support.markets.records import complaint, platform
from tests.support.programs.in_process_cli import command

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
