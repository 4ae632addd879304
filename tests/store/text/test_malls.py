"""Merchants of malls: one key for whatever is typed, nothing kept of any other path, and whose a complaint is."""

from __future__ import annotations

import datetime as dt
import json
import string
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.pages.mentions import hosts_in
from store.db.tables import Complaint, Filing, Platform, Review
from store.evidence.ingest import Ingest, import_records
from store.text import malls
from store.text.hosts import is_key, registrable
from store.text.malls import MallsError, read_malls
from store.text.query import file_stem, host_key, parse_query
from store.text.refused_hosts import refusal
from store.text.site_keys import SiteKey
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


def complaint(number: str, **whom) -> dict:
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
            complaint("1", host="http://pay.x.test/shop/A1/?a=1"),
            complaint("2", host="pay.x.test/item/55"),
            complaint("3", mentions=["pay.x.test", "https://pay.x.test/shop/B2"]),
            complaint("4", host="pay.x.test/shop/NOBODY"),
            complaint("5", platform="大集商城", mentions=["pay.x.test/shop/A1"]),
            complaint("6", platform="大集商城"),
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
