"""Figures: every number a published sentence states, with its definition (table `figures`; docs/figures.md is generated from here).

A definition says which observations count, so that anybody can count them again from the evidence.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from scoring.observations.day_index import date_of, day_number
from store.text.safe_text import in_number


@dataclass(frozen=True)
class Figure:
    """One number a sentence states; `n` and `of` are count and denominator of a share, `since` and `until` its window, both inclusive."""

    name: str
    value: float
    n: float | None = None
    of: float | None = None
    since: dt.date | None = None
    until: dt.date | None = None

    def __post_init__(self) -> None:
        """Raises KeyError for a name without a definition."""
        NAMES[self.name]


Window = tuple[dt.date | None, dt.date | None]
ALWAYS: Window = (None, None)


def days_back(last_day: int, length: int, ripe: int = 0) -> Window:
    """The window of the `length` days that end on day number `last_day`, without the newest `ripe` of them.

    It begins with the calendar at the earliest.
    """
    first = day_number(dt.date.min)
    return date_of(max(first, last_day - length + 1)), date_of(max(first, last_day - ripe))


def share(name: str, n: Any, of: Any, window: Window = ALWAYS) -> Figure:
    """The share n / of; 0 where there is nothing."""
    return Figure(name, float(n / of) if of else 0.0, float(n), float(of), *window)


def count(name: str, value: Any, window: Window = ALWAYS) -> Figure:
    """A count, or another single number."""
    return Figure(name, float(value), None, None, *window)


def two_digits(value: float) -> str:
    """Two significant digits, never as a power of ten: 100, not 1e+02."""
    return f"{float(f'{value:.2g}'):g}"


class Said(tuple[str, str]):
    """A sentence in Chinese and English, with the figures it states."""

    figures: tuple[Figure, ...]

    def __new__(cls, zh: str, en: str, *figures: Figure) -> Said:
        """The sentence and its figures."""
        said = super().__new__(cls, (zh, in_number(en)))
        said.figures = figures
        return said


def figures_of(said: tuple[str, str]) -> tuple[Figure, ...]:
    """The figures of a sentence; none of one that states no number."""
    return said.figures if isinstance(said, Said) else ()


def rows_of(host: str, place: str, figures: tuple[Figure, ...]) -> Iterator[dict[str, Any]]:
    """Rows of the figures table."""
    for figure in figures:
        yield {"host": host, "place": place, **vars(figure), "unit": NAMES[figure.name].unit}


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
        "Of counted complaints filed in the window, those answered by the end of as_of.",
    ),
    "settled": Name(
        "share",
        "窗口内提出的计数投诉中，截至当日已解决的（解决日期不详的也算）。",
        "Of counted complaints filed in the window, those settled by the end of as_of, on a known day or not.",
    ),
    "refunds_open_after_7d": Name(
        "share",
        "窗口内提出、退款类的计数投诉，解决日期不详的除外；其中满 7 天时尚未解决的。",
        "Of counted complaints about refunds filed in the window (but those settled on an unknown day), those not settled by the end of the seventh day after the day of filing.",
    ),
    "refunds_settled_unknown_day": Name(
        "complaints",
        "窗口内提出、退款类的计数投诉中，已解决而日期不详的。",
        "Counted complaints about refunds filed in the window that are settled on an unknown day.",
    ),
    "drops_settled": Name(
        "share",
        "窗口内提出的掉单计数投诉中，截至当日已解决的。",
        "Of counted complaints of a drop filed in the window, those settled by the end of as_of, on a known day or not.",
    ),
    "drops_settled_days_median": Name(
        "days",
        "窗口内提出、解决日期已知的掉单计数投诉，从提出日到解决日的天数的中位数（n 为起数）。",
        "Median of the days from filing to settling, over the n counted complaints of a drop filed in the window and settled on a known day by the end of as_of.",
    ),
    "drops_90d": Name(
        "share",
        "窗口内提出的计数投诉中，掉单的。",
        "Of counted complaints filed in the window, those of a drop.",
    ),
    "unreachable": Name(
        "share",
        "窗口内提出的计数投诉中，提到联系不上客服或网站打不开的。",
        "Of counted complaints filed in the window, those that say that nobody, or the site, can be reached (kinds unreachable, site_gone).",
    ),
    "void_after_delivery": Name(
        "share",
        "窗口内提出的计数投诉中，说卡密无效、账号或会员被收回、质保不兑现的。",
        "Of counted complaints filed in the window, those that say that a code was invalid, an account taken back or a guarantee not kept (kinds invalid_card, account_taken_back, guarantee_not_kept).",
    ),
    "withdrawal_complaints_30d": Name(
        "complaints",
        "窗口内提出的计数投诉中，反映余额提不出来或被冻结的。",
        "Counted complaints filed in the window that say that a balance cannot be withdrawn or is frozen (kinds withdrawal_blocked, balance_frozen).",
    ),
    "withdrawals_set_aside_30d": Name(
        "complaints",
        "窗口内提出、反映余额提不出来或被冻结、已列出而不计数的投诉。",
        "Complaints set aside, filed in the window, that say that a balance cannot be withdrawn or is frozen (kinds withdrawal_blocked, balance_frozen).",
    ),
    "refunds_set_aside": Name(
        "complaints",
        "窗口内提出、退款类、已列出而不计数的投诉。",
        "Complaints set aside about refunds filed in the window.",
    ),
    "drops_set_aside": Name(
        "complaints",
        "窗口内提出、掉单、已列出而不计数的投诉。",
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
        "Of usable probes observed in the window, those that did not reach the site (outcome down).",
    ),
    "orders_dropped": Name(
        "share",
        "窗口内付款、已满 24 小时的已知订单中，未按约定交付的。",
        "Of known orders paid in the window and at least 24 h old at the end of as_of, those dropped.",
    ),
    "drop_rate_estimate": Name(
        "share",
        "掉单率的估计（方法的结果，不能只靠计数得出）。",
        "The method's estimate of the drop rate; not a count.",
        False,
    ),
    "drop_rate_relative": Name(
        "ratio",
        "掉单率是同行中位数的几倍（方法的结果）。",
        "The drop rate over the sector's median, by the method; not a count.",
        False,
    ),
    "drop_rate_relative_low": Name(
        "ratio",
        "该倍数 90% 区间的下限（方法的结果）。",
        "The lower end of its 90% interval, by the method; not a count.",
        False,
    ),
    "drop_rate_relative_high": Name(
        "ratio",
        "该倍数 90% 区间的上限（方法的结果）。",
        "The upper end of its 90% interval, by the method; not a count.",
        False,
    ),
    "drop_ratio_low": Name(
        "ratio",
        "掉单投诉占比相对同行的 5% 下界（方法的结果）。",
        "The 5% lower bound of the share of drops among complaints as a multiple of the peers' (EB05), by the method; not a count.",
        False,
    ),
    "complaint_index": Name(
        "ratio",
        "每单投诉相对同行的倍数（方法的结果）。",
        "Complaints an order as a multiple of the peers', by the method; not a count.",
        False,
    ),
    "price_ratio": Name(
        "ratio",
        "近 30 天标价与同类商品中位数之比的几何平均，取价格未满 7 天的最后一天；那一天不是当日时，取它与其近 7 天平均中较低的一个。中位数：日历每 28 天一次，之前 28 天内至少 3 家网站的最近标价；商品按标题辨认（docs/methodology.md）。",
        "Geometric mean of price / median of the same goods over the prices of the 30 days up to the last day that knew a price of the 7 days before it; where that is not as_of, the lower of this and the mean of those 7 days. Median: on every 28th day of the calendar, of the latest price of each site in the 28 days up to it, at least 3 sites; goods are told by their titles (docs/methodology.md).",
    ),
    "backlog_days": Name(
        "days",
        "未处理的订单数除以每天的订单数。",
        "Orders not processed over the orders of a day (orders_unprocessed / orders_per_day).",
    ),
    "orders_per_day": Name(
        "orders",
        "每天订单数的估计（方法的结果，不能只靠计数得出）。",
        "The method's estimate of the orders a day; not a count.",
        False,
    ),
    "numbers_seen": Name(
        "share",
        "近 7 天各次成功轮询之间该信息源发出的投诉编号中，看到的。",
        "Of complaint numbers the source gave between the good polls of the window, those seen.",
    ),
    "orders_unprocessed": Name(
        "orders",
        "最近一次页面计数里总单数减已处理数。",
        "All orders less those processed, by the newest standing counter that is not hidden.",
    ),
    "domain_changes": Name(
        "times",
        "窗口内换域名的公告与跳转到另一注册域名的次数。",
        "Notices of a new address first seen on a page, and redirects (moves with via = redirect), observed in the window.",
    ),
    "domain_days": Name(
        "days",
        "从最近一次登记查询所给的注册日到截至日的天数。",
        "Days from the registration, by the newest standing record that names its day, to as_of.",
    ),
    "filing_asked_days_ago": Name(
        "days",
        "从最近一次备案查询到截至日的天数。",
        "Days from the newest standing answer about the site's own domain to as_of.",
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
        "从最近一次成功读取投诉信息源（或由它得到投诉、计数）到截至日的天数。",
        "Days from the last day on which a good visit of a complaint source covered the site, or brought a complaint or counter of it, to as_of.",
    ),
    "promises": Name(
        "promises",
        "页面作过的承诺的种类数（表 promises 的行数）。",
        "Rows of the table promises about the site.",
    ),
    "linked_sites": Name(
        "sites",
        "与该网站有关联的被观察的网站数（表 links 的行数）。",
        "Rows of the table links about the site.",
    ),
    "number_sites": Name(
        "sites",
        "最新页脚写有同一备案号、登记信息未列出的注册域名数。",
        "Registrable domains whose newest footer shows the number, without those the registry gave for it.",
    ),
    "resolutions_abroad": Name(
        "times",
        "得到地址所在地、未指向别名的解析次数（有一次在中国大陆就不说）。",
        "Standing resolutions with known places and no alias; stated only where none of them was in mainland China.",
    ),
    "edits": Name(
        "edits",
        "近 365 天条款页相邻两个版本（除空白与日期外）不同的次数。",
        "Versions of the terms within 365 days that differ from the one before in more than spaces and dates.",
    ),
    "silent_edits": Name(
        "edits",
        "其中新增限制条款或撤下承诺、前后 7 天没有公告、新版自身也没有写明更新的次数。",
        "Those that added a restriction or took a promise down, with no notice within 7 days and no word of an update in the new version.",
    ),
    "restrictions_added": Name(
        "clauses",
        "这些改动新增的限制条款种类之和（限制取回资金或依法可能无效的写法）。",
        "Kinds of restrictions those edits added (clauses that keep back money, or that the law may make void).",
    ),
    "promises_removed": Name(
        "promises",
        "这些改动撤下的承诺种类之和。",
        "Kinds of promises those edits took down.",
    ),
    "days_seen_elsewhere": Name(
        "days",
        "从各第三方索引最近一次答复里最早的一天到截至日的天数。",
        "Days from the earliest one in the newest standing answer of each third party's index (its first_on) to as_of.",
    ),
    "mentions_90d": Name(
        "mentions",
        "近 90 天网友或故障登记的站外提及。",
        "Standing mentions by people or registries said in the last 90 days.",
    ),
    "mentions_trouble_90d": Name(
        "mentions",
        "其中说订单或钱款问题（按投诉类型）且未标为已解决的。",
        "Those of mentions_90d whose kinds are about orders or money and whose state is not solved.",
    ),
    "channel_posts_90d": Name(
        "messages", "近 90 天网站自己频道的消息。", "Messages of the site's own channel in the last 90 days."
    ),
    "software_drops_365d": Name(
        "issues",
        "所用软件（知道版本时：该版本）近一年问题单中说掉单的。",
        "Issues of the last year of the software (of its version, where known) that tell of dropped orders.",
        counted=False,
    ),
    "software_issues_365d": Name(
        "issues",
        "所用软件（知道版本时：该版本）近一年的问题单。",
        "Issues of the last year of the software (of its version, where known).",
        counted=False,
    ),
    "practices_stated": Name(
        "share",
        "七项做法中，最新首页写有的（features、自动发货多于人工、赔付承诺）。",
        "Of the seven practices, those the newest home page states (signs: features, more automatic than manual delivery, a promise of compensation).",
    ),
    "manual_products": Name(
        "products",
        "最新首页标明人工发货的商品数。",
        "Products the newest home page marks as delivered by hand (signs.delivery.manual).",
    ),
    "drops_4_weeks": Name(
        "complaints",
        "窗口内提出的、全部网站的掉单计数投诉（最近四个整周，周一至周日）。",
        "Counted complaints of a drop filed in the window (the last four whole weeks, Monday to Sunday), all watched sites.",
    ),
    "drops_4_weeks_before": Name(
        "complaints", "此前四个整周的，同上。", "The same of the four whole weeks before."
    ),
    "clauses": Name(
        "clauses",
        "最新的条款、公告、首页里写有的限制取回资金的条款种类（同一种只算一次，按文字匹配）。",
        "Kinds of clauses that keep back money on the newest terms, notice and home page, each once; by their words.",
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
        "其中在承诺的期限内解决的（限期退款与掉单赔付）。",
        "Those of promise_complaints settled on a known day within the time limit (refund_days, drop_compensation).",
    ),
    "promise_complaints_overdue": Name(
        "complaints",
        "其中过了承诺的期限仍未解决的（限期退款与掉单赔付；解决日期不详的不算）。",
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
    "closures_down_at_first": Name(
        "sites",
        "其中我们开始观察时就已打不开（此前没有一次探测得到回应，answered_before 为 0）、此前也没有预警过的：不可能事先预警。",
        "Those of closures_12m that were down when we first looked (answered_before 0) and had no warning before: nobody could have warned of them.",
    ),
    "closures_warned": Name(
        "share",
        "其余停运网站（closures_12m 减 closures_down_at_first）中，在打不开之前 180 天内有过预警或警报的。打不开的第一天 = 变为停运之日减去当时的 down_days。",
        "Of closures_12m less closures_down_at_first, those with a change to warning or alarm in the 180 days before the first day down (the day of closing minus its down_days), or on none later.",
    ),
    "lead_days_median": Name(
        "days",
        "这些网站从最早一次预警到打不开的第一天的天数的中位数。",
        "Median of the days from the first such warning to the first day down, over the n of closures_warned.",
    ),
    "complainants_28d": Name(
        "complaints",
        "截至该日的 28 天内提出、当时可见、属于某一类迹象的计数投诉。",
        "Counted complaints of a stream filed in the window and visible on the day the warning is dated.",
    ),
    "covered_share_14d": Name(
        "share",
        "窗口内有覆盖的日子所占比例；首次覆盖不足 14 天时从首次算起。某日有覆盖 = 此前 7 天内有信息源成功看过该网站，且其后没有失败。",
        "Covered days of the window; from the first covered day on where that is less than 14 days ago. Covered: a source looked at the site with success within 7 days and has not failed since.",
    ),
    "others_reached": Name(
        "share",
        "当天（按看到的日子）有探测的其他网站中，至少一次探测能打开的。",
        "Of other platforms with a probe seen that day, those with a probe that day whose outcome is ok or slow.",
    ),
    "down_days": Name(
        "days",
        "截至该日，最近一次探测与其前连续打不开的第一次探测相隔的天数（不计我方线路故障的探测）。",
        "Days from the first to the last of the unbroken run of probes, up to the day, that found the site down; probes of days our own line failed are left out.",
    ),
    "answered_before": Name(
        "probes",
        "截至该日，网站有回应的探测次数（拒绝访问也是回应）；0 表示从我们开始观察时就打不开。",
        "Probes up to the day that the site answered (a refusal is an answer); 0: it was down when we first looked.",
    ),
}
"""The one vocabulary of figures. Terms used: docs/figures.md."""
