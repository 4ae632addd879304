"""Words people write where the open evidence format has a few allowed values, and the value each of them means. Pure.

One table a field. A word of no table is refused by row, naming it and what is known: it never becomes a default, because
"已撤诉" read as open would state a fact about a site that nobody told. Numbers of a source's own (黑猫 4, 电诉宝 2) are not
here: what they mean depends on the source, so its reader translates them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

_FEW = 6
"""So many values are shown with the words that mean them; of more, only the values."""
_SIGNS = re.compile(r"[\s_\-—–·。.,，、/\\:：!！?？“”\"'()（）【】\[\]]+")

COMPLAINT_STATUS: Mapping[str, str] = {
    **dict.fromkeys(
        ("open", "待处理", "处理中", "待分配", "待回复", "未回复", "未处理", "未解决", "办理中", "正在处理", "正在办理", "跟进中", "协调中",
         "调解中", "审核中", "审核通过", "通过审核", "已审核", "待审核", "已受理", "受理中", "待受理", "已分配", "分配商家", "已分配商家", "待商家处理",
         "待商家回复", "商家处理中", "商家未回复", "商家未处理", "发起投诉", "已发起", "已提交", "投诉中", "进行中", "待办理", "已转办", "已立案", "未完成",
         "未办理", "未办结", "in progress", "processing", "pending", "submitted", "new", "accepted", "assigned", "unresolved", "unanswered"),
        "open",
    ),
    **dict.fromkeys(
        ("replied", "已回复", "商家已回复", "商家回复", "回复", "企业已回复", "平台已回复", "已答复", "已反馈", "商家已反馈", "已回应", "待确认",
         "待评价", "待消费者确认", "answered", "responded", "reply", "company responded"),
        "replied",
    ),
    **dict.fromkeys(
        ("completed", "已完成", "投诉完成", "投诉已完成", "确认完成", "已确认完成", "完成", "已解决", "解决", "已处理", "处理完成", "处理完毕",
         "已处理完成", "已处理完毕", "已办理", "已办结", "办结", "办理完成", "办理完毕", "已评价", "评价", "达成调解协议", "已达成调解协议", "调解成功", "已和解并退款",
         "已退款", "退款成功", "complete", "done", "finished", "resolved", "solved", "settled", "refunded"),
        "completed",
    ),
    **dict.fromkeys(
        ("closed", "已关闭", "关闭", "投诉关闭", "投诉已关闭", "已结案", "结案", "已结束", "已终止", "终止", "终止调解", "已撤诉", "撤诉", "已撤销", "撤销",
         "已撤回", "撤回", "撤回投诉", "已取消", "取消", "投诉撤销", "投诉已撤销", "未达成调解协议", "调解失败", "调解不成", "双方自行和解", "自行和解", "和解", "已和解",
         "双方自行和解或者投诉人撤回投诉", "投诉人撤回投诉", "不予受理", "审核不通过", "审核未通过", "已驳回", "驳回", "无效投诉", "close",
         "cancelled", "canceled", "withdrawn", "rejected", "dismissed", "case closed"),
        "closed",
    ),
}  # fmt: skip
"""A complaint's state: open · replied (the other side answered) · completed (settled, as the complainant or the office says) ·
closed (ended without that: withdrawn, refused, not settled, or only said to be at an end)."""

CRAWL_OUTCOME: Mapping[str, str] = {
    **dict.fromkeys(("ok", "成功", "完成", "正常", "success", "succeeded", "done"), "ok"),
    **dict.fromkeys(("failed", "失败", "未完成", "出错", "fail", "failure", "error"), "failed"),
    **dict.fromkeys(("blocked", "受限", "访问受限", "被拦截", "被拒绝", "forbidden", "denied"), "blocked"),
}

PROBE_OUTCOME: Mapping[str, str] = {
    **dict.fromkeys(("ok", "up", "正常", "可访问", "可以访问", "在线", "online"), "ok"),
    **dict.fromkeys(("slow", "缓慢", "慢", "访问缓慢"), "slow"),
    **dict.fromkeys(("down", "打不开", "无法访问", "不可访问", "无法打开", "离线", "offline", "unreachable"), "down"),
    **dict.fromkeys(("refused", "拒绝", "被拦截", "拒绝访问", "访问受限", "js challenge", "waf block", "challenge"), "refused"),
}  # fmt: skip

ORDER_STATE: Mapping[str, str] = {
    **dict.fromkeys(
        ("delivered", "已发货", "已到账", "已发卡", "已完成", "已交付", "交易完成", "交易成功", "已送达", "completed", "complete", "success"),
        "delivered",
    ),
    **dict.fromkeys(
        ("processing", "处理中", "充值中", "进行中", "待发货", "未发货", "待处理", "发货中", "等待发货", "pending", "in progress"),
        "processing",
    ),
    **dict.fromkeys(
        ("missing", "查不到", "订单不存在", "订单未找到", "找不到订单", "没有记录", "无记录", "丢失", "not found", "lost"), "missing"
    ),
    **dict.fromkeys(("refunded", "已退款", "退款成功", "已退单", "refund", "refund completed"), "refunded"),
}  # fmt: skip

DROP_KIND: Mapping[str, str] = {
    **dict.fromkeys(("payment_not_synced", "支付未同步", "未同步"), "payment_not_synced"),
    **dict.fromkeys(("stuck", "状态卡顿", "卡顿", "卡单"), "stuck"),
    **dict.fromkeys(("record_lost", "数据丢失", "订单丢失"), "record_lost"),
}

PAGE_ROLE: Mapping[str, str] = {
    **dict.fromkeys(("home", "首页", "主页", "index", "homepage", "home page"), "home"),
    **dict.fromkeys(("notice", "公告", "网站公告", "通知", "announcement"), "notice"),
    **dict.fromkeys(("terms", "条款", "用户协议", "服务协议", "服务条款", "购买须知", "售后规则", "agreement", "terms of service"), "terms"),
    **dict.fromkeys(("contact", "联系", "联系我们", "联系方式", "客服", "contact us", "about"), "contact"),
}  # fmt: skip

FOUND: Mapping[str, bool] = {
    **dict.fromkeys(("true", "1", "yes", "y", "found", "filed", "有", "是", "已备案", "查到", "有备案"), True),
    **dict.fromkeys(
        ("false", "0", "no", "n", "none", "not found", "not filed", "无", "否", "没有", "未备案", "无备案", "查无", "未查到"), False
    ),
}  # fmt: skip
"""Whether a registry has a filing. "未能查询" is in no row: a query that failed is a `crawl` record, never a filing."""

NATURE: Mapping[str, str] = {
    **dict.fromkeys(
        (
            "个人",
            "自然人",
            "個人",
            "个人自然人",
            "自然人个人",
            "个人备案",
            "自然人备案",
            "个人网站",
            "个人主体",
            "境内自然人",
            "境外自然人",
            "本国公民",
            "外国公民",
            "公民",
            "personal",
            "individual",
            "individuals",
            "person",
            "natural person",
            "naturalperson",
            "private",
            "private person",
            "citizen",
        ),
        "个人",
    ),
    **dict.fromkeys(("企业", "公司", "企业法人", "enterprise", "company", "corporate", "business"), "企业"),
    **dict.fromkeys(
        (
            "个体工商户",
            "个体户",
            "个体",
            "個體戶",
            "個體工商戶",
            "个体工商",
            "个体经营",
            "个体经营户",
            "sole trader",
            "sole proprietor",
            "self employed",
        ),
        "个体工商户",
    ),
    **dict.fromkeys(("政府机关", "机关", "党政机关", "国家机关", "government"), "政府机关"),
    **dict.fromkeys(("事业单位", "事业法人", "public institution", "institution"), "事业单位"),
    **dict.fromkeys(("社会团体", "社团", "协会", "society", "association"), "社会团体"),
    **dict.fromkeys(("国防机构", "军队", "military"), "国防机构"),
    **dict.fromkeys(("民办非企业单位", "民办非企业", "社会服务机构"), "民办非企业单位"),
    **dict.fromkeys(("基金会", "foundation"), "基金会"),
    **dict.fromkeys(("律师执业机构", "律师事务所", "律所"), "律师执业机构"),
    **dict.fromkeys(("外国在华文化中心",), "外国在华文化中心"),
    **dict.fromkeys(("群众性团体组织", "群众团体"), "群众性团体组织"),
    **dict.fromkeys(("司法鉴定机构",), "司法鉴定机构"),
    **dict.fromkeys(("宗教团体", "宗教场所"), "宗教团体"),
    **dict.fromkeys(("境外机构", "外国企业常驻代表机构", "境外"), "境外机构"),
    **dict.fromkeys(("医疗机构",), "医疗机构"),
    **dict.fromkeys(("公证机构",), "公证机构"),
    **dict.fromkeys(("仲裁机构", "仲裁委员会"), "仲裁机构"),
    **dict.fromkeys(("集体经济组织", "农村集体经济组织"), "集体经济组织"),
    **dict.fromkeys(("农民专业合作社", "合作社"), "农民专业合作社"),
    **dict.fromkeys(("村民委员会", "居民委员会", "基层群众性自治组织"), "基层群众性自治组织"),
    **dict.fromkeys(("工会", "工会法人"), "工会法人"),
    **dict.fromkeys(("其他组织", "其他", "其它", "other"), "其他组织"),
}
"""The registry's natures of who filed. 个人 decides whether a name may be kept at all, so a word nobody knows is refused."""


