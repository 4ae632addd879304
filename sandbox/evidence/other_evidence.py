"""The second kind of market in the open evidence format: fewer visits, another complaint rhythm, other words than the first."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from sandbox.evidence.other_market import MIX, SHAPES, OtherMarket, OtherParameters, Shop

Record = dict[str, Any]
_LEADS = (
    "上周末在{name}拍了{goods}", "我给{name}付了{yuan}块买{goods}", "第二次光顾{name}，要的是{goods}", "同事推荐{name}，我下了一单{goods}",
    "{when}从{name}那里订{goods}", "为了{goods}找到{name}", "在{name}花掉{yuan}元，商品是{goods}", "{name}的{goods}，{when}付的钱",
)  # fmt: skip
_SAYS = {
    "drop": (
        "支付已经成功，会员没有到账", "过了{n}天仍旧没收到东西", "订单状态停在处理中", "后台查不到我这笔订单，钱却扣了", "一直没有发货",
        "卡密迟迟不发", "付款之后毫无动静，充值没到账", "页面写已完成，其实没到账", "显示待支付，可是银行已经扣款",
    ),
    "refund": (
        "申请退款{n}天，一直没退", "说好退款，到现在没有打回来", "拒绝退款，理由是虚拟物品", "退款卡在审核，拖了{n}天", "不给退款也不给说法",
    ),
    "money": (
        "账户余额没法提现", "提现申请了{n}天还没到账", "余额被冻结，取不出来", "提现按钮点不动，说在维护", "充进去的余额退不出来也提不出来",
    ),
    "contact": (
        "客服再也没有回复", "联系不上客服", "客服把我拉黑了", "网站已经打不开", "留言{n}天没人理，电话也不通",
    ),
    "other": (
        "卡密用的时候提示已被使用", "标的价和付款的价不一样", "会员等级无故降低", "到手的兑换码是过期的", "活动规则说得不清楚",
    ),
}  # fmt: skip
_WHYS = (
    "家里老人等着看", "催过{n}次", "聊天记录都在", "他们让我再等等", "金额不多但是闹心", "同样的事身边还有人遇到", "先前买过几回没出过问题",
    "给了三种说法", "最后干脆已读不回", "等得没脾气了",
)  # fmt: skip
_ENDS = (
    "请帮我把{yuan}元要回来",
    "希望尽快处理",
    "要一个交代",
    "该退就退",
    "望核实",
    "别再拖了",
    "请监管部门看看",
    "",
)
_WHEN = ("周一", "周三晚上", "月初", "前几天", "昨天中午", "国庆那会儿", "发工资那天", "半个月前")
_CALM_TERMS = "付款后自动出货，未到账请在二十四小时内联系客服。{name}感谢支持。"
_TIGHT_TERMS = "自本周起调整：提现手续费提高，最低提现三百元起提，提现审核需五个工作日。"


def write_evidence(market: OtherMarket, path: Path | str) -> int:
    """Write every record and return how many there are."""
    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    count = 0
    with Path(path).open("w", encoding="utf-8") as file:
        for part in (_shops, _crawls, _registers, _probes, _shelves, _counts, _feeds, _posts):
            for record in part(market):
                file.write(encode(record) + "\n")
                count += 1
    return count


def _at(market: OtherMarket, day: float) -> str:
    return market.parameters.moment(day).isoformat()


def _visits(market: OtherMarket, shop: Shop, every: int) -> list[int]:
    """Days on which the open shop was looked at."""
    days = range(shop.index % every, market.parameters.days, every)
    return [d for d in days if market.alive[shop.index, d]]


def _shops(market: OtherMarket) -> Iterator[Record]:
    for s in market.shops:
        opened = market.parameters.date_of(s.opened).isoformat()
        yield {
            "kind": "platform",
            "host": s.host,
            "name": s.name,
            "operator": s.operator,
            "opened_on": opened,
        }


def _crawls(market: OtherMarket) -> Iterator[Record]:
    rng, outages = np.random.default_rng([market.parameters.seed, 9003]), market.parameters.unknown.outages
    for source, every, hour in (
        ("heimao", 3, 2),
        ("tsgs12315", 3, 2),
        ("storefront", 2, 6),
        ("availability", 2, 1),
        ("icp", 30, 4),
    ):
        for day in range(0, market.parameters.days, every):
            begin = day + hour / 24
            yield {
                "kind": "crawl", "source": source, "started_at": _at(market, begin - 0.01), "finished_at": _at(market, begin),
                "outcome": "ok" if rng.random() > (0.03 if outages is None else outages) else "failed",
            }  # fmt: skip


def _registers(market: OtherMarket) -> Iterator[Record]:
    for s in market.shops:
        begun = market.parameters.date_of(s.opened - 20).isoformat()
        for day in range(s.index % 30, market.parameters.days, 30):
            record: Record = {
                "kind": "filing", "source": "icp", "provider": "miit", "host": s.host, "observed_at": _at(market, day + 4 / 24),
                "found": s.filed != "none",
            }  # fmt: skip
            if s.filed != "none":
                record |= {
                    "number": f"苏ICP备{2021000000 + s.index}号-1",
                    "nature": s.filed,
                    "domain": s.host,
                }
                record["entity"] = s.operator if s.filed == "企业" else None
            yield record
        yield {
            "kind": "registration", "source": "registration", "provider": "rdap", "host": s.host, "registrar": "示例注册商",
            "observed_at": _at(market, 0.3), "registered_on": begun, "expires_on": "2028-01-01",
        }  # fmt: skip


def _probes(market: OtherMarket) -> Iterator[Record]:
    rng = np.random.default_rng([market.parameters.seed, 9004])
    for s in market.shops:
        for day in range(s.index % 2, market.parameters.days, 2):
            up = bool(market.alive[s.index, day])
            trouble = rng.random() < 0.006 + 0.03 * market.stress[s.index, day]
            yield {
                "kind": "probe", "source": "availability", "host": s.host, "observed_at": _at(market, day + 1 / 24),
                "outcome": "ok" if up and not trouble else "down", "status": 200 if up and not trouble else None,
                "latency_ms": int(rng.gamma(3, 120)) if up else None,
            }  # fmt: skip


def _shelves(market: OtherMarket) -> Iterator[Record]:
    """Prices every second week, the terms page when it was looked at every fourth."""
    rng = np.random.default_rng([market.parameters.seed, 9005])
    for s in market.shops:
        for day in _visits(market, s, 14):
            strain = market.stress[s.index, day]
            cut = 1 - (0.3 * strain if s.cuts_prices else 0)
            for title, face, share in s.products:
                price = round(face * share * cut * float(rng.normal(1, 0.02)), 2)
                yield {
                    "kind": "price", "source": "storefront", "host": s.host, "observed_at": _at(market, day + 0.25), "product": title,
                    "price": max(price, 0.5), "face_value": face, "stock": int(rng.integers(0, 90)), "sold": None,
                }  # fmt: skip
            if day % 28 < 14:
                tight = s.tightens and strain > 0.4
                text = _CALM_TERMS.format(name=s.name) + (_TIGHT_TERMS if tight else "")
                yield {
                    "kind": "page", "source": "storefront", "host": s.host, "observed_at": _at(market, day + 0.25), "role": "terms",
                    "text": text, "footer_icp": f"苏ICP备{2021000000 + s.index}号-1" if s.filed != "none" else None, "company": s.operator,
                }  # fmt: skip


def _counts(market: OtherMarket) -> Iterator[Record]:
    """The shop's own order counter, every second day; a hidden one says only that it is hidden."""
    total = np.cumsum(market.orders, axis=1)
    for s in market.shops:
        if s.counter == "none":
            continue
        for day in _visits(market, s, 2 if s.counter == "shown" else 14):
            record: Record = {
                "kind": "orders",
                "source": "storefront",
                "host": s.host,
                "observed_at": _at(market, day + 0.99),
            }
            if s.counter == "hidden":
                yield record | {"total": None, "processed": None, "today": None, "hidden": True}
                continue
            claim = float(np.exp(market.claims[s.index]))
            n = 5000 + int(total[s.index, day] * claim)
            open_ = int(market.backlog[s.index, day] * claim)
            yield record | {
                "total": n,
                "processed": n - open_,
                "today": int(market.orders[s.index, day] * claim),
                "hidden": False,
            }


