"""The one vocabulary of figures: what each number a sentence states counts (docs/figures.md is generated from here).

A definition says which observations count, so that anybody can count them again from the evidence.
"""

from __future__ import annotations

from typing import NamedTuple


class Name(NamedTuple):
    """A figure's unit and its definition, Chinese and English; `counted` = it can be counted again from observations alone."""

    unit: str
    zh: str
    en: str
    counted: bool = True


NAMES: dict[str, Name] = {
    "complaints_30d": Name(
        "complaints",
        "近 30 天提出的投诉（除垃圾信息外全部计入，含重复的和搁置的）。",
        "Complaints shown that were filed in the window (copies and those held back included).",
    ),
    "complaints_total": Name(
        "complaints",
        "提出时间不限的全部投诉（除垃圾信息）。",
        "Complaints shown, whenever filed.",
    ),
    "complainants_30d": Name(
        "complaints",
        "窗口内提出的计数投诉：重复的与搁置的不计。同一人换一种说法再投诉，无从分辨。",
        "Counted complaints filed in the window. Another complaint of the same person in other words cannot be told apart.",
    ),
    "answered": Name(
        "share",
        "窗口内提出的计数投诉中，截至当日已得到回复的。",
        "of: counted complaints filed in the window; n: those answered by the end of as_of.",
    ),
    "settled": Name(
        "share",
        "窗口内提出的计数投诉中，截至当日已办结的（办结日期不详的也算）。",
        "of: counted complaints filed in the window; n: those settled by the end of as_of, on a known day or not.",
    ),
    "refunds_open_after_7d": Name(
        "share",
        "窗口内提出、退款类的计数投诉，办结日期不详的除外；其中满 7 天时尚未办结的。",
        "of: counted complaints about refunds filed in the window, but those settled on an unknown day; n: those not settled by the end of the seventh day after the day of filing.",
    ),
    "refunds_settled_unknown_day": Name(
        "complaints",
        "窗口内提出、退款类的计数投诉中，已办结而日期不详的。",
        "Counted complaints about refunds filed in the window that are settled on an unknown day.",
    ),
    "drops_settled": Name(
        "share",
        "窗口内提出的未到账计数投诉中，截至当日已办结的。",
        "of: counted complaints of a drop filed in the window; n: those settled by the end of as_of, on a known day or not.",
    ),
    "drops_settled_days_median": Name(
        "days",
        "窗口内提出、办结日期已知的未到账计数投诉，从提出日到办结日的天数的中位数（n 为起数）。",
        "Median of (day settled - day filed) over the n counted complaints of a drop filed in the window and settled on a known day by the end of as_of.",
    ),
    "drops_90d": Name(
        "share",
        "窗口内提出的计数投诉中，未到账的。",
        "of: counted complaints filed in the window; n: those of a drop.",
    ),
    "unreachable": Name(
        "share",
        "窗口内提出的计数投诉中，提到联系不上客服或网站打不开的。",
        "of: counted complaints filed in the window; n: those of a kind unreachable or site_gone.",
    ),
    "withdrawal_complaints_30d": Name(
        "complaints",
        "窗口内提出的计数投诉中，反映余额提不出来或被冻结的。",
        "Counted complaints filed in the window of a kind withdrawal_blocked or balance_frozen.",
    ),
    "withdrawals_set_aside_30d": Name(
        "complaints",
        "窗口内提出、反映余额提不出来或被冻结、已列出而不计数的投诉。",
        "Complaints set aside, filed in the window, of a kind withdrawal_blocked or balance_frozen.",
    ),
    "refunds_set_aside": Name(
        "complaints",
        "窗口内提出、退款类、已列出而不计数的投诉。",
        "Complaints set aside about refunds filed in the window.",
    ),
    "drops_set_aside": Name(
        "complaints",
        "窗口内提出、未到账、已列出而不计数的投诉。",
        "Complaints set aside of a drop filed in the window.",
    ),
    "complaints_set_aside": Name(
        "complaints",
        "窗口内提出、已列出而不计数的投诉。",
        "Complaints set aside filed in the window.",
    ),
    "probes_down": Name(
        "share",
        "窗口内的可用探测中，没有打开网站的。",
        "of: usable probes observed in the window; n: those whose outcome is down.",
    ),
    "orders_dropped": Name(
        "share",
        "窗口内付款、已满 24 小时的已知订单中，未按约定交付的。",
        "of: known orders paid in the window and at least 24 h old at the end of as_of; n: those dropped.",
    ),
    "drop_rate_estimate": Name(
        "share",
        "掉单率的估计（方法的结果，不能只靠计数得出）。",
        "The method's estimate of the drop rate; not a count.",
        False,
    ),
    "drop_ratio_low": Name(
        "ratio", "掉单投诉占比相对同行的 5% 下界（方法的结果）。", "The method's EB05; not a count.", False
    ),
    "complaint_index": Name(
        "ratio", "每单投诉相对同行的倍数（方法的结果）。", "The method's complaint index; not a count.", False
    ),
    "price_ratio": Name(
        "ratio",
        "标价相对同行中位数（方法的结果）。",
        "The method's price level against peers; not a count.",
        False,
    ),
    "backlog_days": Name(
        "days",
        "未处理订单折合的天数（方法的结果）。",
        "Unprocessed orders over the method's orders a day; not a count.",
        False,
    ),
    "orders_unprocessed": Name(
        "orders",
        "最近一次页面计数里总单数减已处理数。",
        "total - processed of the newest standing counter that is not hidden.",
    ),
    "domain_changes": Name(
        "times",
        "窗口内换域名的公告与跳转到另一注册域名的次数。",
        "Notices of a new address first seen on a page, and redirects (moves with via = redirect), observed in the window.",
    ),
    "domain_days": Name(
        "days",
        "as_of 减去最近一次登记查询所给的注册日。",
        "as_of - registered_on of the newest standing registration that names one.",
    ),
    "filing_asked_days_ago": Name(
        "days",
        "as_of 减去最近一次备案查询的日期。",
        "as_of - day of the newest standing answer about the site's own domain.",
    ),
    "penalties_standing": Name(
        "records",
        "窗口内作出、未移出的处罚或经营异常记录（公开名单除外）。",
        "Standing penalty records decided in the window, not of the category of block lists, not lifted by as_of.",
    ),
    "penalties_lifted": Name(
        "records",
        "同上，已移出的。",
        "Standing penalty records decided in the window, not of the category of block lists, lifted by as_of.",
    ),
    "complaints_read_days_ago": Name(
        "days",
        "as_of 减去最近一次成功读取投诉信息源的日期（方法的结果）。",
        "as_of - day of the last healthy visit of a complaint source that covers the site, by the method's reading of visits.",
        False,
    ),
    "promises": Name(
        "promises",
        "页面作过的承诺的种类数（表 promises 的行数）。",
        "Rows of the table promises about the site.",
    ),
    "linked_sites": Name(
        "sites",
        "与该网站有关联的被观测网站数（表 links 的行数）。",
        "Rows of the table links about the site.",
    ),
    "number_sites": Name(
        "sites",
        "页脚写有同一备案号的互不相关的域名数（方法的结果）。",
        "Unrelated domains with the same filing number in their footers, by the method.",
        False,
    ),
    "resolutions_abroad": Name(
        "times",
        "解析到的地址都不在中国大陆的解析次数（方法的结果）。",
        "Checks in which no address was in mainland China, by the method.",
        False,
    ),
    "rules_asked": Name(
        "rules",
        "能核对的备案规则数（方法的结果）。",
        "Filing rules that could be asked, by the method.",
        False,
    ),
    "edits": Name(
        "edits",
        "一年内条款改动的次数（方法的结果）。",
        "Edits of the terms within a year, by the method.",
        False,
    ),
    "silent_edits": Name(
        "edits",
        "其中未公告的不利改动（方法的结果）。",
        "Those against buyers that no notice announced, by the method.",
        False,
    ),
    "restrictions_added": Name(
        "clauses",
        "这些改动新增的限制（方法的结果）。",
        "Restrictions those edits added, by the method.",
        False,
    ),
    "promises_removed": Name(
        "promises",
        "这些改动撤下的承诺（方法的结果）。",
        "Promises those edits took down, by the method.",
        False,
    ),
    "practices_stated": Name(
        "share",
        "七项做法中首页写有的（表 practices 的 stated）。",
        "of: the seven practices; n: those the newest home page states (stated in table practices).",
        False,
    ),
    "manual_products": Name(
        "products",
        "首页标明人工发货的商品数。",
        "Products the newest home page marks as delivered by hand (signs.delivery.manual).",
        False,
    ),
    "drops_4_weeks": Name(
        "complaints",
        "窗口内提出的、全部网站的未到账计数投诉（最近四个整周，周一至周日）。",
        "Counted complaints of a drop filed in the window (the last four whole weeks, Monday to Sunday), all watched sites.",
    ),
    "drops_4_weeks_before": Name(
        "complaints", "此前四个整周的，同上。", "The same of the four whole weeks before."
    ),
    "clauses": Name(
        "clauses",
        "最新的条款、公告、首页里写有的限制取回资金的条款种类（同一种只算一次；按文字匹配，方法的结果）。",
        "Kinds of clauses that keep back money on the newest terms, notice and home page, each once; by their words.",
        False,
    ),
    "orders_kept": Name(
        "orders",
        "承诺期间付款、一小时内交付的已知订单（只用于即时到账的承诺）。",
        "Known orders paid while instant delivery was promised and delivered within the hour.",
    ),
    "orders_late": Name(
        "orders",
        "承诺期间付款、满一小时仍未交付的已知订单（只用于即时到账的承诺）。",
        "Known orders paid while instant delivery was promised and not delivered within the hour, which has passed.",
    ),
    "promise_complaints": Name(
        "complaints",
        "承诺期间提出、与该承诺有关的计数投诉（投诉是主张）。",
        "Counted complaints filed while the promise stood that concern it: of a drop (instant_delivery, drop_compensation), about refunds (refund_days), withdrawal_blocked or balance_frozen (withdrawal).",
    ),
    "promise_complaints_in_time": Name(
        "complaints",
        "其中在承诺的期限内办结的（限期退款与掉单赔付）。",
        "Those of promise_complaints settled on a known day within the time limit (refund_days, drop_compensation).",
    ),
    "promise_complaints_overdue": Name(
        "complaints",
        "其中过了承诺的期限仍未办结的（限期退款与掉单赔付；办结日期不详的不算）。",
        "Those of promise_complaints not settled within the time limit, which has passed (settled on an unknown day: neither).",
    ),
    "promise_complaints_set_aside": Name(
        "complaints",
        "承诺期间提出、与该承诺有关、已列出而不计数的投诉。",
        "Complaints set aside that were filed while the promise stood and concern it, as in promise_complaints.",
    ),
    "closures_12m": Name(
        "sites",
        "近 12 个日历月里状态变为停运的网站数，每站取其中第一次。",
        "Sites whose state became closed within the window (table warnings), each by its first closing in it.",
    ),
    "closures_warned": Name(
        "share",
        "其中在打不开之前 180 天内有过预警或警报的。打不开的第一天 = 变为停运之日减去当时的 down_days。",
        "of: closures_12m; n: those with a change to warning or alarm in the 180 days before the first day down (the day of closing minus its down_days), or on none later.",
    ),
    "lead_days_median": Name(
        "days",
        "这些网站从最早一次预警到打不开的第一天的天数的中位数。",
        "Median over the n of closures_warned of (first day down - first such warning).",
    ),
    "complainants_28d": Name(
        "complaints",
        "截至该日的 28 天内提出、当时可见、属于某个信号流的计数投诉。",
        "Counted complaints of a stream filed in the window and visible on the day the warning is dated.",
    ),
    "covered_share_14d": Name(
        "share",
        "近 14 天有成功采集的日子的比例（方法的结果）。",
        "The method's share of the last days covered by a healthy visit.",
        False,
    ),
    "others_reached": Name(
        "share",
        "当天（按看到的日子）有探测的其他网站中，至少一次探测能打开的。",
        "of: other platforms with a probe seen that day; n: those with a probe that day whose outcome is ok or slow.",
    ),
    "down_days": Name(
        "days", "连续打不开的天数（方法的结果）。", "The method's run of failed probes in days.", False
    ),
}
"""The one vocabulary of figures. Terms used: docs/figures.md."""