_NOTHING = frozenset(
    ("", "暂无", "无", "没有", "未知", "不详", "不明", "空", "待补", "待补充", "待查", "未填", "na", "null", "none", "nil", "unknown", "tbd", "nan")
)  # fmt: skip


def is_nothing(said: Any) -> bool:
    """Whether a cell says that there is nothing to say: 暂无, -, N/A."""
    return isinstance(said, str) and fold(said) in _NOTHING


def fold(word: str) -> str:
    """A word without case, spaces, signs and width: "In_Progress", "ｉｎ progress" and "in-progress" are one."""
    return _SIGNS.sub("", unicodedata.normalize("NFKC", word)).lower()


@lru_cache(maxsize=32)
def _folded(pairs: tuple[tuple[str, Any], ...]) -> dict[str, Any]:
    return {fold(word): value for word, value in pairs}


def value_of(words: Mapping[str, Any], said: str) -> Any:
    """The allowed value that `said` means; raises ValueError naming the word and the known ones."""
    known = _folded(tuple(words.items()))
    if (found := known.get(fold(said))) is None:
        raise ValueError(f"不认识 unknown: “{said.strip()[:30]}”; 可用 use one of: {examples(words)}")
    return found


def examples(words: Mapping[str, Any], most: int = 4) -> str:
    """The allowed values, each with the first words that mean it, for a message."""
    return _examples(tuple(words.items()), most)


