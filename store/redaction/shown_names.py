"""Names where a chat, a form or a link shows them: who speaks, who was invited, who signs, whose the field is. Pure.

What stands in such a place is a name or a nickname; a name is taken where it is made as most are, and is no everyday word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from store.redaction.led_names import BRANDS, Found
from store.redaction.name_parts import (
    ANY_NAME,
    COMMON,
    HAN,
    NOT_NAME,
    OTHERS,
    SHOPS,
    TAKEN,
    TRADES,
    USUAL,
    USUAL_NAME,
    is_everyday,
)
from store.redaction.rules import HELD

_CLOCK = r"\d{1,2}:\d\d(?::\d\d)?"
_DATED = rf"(?:{HELD}+\s*)?(?:20\d\d\s?[\-/.年]\s?\d{{1,2}}\s?[\-/.月]\s?\d{{1,2}}日?\s*)?{_CLOCK}"
_SPEAKER = re.compile(
    rf"(?P<x>{USUAL_NAME})(?=\s*(?:\((?:\d{{5,12}}|{TAKEN}+)\))?\s*{_DATED}|撤回了|\s?:\s?[^\s\d¥$]|[ \t]*(?:\n|$))"
)
"""At the beginning of a line, before a time, what was said or taken back."""
_QUOTED = re.compile(
    rf"[“\"「](?:(?P<x>{USUAL_NAME})(?=[”\"」](?:邀请|撤回|加入|退出|拍了拍|修改|通过|领取|被))|(?<=(?:邀请|移出|移除|了拍|请出).)(?P<y>{USUAL_NAME})(?=[”\"」]))"
)
_EXPOSED = re.compile(rf"[【\[「“\"](?<=(?:曝光|骗子|避雷|举报|投诉).)(?P<x>{USUAL_NAME})(?=[】\]」”\"])")
_ASKED = re.compile(
    rf"(?:(?:称呼|贵姓|尊姓)[^\n。!]{{0,6}}|(?:姓名|名字)\??)\n\s?[^\n:]{{1,8}}:\s?(?P<x>{ANY_NAME})(?=[\s,.。!]|$)"
)
_IN_LINK = re.compile(
    rf"(?:real_?name|true_?name|xm|payee|payer|buyer|customer|nick(?:name)?)=(?P<x>[{HAN}·]{{2,8}})"
)
_SIGNED_AS = re.compile(rf"[—\-][—\-][^\n,。—\-]{{2,20}},\s?(?P<x>{USUAL_NAME})(?=[\s,。!]|$)")
_PAID_TO = re.compile(rf"[向给](?P<x>{USUAL_NAME})(?=付款|转账|支付|打款)")
_LICENCE_OF = re.compile(
    rf"[是为叫的名户:](?P<x>[{COMMON}][{USUAL}]{{2}})(?=(?:{TRADES}){{0,4}}(?:{SHOPS})(?!铺))"
)
"""A sole trader's shop, named after them."""
_TOGETHER = re.compile(rf"我[和跟与同](?P<x>(?:[{COMMON}]|[{OTHERS}])[{USUAL}]{{2}})(?=一起|都|两|合伙|各)")
_CALLED = re.compile(rf"[,。;]叫(?P<x>[{COMMON}{OTHERS}][{USUAL}]{{2}})(?=[,。])")
_BOTH = re.compile(
    rf"(?P<x>[{COMMON}][{USUAL}]{{2}})[和与跟、](?P<y>[{COMMON}{OTHERS}][{USUAL}]{{2}})(?=是|都|两|俩|夫妻|合伙|一起)"
)
_OF_WHOM = re.compile(rf"[他她我]\((?P<x>{USUAL_NAME})\)")
_IN_QUOTES = re.compile(rf"[“\"「『‘](?P<x>[{COMMON}][{USUAL}]{{2}})(?=[”\"」』’])")
"""Nothing but a whole name between quotation marks."""
_ALONE = re.compile(rf"\n\s{{0,20}}(?P<x>{ANY_NAME})\s{{0,4}}(?=\n\s*(?:(?:20)?\d\d[年.\-/]|{HELD}|$)|$)")
"""On a line of its own, before a date or the end."""
_LETTERED = re.compile(
    r"(?P<x>[a-z](?<![a-z\-].)(?P<s>[\-.])[a-z](?:(?P=s)[a-z]){0,5}(?: [a-z](?:(?P=s)[a-z]){1,6}){1,3})(?<=[a-z\-. ]{9})(?![a-z\-])"
)
"""Letter by letter, so that no filter sees the name."""
_LINE_BEGINS = re.compile(
    rf"(?:^|\n|——|;\s?|聊天(?:记录)?(?:如下)?[:,]?)[\s>*·\-「“]{{0,4}}(?:[\[(【]?{_DATED}[\])】]?\s?:?)?\s{{0,2}}$"
)
_WHERE: dict[re.Pattern[str], tuple[str, ...]] = {
    _SPEAKER: (":", "撤回了"),
    _QUOTED: ("邀请", "移", "拍", "撤回", "加入", "退出", "修改", "通过", "领取", "被"),
    _EXPOSED: ("曝光", "骗子", "避雷", "举报", "投诉"),
    _ASKED: ("称呼", "贵姓", "尊姓", "姓名\n", "名字\n", "姓名?", "名字?"),
    _IN_LINK: ("name=", "xm=", "payee=", "payer=", "buyer=", "customer=", "nick="),
    _SIGNED_AS: ("——", "--"),
    _IN_QUOTES: ("“", '"', "「", "『", "‘"),
    _LICENCE_OF: ("店", "铺", "室", "行", "部", "馆", "市"),
    _TOGETHER: ("我",),
    _CALLED: ("叫",),
    _BOTH: ("和", "与", "跟", "、"),
    _OF_WHOM: ("(",),
    _ALONE: ("\n",),
    _LETTERED: ("-", "."),
    _PAID_TO: ("付款", "转账", "支付", "打款"),
}
"""Each pattern with words one of which a text must hold for it to match."""
SHOWN = tuple(_WHERE)
"""Patterns for which a long text is scanned at once."""
_SAYS_SO = (_ASKED, _IN_LINK)
_LATIN, _LETTER = (_IN_LINK, _LETTERED), re.compile("[a-z][a-z=.\\-]")


def find_shown(shadow: str, found: Found) -> Iterator[tuple[int, int]]:
    """Spans of names in a folded text where its form shows whose they are."""
    latin = _LETTER.search(shadow) is not None
    for pattern, words in _WHERE.items():
        if pattern in _LATIN and not latin:
            continue
        for match in found(pattern, words):
            for name in (one for one in ("x", "y") if one in match.re.groupindex and match[one] is not None):
                start, end = match.span(name)
                if pattern is _SPEAKER and not _speaks(shadow, start, end):
                    continue
                if NOT_NAME.match(shadow, start) or BRANDS.match(shadow, start):
                    continue
                if pattern in _SAYS_SO or not is_everyday(shadow, start):
                    yield start, end


def _speaks(shadow: str, start: int, end: int) -> bool:
    """Whether a line begins with the name; one of two characters before a colon alone may be any word (元宝: 一百个)."""
    begins = _LINE_BEGINS.search(shadow, max(0, start - 34), start)
    timed = begins is not None and ":" in begins.group()
    if begins is None or shadow[end : end + 4].strip(" \t")[:1] in ("", "\n"):
        return timed
    return timed or end - start > 2 or shadow[end : end + 2].lstrip()[:1] != ":"
