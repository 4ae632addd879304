"""Markets made by hypothesis in the open evidence format: small, of half a year, and full of what is rare in a real one.

Complaints settled without a date, seen weeks late, dated after the day that is rated; copies; evidence withdrawn before, on and
after that day; counters that shrink or hide; orders delivered a second too late; pages, filings and penalties that change.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

START = dt.datetime(2026, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=8)))
HOSTS = ("a.example", "b.example", "c.test")
RATED = 130
"""The day that is rated; some of what is told happened after it."""
LAST = 138
_TEXTS = (
    "付款成功但一直没到账，订单卡在处理中",
    "付款之后卡密一直没有收到",
    "订单记录查不到了，钱也没退",
    "申请退款拖着一直不退",
    "坚决不给退款，说售出不退",
    "余额提现一直失败，审核不通过",
    "账号被封，余额冻结了",
    "客服一直不回消息，联系不上",
    "网站打不开了",
    "加微信领取优惠券，全网最低价代理加盟",
    "会员到期了怎么续费",
)
_GOODS = ("腾讯视频月卡", "优酷周卡", "爱奇艺年卡", "芒果季卡")
_NUMBERS = ("粤ICP备18046372号-1", "京ICP备12345678号-1", "粤ICP备18046372号")
_COMPANIES = ("甲科技有限公司", "乙网络有限公司")
_TERMS = (
    "付款后概不退款。",
    "未到账七日内退款，掉单必赔。",
    "余额不可提现，提现手续费5%，最终解释权归本站。",
    "3天内退款，秒到账，自动发货。条款更新于今日。",
    "余额随时可提现，掉单包赔一倍。",
    "最新地址见公告，本站更换域名。",
    "最终解释权归本站，任何原因一律不退，余额到期清零。",
    "",
)


@dataclass(frozen=True)
class MadeMarket:
    """`records` in the open format; `withdrawn`: (kind, which of that kind's rows, day) of evidence taken back."""

    records: list[dict[str, Any]]
    withdrawn: list[tuple[str, int, int]]


def moment(day: int, minute: int) -> str:
    """A moment of the market's calendar."""
    return (START + dt.timedelta(days=day, minutes=minute)).isoformat()


_day = st.integers(0, LAST)
_minute = st.sampled_from(
    [0, 1, 540, 720, 1439]
)  # midnight and a minute on either side of it, and in between
_late = st.sampled_from([0, 0, 0, 1, 6, 7, 8, 20, 45])
"""Days until something is seen, answered or settled."""
_maybe = st.booleans()
_count = st.integers(0, 60)
_host = st.sampled_from(HOSTS)
_source = st.sampled_from(["heimao", "heimao", "xiaofeibao"])


def _observed(kind: str, source: str, **more: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Records of a kind that is observed at a moment, some seen later."""

    def made(day: int, minute: int, late: int, host: str, drawn: dict[str, Any]) -> dict[str, Any]:
        record = {"kind": kind, "source": source, "host": host, "observed_at": moment(day, minute), **drawn}
        return record | ({"seen_at": moment(day + late, minute)} if late else {})

    return st.builds(made, _day, _minute, _late, _host, st.fixed_dictionaries(more))


@st.composite
def _complaint(draw: Any) -> dict[str, Any]:
    day, minute = draw(_day), draw(_minute)
    n, text = draw(st.integers(0, 40)), draw(st.integers(0, len(_TEXTS) - 1))
    goods = _GOODS[n % len(_GOODS)]
    record: dict[str, Any] = {
        "kind": "complaint",
        "source": draw(_source),
        "host": draw(_host),
        "filed_at": moment(day, minute),
        "text": f"{_TEXTS[text]}，买的{goods}{'，' + '请尽快处理我的问题' * (n % 3)}",
        "status": draw(st.sampled_from(["open", "open", "replied", "completed", "closed"])),
    }
    record["source_id"] = f"{record['source']}-{draw(st.integers(0, 400))}"
    if late := draw(_late):
        record["seen_at"] = moment(day + late, minute)
    if record["status"] != "open" and draw(_maybe):
        record["replied_at"] = moment(day + draw(_late), draw(_minute))
    if record["status"] == "completed" and draw(_maybe):
        record["completed_at"] = moment(day + draw(_late), draw(_minute))
    if draw(st.integers(0, 4)) == 0:
        record["observed_at"] = moment(day + draw(_late), draw(_minute))
    if draw(_maybe):
        record["complainant_key"] = f"{n % 7 + 1}" * 32
    return record


@st.composite
def _order(draw: Any) -> dict[str, Any]:
    day, minute = draw(_day), draw(_minute)
    record = {
        "kind": "order",
        "source": "feed",
        "host": draw(_host),
        "order_ref": f"n{draw(st.integers(0, 200))}",
        "paid_at": moment(day, minute),
        "state": draw(st.sampled_from(["delivered", "processing", "missing", "refunded"])),
        "promised_hours": draw(st.sampled_from([None, None, 0.5, 24, 72])),
        "drop_kind": draw(st.sampled_from([None, None, "stuck", "record_lost"])),
    }
    if draw(_maybe):
        record["delivered_at"] = moment(day, minute + draw(st.sampled_from([5, 30, 31, 1440, 1441, 9000])))
    return record | ({"seen_at": moment(day + late, minute)} if (late := draw(_late)) else {})


@st.composite
def _crawl(draw: Any) -> dict[str, Any]:
    day, minute = draw(_day), draw(_minute)
    record = {
        "kind": "crawl",
        "source": draw(st.sampled_from(["heimao", "storefront", "availability", "icp", "gsxt", "feed"])),
        "started_at": moment(day, minute),
        "finished_at": moment(day, minute + 5),
        "outcome": draw(st.sampled_from(["ok", "ok", "ok", "failed", "blocked"])),
    }
    return record if draw(_maybe) else record | {"hosts": [draw(_host)]}


@st.composite
def _penalty(draw: Any) -> dict[str, Any]:
    day = draw(st.integers(-400, LAST))
    record = {
        "kind": "penalty",
        "source": "gsxt",
        "host": draw(_host),
        "decided_on": moment(day, 0)[:10],
        "category": draw(st.sampled_from(["经营异常", "罚款", "列入公开名单"])),
        "reason": draw(st.sampled_from(["失联", "弄虚作假"])),
        "seen_at": moment(max(day, 0) + draw(_late), draw(_minute)),
    }
    return record | ({"ended_on": moment(day + draw(_late) * 5, 0)[:10]} if draw(_maybe) else {})


_SIGNS = st.fixed_dictionaries(
    {"features": st.lists(st.sampled_from(["order_query", "auto_retry", "timeout_refund", "drop_priority"]), unique=True),
     "delivery": st.fixed_dictionaries({"automatic": st.integers(0, 9), "manual": st.integers(0, 9)}),
     "fabricated_activity": _maybe,
     "payments": st.lists(st.fixed_dictionaries({"class": st.sampled_from(["licensed", "epay", "usdt", "balance"])}), max_size=3)},
)  # fmt: skip
_RECORDS = st.one_of(
    *[_complaint()] * 6,
    *[_order()] * 2,
    _crawl(),
    _penalty(),
    _observed("probe", "availability", outcome=st.sampled_from(["ok", "slow", "down", "down", "refused"]),
              **{"class": st.sampled_from([None, "up", "tls_error", "timeout"])}),
    _observed("orders", "storefront", total=st.one_of(st.none(), st.integers(0, 4000)), processed=st.integers(0, 3000), hidden=_maybe),
    _observed("price", "storefront", product=st.sampled_from(_GOODS), price=st.sampled_from([5.0, 9.9, 12.5, 20.0]),
              sold=st.one_of(st.none(), st.integers(0, 900))),
    _observed("page", "storefront", role=st.sampled_from(["home", "notice", "terms", "contact"]), text=st.sampled_from(_TERMS),
              footer_icp=st.sampled_from([None, *_NUMBERS]), company=st.sampled_from([None, *_COMPANIES]),
              signs=st.one_of(st.none(), _SIGNS)),
    _observed("filing", "icp", found=_maybe, number=st.sampled_from(_NUMBERS), entity=st.sampled_from(_COMPANIES),
              nature=st.sampled_from(["企业", "个人"]), domain=st.one_of(st.none(), _host)),
    _observed("registration", "registration", registered_on=st.sampled_from(["2019-02-20", "2025-12-01", None]), expires_on=st.just("2027-02-20")),
    _observed("counters", "heimao", valid_total=_count, replied_total=_count, completed_total=_count, valid_30d=_count,
              replied_30d=_count, completed_30d=_count),
    _observed("move", "storefront", to_host=st.sampled_from(["new.example", *HOSTS]), via=st.sampled_from(["redirect", "notice"])),
)  # fmt: skip


@st.composite
def _reposted(draw: Any) -> list[dict[str, Any]]:
    """One person complains of the same again and again, of one kind or of several."""
    day, host = draw(st.integers(20, 110)), draw(_host)
    texts = draw(st.lists(st.sampled_from(_TEXTS[:9]), min_size=3, max_size=5))
    told = {
        "kind": "complaint",
        "source": "heimao",
        "host": host,
        "status": "open",
        "complainant_key": "ab" * 16,
    }
    return [
        told | {"text": f"{text}，这一次是第{n}回", "source_id": f"again-{n}", "filed_at": moment(day + 4 * n, 540)}
        for n, text in enumerate(texts)
    ]  # fmt: skip


@st.composite
def _ending(draw: Any) -> list[dict[str, Any]]:
    """A site that cannot be reached from a day on, warned about before or not; the others can be."""
    host, since = draw(_host), draw(st.integers(95, 118))
    probes = [
        {"kind": "probe", "source": "availability", "host": one, "observed_at": moment(day, 300),
         "outcome": "down" if one == host and day >= since else draw(st.sampled_from(["ok", "ok", "slow"]))}
        for day in range(since - 4, RATED + 1)
        for one in HOSTS
    ]  # fmt: skip
    told = [
        {"kind": "complaint", "source": "heimao", "host": host, "status": "open", "source_id": f"end-{n}",
         "filed_at": moment(since - 1 - n // 3, 600 + n), "text": f"{_TEXTS[3 + n % 4]}，单子的编码是{'甲乙丙丁戊己庚辛壬癸'[n % 10] * 4}{'子丑寅卯'[n // 10 % 4] * 3}"}
        for n in range(draw(st.sampled_from([0, 12, 30])))
    ]  # fmt: skip
    looks = [
        {"kind": "crawl", "source": "heimao", "started_at": moment(day, 60), "finished_at": moment(day, 70), "outcome": "ok"}
        for day in range(40, since + 1, 2)
    ]  # fmt: skip
    return [*probes, *told, *looks]


@st.composite
def _priced(draw: Any) -> list[dict[str, Any]]:
    """All sites sell the same goods under titles of their own, and one of them stops showing a price."""
    ends = draw(st.sampled_from([110, 122, 124, RATED]))
    return [
        {"kind": "price", "source": "storefront", "host": host, "observed_at": moment(day, 480), "price": draw(st.sampled_from([6.0, 9.9, 11.0, 15.5])),
         "product": draw(st.sampled_from([title, f"【秒发】{title}", f"{title} 自动发货"])), "sold": None}
        for title in _GOODS[:2]
        for day in range(60, RATED, 9)
        for host in HOSTS
        if host != HOSTS[0] or day <= ends
    ]  # fmt: skip


@st.composite
def _counted(draw: Any) -> list[dict[str, Any]]:
    """A counter that grows from week to week while orders pile up."""
    host, total, rows = draw(_host), 4000, []
    for day in range(60, RATED, 7):
        total += draw(st.integers(1, 400))
        processed = max(total - draw(st.sampled_from([0, 3, 80, 900])), 0)
        rows.append(
            {"kind": "orders", "source": "storefront", "host": host, "observed_at": moment(day, 500), "total": total, "processed": processed, "hidden": False}
        )  # fmt: skip
    return rows


@st.composite
def _numbered(draw: Any) -> list[dict[str, Any]]:
    """One filing number in every footer, and addresses abroad."""
    number, hosts = draw(st.sampled_from(_NUMBERS)), HOSTS
    pages = [
        {"kind": "page", "source": "storefront", "host": host, "observed_at": moment(124, 100 + at), "role": "home", "text": "欢迎光临", "footer_icp": number}
        for at, host in enumerate(hosts)
    ]  # fmt: skip
    found = [
        {"kind": "filing", "source": "icp", "host": hosts[0], "observed_at": moment(126, 9), "found": True, "number": _NUMBERS[0], "entity": _COMPANIES[0],
         "nature": "企业", "domain": draw(st.sampled_from([None, "elsewhere.example"]))}
    ]  # fmt: skip
    abroad = [
        {"kind": "resolution", "source": "registration", "host": hosts[0], "observed_at": moment(120 + n, 9), "found": True, "ipv4": 1, "name_servers": [],
         "places": draw(st.sampled_from([["US"], ["SG", "US"], [], ["CN"]]))}
        for n in range(draw(st.integers(0, 4)))
    ]  # fmt: skip
    return [*pages, *found, *abroad]


@st.composite
def _edited(draw: Any) -> list[dict[str, Any]]:
    """Terms that change under the hand, with a notice or without."""
    roles = st.sampled_from(["terms", "terms", "terms", "notice"])
    return [
        {"kind": "page", "source": "storefront", "host": HOSTS[1], "observed_at": moment(day, 200), "role": draw(roles), "text": draw(st.sampled_from(_TERMS))}
        for day in range(70, RATED, 8)
    ]  # fmt: skip


_STORIES = (_reposted, _ending, _priced, _counted, _numbered, _edited)


@st.composite
def made_markets(draw: Any) -> MadeMarket:
    """A market of three sites, two of them of one operator."""
    sites: list[dict[str, Any]] = [
        {"kind": "platform", "host": host, "name": f"{host[0]}卡盟"} for host in HOSTS
    ]
    sites[0]["operator"] = sites[1]["operator"] = _COMPANIES[0]
    sites[0]["opened_on"] = draw(st.sampled_from([None, "2026-04-20", "2023-01-01"]))
    records = draw(st.lists(_RECORDS, min_size=20, max_size=90))
    if draw(_maybe):  # a daily look, without which most sites are neither rated nor said much about
        records += [
            {"kind": "crawl", "source": source, "started_at": moment(day, 60), "finished_at": moment(day, 70), "outcome": "ok"}
            for source in ("heimao", "storefront", "availability")
            for day in range(60, RATED + 1)
        ]  # fmt: skip
    kinds = st.sampled_from(
        ["complaint", "complaint", "page", "filing", "probe", "orders", "order_record", "penalty"]
    )
    withdrawn = draw(st.lists(st.tuples(kinds, st.integers(0, 50), st.integers(60, LAST)), max_size=6))
    for story in draw(st.lists(st.sampled_from(_STORIES), unique=True, max_size=3)):
        records += draw(story())
    return MadeMarket([*sites, *records], withdrawn)