def _feeds(market: OtherMarket) -> Iterator[Record]:
    """Single orders of the shops that have a feed: at most three a day, dropped as often as all their orders are."""
    rng = np.random.default_rng([market.parameters.seed, 9006])
    for s in market.shops:
        for day in np.flatnonzero(market.alive[s.index]) if s.feed else ():
            paid, dropped = int(market.orders[s.index, day]), int(market.drops[s.index, day])
            for n in range(min(3, paid)):
                bad = rng.random() < dropped / paid
                record = {
                    "kind": "order", "source": "feed", "host": s.host, "order_ref": f"{s.index}-{day}-{n}", "paid_at": _at(market, day + 0.5),
                    "delivered_at": None if bad else _at(market, day + 0.51), "state": "processing" if bad else "delivered",
                    "seen_at": _at(market, day + 1.9),
                }  # fmt: skip
                yield record


def _posts(market: OtherMarket) -> Iterator[Record]:
    """Complaints of two sites: three quarters on one, the rest on the other, which shows no answers."""
    told, end = market.told, market.parameters.days
    for i in range(len(told.shop)):
        roll = random.Random(market.parameters.seed * 999_983 + i)
        shop = market.shops[int(told.shop[i])]
        first = roll.random() < 0.75
        title, text, yuan = _words(shop, MIX[int(told.about[i])], roll)
        if told.seen[i] >= end:
            continue
        answered, settled = float(told.answered[i]), float(told.settled[i])
        record: Record = {
            "kind": "complaint", "source": "heimao" if first else "tsgs12315", "source_id": f"o{market.parameters.seed}-{i}", "host": shop.host,
            "filed_at": _at(market, told.filed[i]), "seen_at": _at(market, told.seen[i]), "title": title, "text": text, "amount": yuan,
            "status": "open",
        }  # fmt: skip
        if first and answered < end:
            record |= {"status": "replied", "replied_at": _at(market, answered)}
            if settled < end:
                record |= {"status": "completed", "completed_at": _at(market, settled)}
        yield record