@lru_cache(maxsize=32)
def _examples(pairs: tuple[tuple[str, Any], ...], most: int) -> str:
    by: dict[Any, list[str]] = {}
    for word, value in pairs:
        by.setdefault(value, [])
        if word != value and word.lower() != str(value).lower():
            by[value].append(word)
    shown = (str(value).lower() if isinstance(value, bool) else str(value) for value in by)
    return " · ".join(
        f"{name} ({'、'.join(said[:most])})" if said and len(by) <= _FEW else name
        for name, said in zip(shown, by.values(), strict=True)
    )


def reads(words: Mapping[str, Any], remedy: str = "") -> Callable[[Any], Any]:
    """A validator that turns a word of `words` into its value and raises ValueError for every other text; None stays None.

    `remedy` is what to do with a word that is none, where that is not evident.
    """
    exact = frozenset(word for word, value in words.items() if word == value)

    def read(said: Any) -> Any:
        if said is None or isinstance(said, bool):
            return said
        if isinstance(said, str) and said in exact:
            return said
        if isinstance(said, float) and said.is_integer():
            said = int(said)  # a spreadsheet writes 1 as 1.0
        try:
            return value_of(words, str(said))
        except ValueError as error:
            raise ValueError(f"{error}{remedy}") from None

    return read
