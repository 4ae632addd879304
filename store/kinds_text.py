"""Brings a complaint text into one spelling before it is judged: script, width, dialect, slang and usual typos.

It must not decide anything about what a text means.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

import opencc

# What several thousand characters of a complaint add is repetition; the cut keeps one record from costing seconds.
# Both ends are kept, because a long story often tells its grievance last.
MAX_CHARS = 4000

# Homophones, typos and regional words, folded after traditional → simplified conversion.
_FOLDS = {
    # typos and homophones
    "冲值": "充值", "沖值": "充值", "充直": "充值", "冲q币": "充q币", "冲了": "充了", "冲话费": "充话费", "冲的": "充的", "冲钱": "充钱",
    "冲进": "充进", "定单": "订单", "丁单": "订单", "钉单": "订单", "订但": "订单", "到帐": "到账", "帐": "账", "退宽": "退款", "褪款": "退款",
    "退欵": "退款", "腿款": "退款", "推款": "退款", "客付": "客服", "克服": "客服", "客户服务": "客服", "客fu": "客服", "卡蜜": "卡密", "卡米": "卡密",
    "卡秘": "卡密", "咔密": "卡密", "支付保": "支付宝", "支付饱": "支付宝", "帮定": "绑定", "以经": "已经", "己经": "已经", "在三": "再三", "登陆": "登录",
    "未付欵": "未付款", "付宽": "付款", "附款": "付款", "提线": "提现", "体现不": "提现不", "提先": "提现", "动结": "冻结", "东结": "冻结", "拉嘿": "拉黑",
    "续废": "续费", "序费": "续费", "无笑": "无效", "激话": "激活", "处里": "处理", "处理种": "处理中", "充值种": "充值中", "发火": "发货", "缺活": "缺货",
    "没活了": "没货了", "库村": "库存", "余鹅": "余额", "佘额": "余额", "打不凯": "打不开", "打布开": "打不开", "网占": "网站", "刷心": "刷新",
    # slang, abbreviations
    "zfb": "支付宝", "alipay": "支付宝", "vx": "微信", "wx": "微信", "wechat": "微信", "薇信": "微信", "威信": "微信", "微x": "微信", "v信": "微信",
    "扣扣": "qq", "qb": "q币", "飞机": "telegram", "纸飞机": "telegram", "电报": "telegram", "tg": "telegram", "tk": "退款", "tx": "提现", "kf": "客服", "dd": "订单", "zf": "支付", "cz": "充值",
    "mdz": "没到账", "wdz": "未到账", "wfk": "未付款", "clz": "处理中", "kk": "扣款", "jl": "记录", "dq": "到期", "hy": "会员", "xf": "续费", "km": "卡密", "k密": "卡密",
    # Taiwan, Hong Kong
    "储值金": "余额", "储值": "充值", "序号": "卡密", "提领": "提现", "提款": "提现", "领出": "提现", "点数": "点券", "刷退": "退款", "退费": "退款",
    "退刷": "退款", "客户中心": "客服", "私讯": "私信", "讯息": "消息", "简讯": "短信", "信箱": "邮箱", "电邮": "邮件", "停权": "封号", "汇款": "转账", "登入": "登录",
    "续约": "续费", "续订": "续费", "取消订阅": "退订", "出货": "发货", 
    "店家": "商家", "店主": "商家", "老板": "商家", "卖方": "商家", "帐号": "账号", "账户": "账号", "户口": "账号", 
    "冇": "没", "咗": "了", "俾": "给", "畀": "给", "嘅": "的", "唔": "不", "佢哋": "他们", "佢": "他", "啲": "些", "仲": "还", "喺": "在", "嘢": "东西",
    "乜": "什么", "点样": "怎么", "点解": "为什么", "喇": "了", "㗎": "的", "咩": "什么", "嗰": "那", "搵": "找", "系咪": "是不是", "攞": "拿", "睇": "看", "嚟": "来",
}  # fmt: skip


def _by_first(keys: Iterable[str]) -> str:
    """An alternation of the keys, the longest first, in which every branch begins with one character: the engine skips to those.

    Latin abbreviations count only as whole words: txt is no tx.
    """
    branches: dict[str, list[str]] = {}
    for key in sorted(keys, key=len, reverse=True):
        first, rest = key[0], re.escape(key[1:])
        branches.setdefault(first, []).append(rf"(?<![a-z]{first}){rest}(?![a-z])" if key.isascii() else rest)
    return "|".join(f"{re.escape(first)}(?:{'|'.join(rests)})" for first, rests in branches.items())


_FOLD = re.compile(_by_first(_FOLDS))
_ERROR_PAGE = re.compile(r"(?<!\d)(?:404|50[0-4]|52\d)(?!\d)")
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_CJK_NUMBER = re.compile(
    r"[一二两三四五六七八九十几百千]{1,12}(?=(?:多|来)?(?:个)?(?:天|小时|钟头|星期|礼拜|月|年|块|元|周|遍|次|分钟|单|张|号))"
)
_REPEAT = re.compile(r"(.)\1{2,}")
# Zero-width and other invisible characters, and blanks set between single characters (没 到 账), hide a word.
_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff]")
_SPACED = re.compile(r"(?<![一-鿿])[一-鿿](?: [一-鿿]){2,}(?![一-鿿])")
_GAP = re.compile(r"[^\w一-鿿]+")


_MERCHANT_SAYS = re.compile(
    r"(公告|告示|通知|须知|声明|条款|店规|小字|置顶)[^。!?;\n“”\"「」『』]{0,12}(?:“[^”]{4,300}”|\"[^\"]{4,300}\"|「[^」]{4,300}」|『[^』]{4,300}』)"
)
"""A notice of the merchant, quoted: what it says is not what the buyer complains of."""
_LONG_PIECE, _PIECE = 22, 14
_MOST_PIECES = 40
"""Pieces of a story that are read by themselves; of a longer one its beginning and its end."""


def pieces(plain: str) -> list[str]:
    """A normalised text cut where a mark stood, and long rows of characters without one every few characters."""
    found: list[str] = []
    for clause in plain.split(" "):
        if len(clause) <= _LONG_PIECE:
            found.append(clause)
        else:
            found += [clause[at : at + _PIECE] for at in range(0, len(clause), _PIECE)]
    if len(found) > _MOST_PIECES:
        found = found[: _MOST_PIECES // 2] + found[-_MOST_PIECES // 2 :]
    return found


@lru_cache(maxsize=1)
def _to_simplified() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


def normalise(text: str) -> str:
    """One spelling of the text: NFKC, simplified, lower case, typos and dialect folded, numbers as 0, marks as one space.

    A question mark survives, because a question is often no complaint. Empty or meaningless input gives "".
    """
    if len(text) > MAX_CHARS:
        text = text[: MAX_CHARS // 2] + " " + text[-MAX_CHARS // 2 :]
    plain = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).lower()
    plain = _MERCHANT_SAYS.sub(r"\1 ", plain)
    plain = _SPACED.sub(lambda found: found.group().replace(" ", ""), plain)
    plain = _to_simplified().convert(plain)
    plain = _FOLD.sub(lambda found: _FOLDS[found.group()], plain)
    plain = _ERROR_PAGE.sub("报错页", plain)
    plain = _CJK_NUMBER.sub("0", _NUMBER.sub("0", plain))
    plain = _REPEAT.sub(r"\1\1", plain)
    return _GAP.sub(lambda found: "?" if "?" in found.group() else " ", plain).strip()