def _words(shop: Shop, about: str, roll: random.Random) -> tuple[str, str, float]:
    goods, face, share = roll.choice(shop.products)
    yuan = round(face * share * roll.choice((1, 1, 1, 2, 3)), 1)
    parts = [roll.choice(_LEADS), roll.choice(_SAYS[about])]
    if roll.random() < 0.35:
        parts.append(roll.choice(_SAYS[about]))
    parts += roll.sample(_WHYS, roll.randrange(3))
    parts.append(roll.choice(_ENDS))
    slots = {
        "name": shop.name,
        "goods": goods,
        "yuan": f"{yuan:g}",
        "n": roll.randrange(2, 25),
        "when": roll.choice(_WHEN),
    }
    text = roll.choice(("，", "。", " ")).join(part for part in parts if part).format(**slots)
    return f"{shop.name}{goods}：{parts[1].format(**slots)}"[:50], text, yuan


# Who is in the second kind of market (sandbox.evidence.other_market): shops with shared operators and suppliers, drawn once.

_FIRST = "云海星风明天金银青蓝赤紫东南西北远近飞速优品尚佳汇聚通达恒久瑞祥"
_SECOND = "鸟鱼虎豹鹿鹤松竹梅兰石泉溪川岭谷桥帆舟灯笔墨书画琴棋弦月晨夕"
_GOODS = (
    ("剧集会员一个月", 30.0), ("剧集会员一个季度", 78.0), ("音乐会员一个月", 15.0), ("网盘会员一个月", 30.0), ("手游代币六百枚", 60.0),
    ("手游代币三千枚", 298.0), ("话费五十元", 50.0), ("话费一百元", 100.0), ("端游点卡三十元", 30.0), ("端游点卡一百元", 100.0),
    ("漫画会员一个月", 12.0), ("听书会员一个月", 19.0), ("加速器月卡", 28.0), ("电竞平台周卡", 9.0),
)  # fmt: skip


