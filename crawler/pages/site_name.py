"""The name a shop gives itself in its page's head: what it is searched by where it was added by its address alone. Pure."""

from __future__ import annotations

import re

from selectolax.lexbor import LexborHTMLParser

from store.text.query import host_of, normal_name

LONGEST = 24
"""Characters; a longer part of a title is a slogan."""
_APART = re.compile(r"\s*[|｜_–—·•»>/\\,，;；:：!！。]+\s*|\s+[-－]+\s*|\s*[-－]+\s+|\s{2,}")
_COMMON = re.compile(
    r"首页|主页|官网|官方|网站|平台|商城|商店|店铺|小店|在线|自助|自动|下单|发卡|发货|卡密|卡盟|卡网|点卡|充值|数字|虚拟|商品|货源|购买|"
    r"系统|服务|代刷|社区|分站|专业|最新|优惠|低价|全网|欢迎|光临|24小时|7x24|24h|网|站|店|的|"
    r"独角数卡|独角|异次元|彩虹|佰阅|风铃|玖伍|亿乐|链动|资料空白|dujiao(?:ka|[ -]?next)?|kamifaka|acg[ -]?faka|zfaka|frontend|demo|"
    r"powered by.*|home(?:page)?|index|welcome|shop|store|mall|online|faka|official|site|card",
    re.I,
)
"""What any shop of the trade may write, its software's own name included: a name of these words alone would be found in everybody's complaints."""
_ERROR = re.compile(
    r"\b[45]\d\d\b|not found|forbidden|error|错误|不存在|维护|登录|登陆|验证|跳转|请稍|loading", re.I
)


def site_name_of(tree: LexborHTMLParser) -> str | None:
    """The shop's own name: `og:site_name` and kin, else the first part of the title that is no common word; None when neither is."""
    said = [
        node.attributes.get("content") or ""
        for node in tree.css('meta[property="og:site_name"], meta[name="application-name"]')[:2]
    ]
    title = tree.css_first("title")
    said += _APART.split(title.text(strip=True)) if title is not None else []
    return next(
        (name for part in said if (name := part.strip(" \t-_【】[]()（）《》\"'")) and is_name(name)), None
    )


def is_name(text: str) -> bool:
    """Whether a text tells one shop from others: short, no address, no error, and more than the trade's common words."""
    if len(text) > LONGEST or host_of(text) or _ERROR.search(text):
        return False
    rest = normal_name(_COMMON.sub("", text))
    return len(rest) >= 2 and not rest.isdigit() and len(normal_name(text)) >= 3
