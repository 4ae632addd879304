"""What a shop says about itself on a given day: notices, terms, contact page, footer. Invented text; HTML belongs to shops/."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from sandbox.market.goods import scatter
from sandbox.market.market import Market
from sandbox.market.operators import ANNOUNCED
from sandbox.market.platforms import Platform

GREETINGS = (
    "欢迎光临{name}，本站24小时自动发货，付款后请勿关闭页面。",
    "{name}全场正品直充，1-30分钟到账，超过24小时未到账可申请全额退款。",
    "下单前请核对账号和区服，虚拟商品充值成功后不支持退换。{name}祝您购物愉快。",
    "请牢记本站网址 {host}，如遇打不开请稍后再试。24小时未到账全额退款。",
)
PROMOTIONS = (
    "充值满100元送5元，仅限本周。",
    "代理等级限时半价升级。",
    "新用户首单立减1元。",
    "周末视频会员特价，售完即止。",
)
TIGHTER = (
    "",
    "因上游通道维护，部分商品到账时间延长至48小时，退款统一在7个工作日内处理，请耐心等待。",
    "自即日起提现规则调整：起提金额500元，手续费8%，T+7到账；充值满500送80。",
    "提现通道升级，暂停提现，恢复时间另行通知。充值满1000送300，余额可正常消费。",
)
WITHDRAWAL = (
    ("50", "1%", "T+1"),
    ("100", "3%", "T+3"),
    ("500", "8%", "T+7"),
    ("500", "8%", "暂停受理"),
)
"""(minimum yuan, fee, arrival) by tightness."""


def notice(market: Market, platform: Platform, day: float) -> str:
    """The announcement shown on the home page at `day`."""
    t = market.clamp(day)
    lines = [GREETINGS[platform.index % len(GREETINGS)].format(name=platform.name, host=platform.host)]
    if scatter(market.parameters.seed, platform.index, t // 14) % 3 == 0:
        lines.append(PROMOTIONS[scatter(platform.index, t // 14) % len(PROMOTIONS)])
    if bool(market.days.spike[platform.index, t]):
        lines.append("供货商接口临时故障，部分商品发货较慢，正在处理，未到账订单会自动补发。")
    tight = market.tightness(platform, day)
    if tight:
        lines.insert(0, TIGHTER[tight])
    if platform.moves_to and platform.end_day is not None and day >= platform.end_day - ANNOUNCED:
        lines.insert(
            0,
            f"换址公告：本站即将更换域名，新网址：{platform.moves_to}，届时原网址自动跳转，账户与余额不变。",
        )
    if closing(market, platform, day):
        last = market.parameters.date_of(platform.end_day or 0)
        lines.insert(
            0,
            f"停业公告：本站将于{last:%Y年%m月%d日}停止运营，请在此之前使用或提现余额，未使用余额原路退回。",
        )
    return "\n".join(lines)


def closing(market: Market, platform: Platform, day: float) -> bool:
    """True in the 30 days before an orderly closure."""
    return (
        platform.character == "orderly"
        and platform.end_day is not None
        and platform.end_day - 30 <= day < platform.end_day
    )


def terms(market: Market, platform: Platform, day: float) -> str:
    """The terms page: delivery promise, refunds, top-up and withdrawal rules in force at `day`."""
    tight = market.tightness(platform, day)
    minimum, fee, arrival = WITHDRAWAL[tight]
    promise = ("24小时", "48小时", "72小时", "以实际为准")[tight]
    refund = (
        "1-3个工作日原路退回",
        "7个工作日内退回",
        "15个工作日内退回站内余额",
        "退回站内余额，不支持原路退回",
    )[tight]
    if "balance" in platform.payments:
        money = f"余额提现：最低{minimum}元起提，手续费{fee}，到账时间{arrival}。"
    else:
        money = "本站不设余额账户，所有订单单独付款。"
    return "\n".join(
        (
            f"{platform.name}服务条款",
            "一、本站销售各类数字商品，购买前请阅读商品说明。",
            f"二、发货时效：自动发货商品即时到账，直充类商品{promise}内到账。",
            f"三、退款规则：超时未到账可申请退款，{refund}。因买家填错账号造成的损失由买家承担。",
            f"四、{money}",
            "五、代理与分站：代理账户余额仅用于站内采购。",
            f"六、本条款由{platform.operator or platform.name}负责解释，更新于{_updated(market, platform, day)}。",
        )
    )


def _updated(market: Market, platform: Platform, day: float) -> str:
    """First day on which the terms read as they do at `day`."""
    tight = market.tightness(platform, day)
    t = market.clamp(day)
    changes = np.flatnonzero(market.tight[platform.index, : t + 1] != tight)
    t = int(changes[-1]) + 1 if len(changes) else 0
    changed = market.parameters.date_of(t) if t else platform.opened_on + timedelta(days=3)
    return changed.isoformat()


def channel(platform: Platform) -> str:
    """Name of the shop's Telegram channel, which sites of one operator share."""
    if platform.desk is not None:
        return f"demo_desk_{platform.desk}"
    return f"demo_{platform.host.split('.')[0].replace('-', '_')}"


def contacts(platform: Platform) -> list[tuple[str, str, str]]:
    """(kind, label, address) of each way to reach the shop; every number is invented."""
    desk = platform.index if platform.desk is None else platform.desk
    number = f"10000{10000 + desk * 13}"
    ways = {
        "qq": ("客服QQ", f"http://wpa.qq.com/msgrd?v=3&uin={number}&site=qq&menu=yes"),
        "wechat": ("微信", f"weixin://kefu_{platform.host.split('.')[0].replace('-', '_')}"),
        "telegram": ("Telegram", f"https://t.me/{channel(platform)}"),
        "email": ("邮箱", f"mailto:kefu@{platform.host}"),
        "phone": ("电话", "tel:400-000-0000"),
        "qq_group": ("QQ群", f"https://qm.qq.com/cgi-bin/qm/qr?k=demo{platform.index}"),
        "chat": ("在线客服", f"https://chat.example.test/webchat.html?site={platform.index}"),
    }
    return [(kind, *ways[kind]) for kind in platform.contacts]


def contact_text(platform: Platform) -> str:
    """The contact page as text."""
    return (
        f"{platform.name} 联系方式："
        + "、".join(label for _, label, _ in contacts(platform))
        + "。工作时间9:00-23:00。"
    )
