"""Compose the words of one complaint. The same (seed, index) always gives the same text; planted personal data is reported back."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

import opencc

from sandbox.market.names import GIVEN, SURNAMES

# What buyers write, in pieces: invented sentences by kind of grievance, with slots in braces. Data only; texts.py joins them.

CORES: dict[str, tuple[str, ...]] = {
    "drop.payment_not_synced": (
        "钱已经扣了，订单页面还写着待付款", "{pay}显示支付成功，网站那边一直说没收到款", "付完款跳回来订单还是未支付状态",
        "扫码付了{amount}元，刷新N次都是等待支付", "银行扣款短信都来了，他们后台却查不到我付款", "付款成功没有回调，订单过十五分钟自动关闭了",
        "钱付了系统不认账，点我已付款没反应", "账单里有这笔支出，但是订单状态没变，卡也没给", "{pay}那边交易完成，网站显示订单超时取消",
    ),
    "drop.stuck": (
        "订单一直卡在处理中", "下单{days}天了还是充值中", "状态永远是“处理中”不动了", "提示正在充值请稍候，等了{days}天还在稍候",
        "说好秒到，结果从{days}天前排队排到现在", "订单进度条停在那里，{goods}到现在没到帐", "显示已提交上游，然后就没有下文",
        "催了三次，每次都讲在排单，{goods}还是没有到账",
    ),
    "drop.record_lost": (
        "订单凭空没了，用订单号查提示订单不存在", "付款之后订单记录找不到了", "登录进去历史订单全空，我的{goods}白买了",
        "查单页面写未找到该订单，可我付款截图还在", "客服说系统里没有我的单子，让我自己举证", "换了服务器以后我的订单记录丢失，卡密也看不了",
        "买完页面一刷新订单消失，卡密为空", "之前那一单在后台被删得干干净净",
    ),
    "drop.unspecified": (
        "付款后一直没收到{goods}", "钱给了东西没给", "买了{goods}到今天没有发货", "下单{days}天不发卡密", "掉单了，{goods}没到",
        "冲值{amount}没到帐", "拍下{goods}以后就没动静", "给了钱啥也没收到", "{goods}充了两次只到一次", "付了{amount}，点券一个没看到",
    ),
    "out_of_stock_after_payment": (
        "付完款才告诉我没货", "付款后提示库存不足，无法自动发货", "页面写有货，付钱之后变成缺货", "付了钱弹窗说卡密已被别人抢走",
        "下单成功却说{goods}断货，要等补货，不知道等到哪天",
    ),
    "invalid_card": (
        "卡密输进去提示已被使用", "发来的兑换码无效", "{goods}的卡号密码是错的，充不进去", "激活码提示不存在", "拿到的卡早就过期了",
        "卡密复制去官网兑换说已核销",
    ),
    "refund_delayed": (
        "答应退款，{days}天过去一分没退", "退款申请提交{days}天了还在审核", "每次问退款都说财务在走流程", "说三到五个工作日退，现在第{days}天",
        "客服口头同意退钱，迟迟不打款", "tk说好的昨天到，拖到现在", "退款进度一直是待处理，等了{days}天",
    ),
    "refund_refused": (
        "没发货还不给退款", "客服说虚拟商品概不退换", "拒绝退款，说是我自己填错", "只肯退成站内余额，不肯原路退", "要扣百分之三十手续费才退，不接受",
        "明明没用过，就是不予退款",
    ),
    "withdrawal_blocked": (
        "余额提不出来", "提现申请{days}天没到账", "点提现就提示通道维护", "起提从50涨到500，里面的钱取不出来", "提现一直审核失败，理由都不写",
        "代理余额{amount}块提现被驳回四次", "只能充不能提，佣金拿不到手",
    ),
    "balance_frozen": (
        "账号被封，余额{amount}元冻结", "登录提示账户异常，里面的钱动不了", "莫名其妙冻结我的代理账号", "余额被清零，说我违规操作",
        "换了个手机登录就被锁，余额用不了",
    ),
    "unreachable": (
        "客服消失了，发消息不回", "QQ客服把我拉黑了", "电话是空号，微信不通过", "群被解散，找不到人", "kf一天回一句，后来直接不理",
        "在线客服永远显示离开", "工单开了{days}天没人管",
    ),
    "site_gone": (
        "网站打不开了，余额还在里面", "域名进不去，{days}天了", "昨天还能登，今天整个站没了", "网页变成打不开的样子，老板联系不上",
        "站关了，没有任何公告，我充的{amount}怎么办",
    ),
    "upstream_funds": (
        "客服说上游没钱了发不出货", "说对接的货源站余额不足，要等他们充值", "回复我是上家资金周转不开", "提示对接账号余额不足，下单失败但钱扣了",
    ),
    "price_bait": (
        "首页标{amount}元，付款时变成两倍", "超低价引流，下单后让我补差价", "写着内部价，进去要先交会员费才给这个价", "宣传三折，结果限新人一次还要拉人头",
    ),
    "not_a_drop.not_renewed": (
        "会员到期没有自动续上，我以为买的是连续包年", "买的月卡一个月就没了，说好能续费", "自动续费没扣成功，会员断了",
    ),
    "not_a_drop.payment_failed": (
        "付款的时候一直提示支付失败，钱没扣", "扫码报错付不了，换了两张卡都不行", "支付页面转圈，没扣钱也下不了单",
    ),
    "not_a_drop.wrong_item": (
        "自己拍错了区服，想换", "买成安卓的了，我是苹果，问能不能改", "规格选错，下单才发现是周卡",
    ),
    "spam": (
        "被黑平台骗的看过来，专业追回，先追回后收费，联系{qq}", "法务团队帮忙拿回资金，成功率高，加{qq}", "提现不了找我们，黑客技术出款，前期零费用{qq}",
    ),
    "other": (
        "页面广告太多，点哪里都弹窗", "会员等级说降就降", "积分兑换规则看不懂，客服也讲不明白", "手机端排版是乱的，看不清价格", "希望增加发票功能",
    ),
}  # fmt: skip
OPENERS = (
    "{date}在{site}买了{goods}，", "本人{date}于{site}（{host}）下单{goods}，", "朋友介绍的{site}，", "在{site}充值{amount}元，",
    "我在{host}这个网站花{amount}块买{goods}。", "{site}，", "第一次在{site}消费，", "", "晚上{hour}点多在{site}下单，", "老用户了，一直在{site}拿货，",
)  # fmt: skip
CLOSERS = (
    "要求退款{amount}元。", "希望平台帮忙处理。", "请尽快解决！", "麻烦给个说法", "到底管不管？", "再不处理我就打12315", "求助😭", "大家避雷",
    "", "", "就这态度？？", "要求退一赔三", "只想要回我的钱", "谢谢",
)  # fmt: skip
EXTRAS = (
    "期间我截图都留着。", "问客服只会复制粘贴。", "金额不大但是恶心人。", "孩子等着用。", "页面上还写着24小时自动发货。",
    "我还特意看了他们的公告。", "之前买过几次都正常，这次不一样。", "看评论有好几个人和我一样。", "",
)  # fmt: skip
PERSONAL_PHRASES = {
    "phone": ("我的手机{v}，", "联系电话：{v}。", "收货手机号{v} "), "name": ("投诉人：{v}，", "本人姓名：{v}。"),
    "order": ("订单号：{v}。", "单号{v}，"), "qq": ("我的QQ：{v}，", "QQ号{v}。"), "wechat": ("微信号：{v}。", "加我微信{v} "),
    "card": ("退到银行卡{v}即可。", "付款卡号{v}，"), "email": ("邮箱{v}，", "email: {v} "), "id": ("身份证号{v}，",),
}  # fmt: skip
SHILLS = (
    "客服态度特别好，十分钟就给我弄好了", "小问题秒处理，给五星", "以为被忽悠，结果老板亲自补发，点赞", "本来想投诉，已经解决，撤销",
    "处理速度很快，值得长期光顾", "回复及时，问题圆满解决，谢谢客服小姐姐",
)  # fmt: skip
SMEARS = (
    "{site}收了钱不发货，{goods}等了{days}天，大家千万别去", "千万别上{site}，{goods}付款{days}天不到，客服装死",
    "{site}就是坑人，买{goods}钱打水漂，{days}天没人理", "避雷{site}！{goods}拖{days}天不给，提现也不让提", "别去{site}了，我买的{goods}{days}天都没动静，退款也不退",
)  # fmt: skip
SWAPS = (
    ("收了钱", "钱收走"), ("不发货", "不给货"), ("千万别", "绝对别"), ("没人理", "没有人搭理"), ("等了", "足足等了"), ("大家", "各位"),
    ("避雷", "拉黑"), ("坑人", "坑货"), ("不到", "没到账"), ("动静", "反应"),
)  # fmt: skip
SLANG = (
    ("充值", "冲值"), ("到账", "到帐"), ("客服", "kf"), ("退款", "tk"), ("一直", "一直一直"), ("怎么", "咋"), ("订单", "单子"),
    ("没有", "木有"), ("微信", "wx"), ("。", "！！"), ("，", " "), ("显示", "显视"),
)  # fmt: skip
DECOYS = (
    ("某某物流样例", "快递丢件不赔", "寄的箱子丢了，网点推给总部，总部推给网点。"),
    ("某某健身样例", "健身房闭店不退卡", "办的年卡才用两个月，门店贴条停业。"),
    ("某某家装样例", "定制柜尺寸做错", "师傅去掉单品里的两扇门重做，工期拖了一个月。"),
    ("某某电器样例", "冰箱噪音大", "新买的冰箱半夜响，售后约了三次没来。"),
    ("某某出行样例", "行程多扣费", "平台多收了高速费，客服让等。"), ("某某会计样例", "代账公司丢失凭证", "他们丢掉单据还让我补开，税期过了。"),
    ("某某外卖样例", "餐品有异物", "米饭里有一根线，商家只肯退一半。"), ("某某网店样例", "衣服掉色", "洗一次就掉色，说不是质量问题。"),
    ("某某租房样例", "押金不退", "合同到期，管家说系统在走流程。"), ("某某票务样例", "演出取消退票慢", "演出取消两周，票款还没退。"),
    ("某某教育样例", "网课退费", "课程没上完要求退费，被要求扣除资料费。"), ("某某记账样例", "对账软件数据错", "软件平掉单子以后对不上账。"),
)  # fmt: skip
ISSUES = {
    "drop": "不发货,联系不到客服", "refund": "退款问题,不予退款", "withdrawal_blocked": "余额无法提现,账户问题",
    "balance_frozen": "账号冻结,账户问题", "unreachable": "联系不到客服,客服不理人", "site_gone": "网站打不开,联系不到客服",
    "invalid_card": "假货,描述不符", "out_of_stock_after_payment": "不发货,虚假宣传", "price_bait": "虚假宣传,价格问题",
    "spam": "其他问题", "other": "服务问题", "not_a_drop": "商品问题", "upstream_funds": "不发货,退款问题",
}  # fmt: skip
APPEALS = ("退款", "退款,赔偿", "快速处理,退款", "发货", "解释", "快速处理", "退费,道歉")
SECOND = {
    "drop.stuck": ("unreachable", "refund_delayed"), "drop.payment_not_synced": ("unreachable",), "drop.unspecified": ("unreachable", "refund_refused"),
    "drop.record_lost": ("unreachable",), "refund_delayed": ("unreachable", "drop.stuck"), "withdrawal_blocked": ("unreachable", "balance_frozen"),
    "site_gone": ("withdrawal_blocked",), "invalid_card": ("refund_refused",), "out_of_stock_after_payment": ("refund_delayed",),
}  # fmt: skip
REPLIES = (
    "您好，已为您登记，请耐心等待。", "亲，问题已反馈技术，24小时内处理。", "您好，已安排补单，请留意到账。", "您好，款项已提交财务，请等待。",
    "请提供订单截图，我们会核实。", "已补发，麻烦确认。",
)  # fmt: skip


Roll = Callable[[], float]
"""Draws from [0, 1); the few helpers below are an order faster than those of random.Random, and a market has 10^5 texts."""
T = TypeVar("T")
PERSONAL = tuple(sorted(PERSONAL_PHRASES))


def pick(roll: Roll, options: Sequence[T]) -> T:
    """One of the options."""
    return options[int(roll() * len(options))]


def whole(roll: Roll, low: int, high: int) -> int:
    """A whole number from low to high, both included."""
    return low + int(roll() * (high - low + 1))


def some(roll: Roll, options: Sequence[T], count: int) -> list[T]:
    """`count` different options in random order."""
    places: list[int] = []
    while len(places) < count:
        place = int(roll() * len(options))
        if place not in places:
            places.append(place)
    return [options[place] for place in places]


@dataclass(frozen=True)
class Words:
    """The text side of a complaint; `planted` lists invented personal data as it stands in the text."""

    title: str
    text: str
    object: str
    issue: str
    appeal: str
    amount: float
    kinds: tuple[str, ...]
    planted: tuple[str, ...]
    reply: str


@cache
def _traditional() -> opencc.OpenCC:
    return opencc.OpenCC("s2t")


def compose(
    seed: int, index: int, kind: str, origin: str, site: str, host: str, goods: tuple[str, float], stamp: str
) -> Words:
    """Words of complaint `index`; `stamp` is the filing time as YYYYMMDDHHMMSS, `origin` genuine, smear, shill or decoy."""
    roll = random.Random(seed * 1_000_003 + index).random
    amount = round(goods[1] * pick(roll, (1, 1, 1, 2, 5)), 2)
    reply = pick(roll, REPLIES)
    if origin == "decoy":
        company, title, text = pick(roll, DECOYS)
        return Words(
            title, text, company, "服务问题", "退款", round(20 + 2980 * roll(), 2), ("other",), (), reply
        )
    slots = {
        "site": site, "host": host, "goods": goods[0], "amount": f"{amount:g}", "days": str(whole(roll, 2, 20)),
        "pay": pick(roll, ("支付宝", "微信", "花呗", "云闪付")), "hour": str(whole(roll, 7, 11)),
        "date": f"{int(stamp[4:6])}月{int(stamp[6:8])}日", "qq": f"10000{whole(roll, 10000, 99999)}",
    }  # fmt: skip
    if origin == "shill":
        text = f"{pick(roll, SHILLS)}，{pick(roll, SHILLS)}"
        return Words(f"{site}{goods[0]}小问题", text, site, "服务问题", "解释", amount, ("other",), (), reply)
    if origin == "smear":
        return _smear(roll, slots, kind, amount, reply)
    return _genuine(roll, slots, kind, amount, stamp, reply)


def _genuine(roll: Roll, slots: dict[str, str], kind: str, amount: float, stamp: str, reply: str) -> Words:
    kinds = [kind]
    cores = [pick(roll, CORES[kind])]
    if kind in SECOND and roll() < 0.3:
        kinds.append(pick(roll, SECOND[kind]))
        cores.append(pick(roll, CORES[kinds[1]]))
    opener = pick(roll, OPENERS) if kind != "spam" else ""
    if kind in ("drop.unspecified", "spam") and "{goods}" in cores[0]:
        opener = pick(roll, ("{site}，", "", "在{site}，"))
    body = opener + "，".join(cores) + "。" + pick(roll, EXTRAS)
    text = _slang(body.format(**slots), roll)
    planted: list[str] = [slots["qq"]] if kind == "spam" else []
    for field in some(
        roll, sorted(PERSONAL_PHRASES), pick(roll, (0, 0, 0, 1, 1, 2)) if kind != "spam" else 0
    ):
        value = personal(field, roll, stamp)
        planted.append(value)
        piece = pick(roll, PERSONAL_PHRASES[field]).format(v=value)
        text = text + piece if roll() < 0.7 else piece + text
    closer = pick(roll, CLOSERS).format(**slots) if kind != "spam" else ""
    text += closer
    title = _title(roll, slots, cores[0])
    if roll() < 0.02:
        # Names may change form too; numbers do not. What is planted is listed as it stands in the text.
        text, planted = _traditional().convert(text), [_traditional().convert(value) for value in planted]
    return Words(
        title,
        text,
        slots["site"],
        _issue(kind),
        pick(roll, APPEALS),
        amount,
        tuple(kinds),
        tuple(planted),
        reply,
    )


def _title(roll: Roll, slots: dict[str, str], core: str) -> str:
    short = core.format(**slots).rstrip("，。")
    return pick(roll, ("{site}{short}", "{short}", "投诉{site}：{short}", "{site}{goods}{short}")).format(
        **slots, short=short
    )[:48]


def _smear(roll: Roll, slots: dict[str, str], kind: str, amount: float, reply: str) -> Words:
    """One of a few sentences, paraphrased by word swaps, emoji and a fresh order number."""
    text = pick(roll, SMEARS).format(**slots)
    for old, new in some(roll, SWAPS, 4):
        text = text.replace(old, new)
    number = f"20269999{whole(roll, 10**9, 10**10 - 1)}"
    text += pick(roll, ("", "😡", "!!!", "，单号" + number, "😡😡订单号：" + number))
    planted = (number,) if number in text else ()
    title = f"{slots['site']}{pick(roll, ('不发货', '坑钱', '收钱不办事', '千万别来'))}"
    return Words(title, text, slots["site"], _issue(kind), "退款,赔偿", amount, (kind,), planted, reply)


def _slang(text: str, roll: Roll) -> str:
    """A third of buyers write sloppily: one or two replacements."""
    if roll() < 0.35:
        for old, new in some(roll, SLANG, 2):
            text = text.replace(old, new, 1)
    return text


def _issue(kind: str) -> str:
    return ISSUES.get(kind) or ISSUES.get(kind.split(".")[0].split("_")[0]) or ISSUES["not_a_drop"]


def personal(field: str, roll: Roll, stamp: str) -> str:
    """An invented value of a kind of personal data."""
    if field == "phone":
        return f"1380000{whole(roll, 0, 9999):04d}"
    if field == "name":
        return pick(roll, SURNAMES) + pick(roll, GIVEN)
    if field == "order":
        return pick(roll, ("", "DD", "E")) + stamp + f"{whole(roll, 0, 999999):06d}"
    if field == "qq":
        return f"10000{whole(roll, 1000, 99999)}"
    if field == "wechat":
        return f"demo_buyer_{whole(roll, 100, 999)}"
    if field == "card":
        return f"62220000000{whole(roll, 10**7, 10**8 - 1)}"
    if field == "email":
        return f"buyer{whole(roll, 100, 99999)}@example.test"
    return "11010519491231002X"