def cast(parameters: OtherParameters) -> list[Shop]:
    """All shops in index order; failing ones are spread over the second half of the calendar."""
    rng = np.random.default_rng([parameters.seed, 9001])
    count = parameters.platforms
    failing = round(parameters.failing_share * count)
    silent = round(parameters.silent_share * failing)
    parts = ["silent"] * silent + ["failing"] * (failing - silent) + ["orderly"] * max(1, count // 50)
    parts += ["careless"] * max(2, count // 12)
    parts += ["steady"] * (count - len(parts))
    parts = [parts[i] for i in rng.permutation(count)]
    operators = _operators(count, rng)
    shops = [_shop(i, parts[i], operators[i], parameters, rng) for i in range(count)]
    if parameters.unknown.reporting is not None:
        _set_reporting(shops, parameters)
    _set_volumes(shops, parameters, rng)
    return shops


def _operators(count: int, rng: np.random.Generator) -> list[int]:
    """One to four shops share an operator."""
    out: list[int] = []
    while len(out) < count:
        out += [len(set(out))] * int(rng.choice([1, 2, 3, 4], p=[0.6, 0.25, 0.1, 0.05]))
    return out[:count]


def _shop(
    index: int, part: str, operator: int, parameters: OtherParameters, rng: np.random.Generator
) -> Shop:
    days = parameters.days
    end = stress = None
    if part in ("failing", "silent"):
        end = int(rng.integers(days // 3, days))
        stress = end - int(rng.triangular(30, 60, 121)) if part == "failing" else None
    elif part == "orderly":
        end = int(rng.integers(days // 2, days))
    word = _FIRST[index % len(_FIRST)] + _SECOND[index // len(_FIRST) % len(_SECOND)]
    goods = [_GOODS[i] for i in rng.choice(len(_GOODS), int(rng.integers(3, 8)), replace=False)]
    bad = part == "careless" or rng.random() < 0.06
    rate = rng.lognormal(np.log(0.12), 0.25) if bad else rng.lognormal(np.log(0.015), 0.8)
    margin = rng.normal(0.78, 0.06)
    return Shop(
        index=index, host=f"shop-{operator}-{index}.test", name=f"{word}数卡{index}", operator=f"{_FIRST[operator % len(_FIRST)]}{operator}数码商行",
        supplier=int(rng.integers(max(3, parameters.platforms // 12))),
        part="failing" if part == "silent" else "careless" if bad and part == "steady" else part,
        shape=SHAPES[int(rng.integers(len(SHAPES)))], opened=-int(rng.gamma(2.0, 350)) - 60, stress=stress, end=end, volume=1.0,
        rate=float(np.clip(rate, 0.001, 0.2)), tell=float(1 / (1 + np.exp(3.6 + 0.5 * rng.standard_normal()))),
        counter="shown" if rng.random() < parameters.backlog_share else "hidden" if rng.random() < 0.5 else "none",
        answers=float(rng.beta(1.2, 0.8)), feed=bool(rng.random() < parameters.feed_share),
        cuts_prices=bool(rng.random() < 0.5), tightens=bool(rng.random() < 0.6),
        filed=str(rng.choice(["企业", "个人", "none"], p=[0.7, 0.17, 0.13])),
        products=[(title, face, float(np.clip(margin + rng.normal(0, 0.03), 0.4, 1.05))) for title, face in goods],
    )  # fmt: skip


def _set_reporting(shops: list[Shop], parameters: OtherParameters) -> None:
    """The market's own share of complaining victims, spread over the shops as before and by the amounts they sell at."""
    usual = 1 / (1 + np.exp(3.6))
    amounts = np.array([np.mean([face * share for _, face, share in s.products]) for s in shops])
    for shop, more in zip(shops, parameters.unknown.reporting_of(amounts), strict=True):
        shop.tell = float(
            np.clip(shop.tell / usual * (parameters.unknown.reporting or usual) * more, 0.001, 0.6)
        )


def _set_volumes(shops: list[Shop], parameters: OtherParameters, rng: np.random.Generator) -> None:
    """Pareto volumes, scaled so that the median shop has `complaints_per_day` (each drop complaint brings about one more)."""
    raw = np.minimum(1 + rng.pareto(1.6, len(shops)), 25)
    calm = np.array([v * s.rate * s.tell for v, s in zip(raw, shops, strict=True)]) * 2.0
    factor = parameters.complaints_per_day / float(np.median(calm))
    for volume, shop in zip(raw, shops, strict=True):
        shop.volume = float(np.clip(volume * factor, 8, 4000))
