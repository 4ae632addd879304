"""Numbers and codes of which no word says what they are, by their form alone: read last, and taken rather than kept. Pure."""

from __future__ import annotations

import re

from store.redaction.name_parts import TAKEN
from store.redaction.numbers import NUMERALS
from store.redaction.rules import Rule

_KNOWN_BEFORE = re.compile(
    r"(?:编[号码]|单号|型号|货号|批次|版本|商品|sku|isbn|库存|投诉|受理|黑猫|工单|案件|案号|号段|发票|代码|条码|机型|部件|错误|共|约|超过?|达到?|已?售|销量|浏览|阅读|播放|粉丝|金额|余额|积分|金币|钻石|点券|总额|注册资本|价格|[¥$€£]|version|ver|build|error|code|no\.?|port|端口|登记号|时间戳|高度|第|(?:宝贝|商品|item) ?id)[^\d\n]{0,3}$"
)
"""Before a number that counts something, or names a thing or a case."""
_COUNTED_AFTER = re.compile(
    r"\s?[元块个币万亿天月年点张条件%级折次单笔分秒钻人赞粉份米克层家位名字倍组]|[.,]\d|\+|金币|点券|钻石|star"
)
_DAY = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")
_MACHINE = re.compile(r"[\"'/=&?_.#\-\\]$|[a-z](?<!uid)(?<!id)(?<!qq)$")
"""Before a number in a link, an attribute, a file's name or a code."""


def _is_unnamed(match: re.Match[str], shadow: str) -> bool:
    """A long number that counts nothing and names nothing but somebody or their account."""
    before, digits = shadow[max(0, match.start() - 14) : match.start()], match.group()
    if digits.endswith("0000") or len(set(digits)) <= 2 or _DAY.fullmatch(digits):
        return False
    return not (
        _MACHINE.search(before) or _KNOWN_BEFORE.search(before) or _COUNTED_AFTER.match(shadow, match.end())
    )


def _is_code(match: re.Match[str], shadow: str) -> bool:
    """A long number (`_is_unnamed`), or a code that opens something or names one device: letters and figures in turn, and many of both."""
    if match.group().isdigit():
        return 8 <= len(match.group()) <= 12 and _is_unnamed(match, shadow)
    code = match.group().replace("-", "")
    figures = sum(c.isdigit() for c in code)
    turns = sum(a.isdigit() != b.isdigit() for a, b in zip(code, code[1:], strict=False))
    if code.startswith("0x") or len(code) - figures < 2:
        return False
    before = shadow[max(0, match.start() - 14) : match.start()]
    if re.search(r"[a-z0-9/._=&?@\"'#\\-]$", before):
        return False
    if len(code) >= 14 and turns >= 6:  # what opens something, whatever it is called
        return True
    if _KNOWN_BEFORE.search(before):
        return False
    return (len(code) >= 12 and figures >= 4 and turns >= 3) or (figures >= 9 and turns >= 1)


_FIGURE = f"[{NUMERALS}十百]"
UNLABELLED: tuple[Rule, ...] = (
    Rule("账号", re.compile(r"[a-z0-9](?<![a-z0-9_]..) (?<![a-z0-9_]...)(?:[a-z0-9_.\-] ){6,30}[a-z0-9_](?![a-z0-9_])"), needles=(" ",)),
    Rule("账号", re.compile(r"[a-z0-9](?<![a-z0-9].)(?=[a-z\-]{0,30}+\d)[a-z0-9]{3,30}+(?:-[a-z0-9]{3,12}+){0,5}+(?![a-z0-9_@/]|[.\-][a-z0-9])"), _is_code, figures=4),
    Rule("证件", re.compile(r"[a-z](?<![a-z0-9].)[a-z]?\d{6}\([\da]\)"), needles=("(",), figures=7),
    Rule("车牌", re.compile(rf"[京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新][a-hj-np-z][\s·]?(?=[a-z0-9]{{0,5}}[{NUMERALS}])[a-hj-np-z0-9{NUMERALS}]{{5,6}}(?![a-z0-9{NUMERALS}])"), figures=3),
    Rule("地址", re.compile(r"(?:[1-5]\d\.\d{4,12}[^\d\n]{1,10}(?:7[3-9]|[89]\d|1[0-3]\d)|(?:7[3-9]|[89]\d|1[0-3]\d)\.\d{4,12}[^\d\n]{1,10}[1-5]\d)\.\d{4,12}(?![\d.])"), needles=(".",), figures=10),
    Rule("地址", re.compile(r"[ns]?\s?\d{1,3}\s?°\s?\d{1,2}\s?[′'’]\s?\d{1,2}(?:\.\d{1,4})?\s?[″\"”]?\s?[ns]?[\s,/]{0,3}[ew]?\s?\d{1,3}\s?°\s?\d{1,2}\s?[′'’]\s?\d{1,2}(?:\.\d{1,4})?\s?[″\"”]?\s?[ew]?"), needles=("°",), figures=8),
    Rule("地址", re.compile(r"[23456789cfghjmpqrvwx](?<![a-z0-9].)[23456789cfghjmpqrvwx]{7}\+[23456789cfghjmpqrvwx]{2,3}(?![a-z0-9])"), needles=("+",)),
    Rule("地址", re.compile(rf"{_FIGURE}{{2,6}}点{_FIGURE}{{4,10}}[^\w]{{1,3}}{_FIGURE}{{2,6}}点{_FIGURE}{{4,10}}"), needles=("点",)),
    Rule("网络地址", re.compile(r"\d{1,3}(?:\s?点\s?\d{1,3}){3}(?!\d)"), needles=("点",), figures=7),
    Rule("密码", re.compile(r"(?:cdk(?:ey)?|解锁码|序列号|兑换码|激活码|密钥|key)\s?[:=是为]?\s?(?P<x>(?=[a-z0-9\-]{0,30}\d)(?=[a-z0-9\-]{0,30}[a-z])[a-z0-9]{3,12}(?:-[a-z0-9]{3,12}){0,6})(?![a-z0-9.])"), needles=("cdk", "码", "序列号", "密钥", "key"), figures=1),
    Rule("密码", re.compile(r"(?:密码|口令)(?:(?:就|都|也|还|改?成了?|设)?[是为成]|[他她你我们对方商卖家给发的]{1,6}|[是为][^\x21-\x7e,。\n]{1,12})\s?(?P<x>(?=[\x21-\x7e]{0,31}\d)[a-z0-9][\x21-\x2b\x2d-\x7e]{4,31})"), needles=("密码", "口令"), figures=2),
    Rule("网络地址", re.compile(r"\d{1,3}(?:[\[(]\.[\])]\d{1,3}){3}(?!\d)"), needles=("[.", "(."), figures=4),
    Rule("账号", re.compile(r"/(?:(?:users?|u|members?|profile|people|space|author|accounts?)/|~|@)(?P<x>(?!(?:login|register|logout|index|home|center|settings|info|orders?|list|add|edit)(?![a-z0-9]))[a-z][a-z0-9_.\-]{2,30})(?![a-z0-9])(?!\.(?:html?|php|js|css|aspx?|jsp)|/[a-z])"), needles=("/user", "/u/", "/member", "/profile", "/people", "/space", "/author", "/account", "/~", "/@")),
    Rule("姓名", re.compile(r"(?:name|nick|xm|payee|payer|buyer|user|customer)=(?P<x>(?:%e[4-9]%[89ab][0-9a-f]%[89ab][0-9a-f]){2,8}|[一-鿿·]{2,8})"), needles=("name=", "nick=", "xm=", "payee=", "payer=", "buyer=", "user=", "customer=")),
    Rule("密码", re.compile(r"[a-z0-9]{5}(?<![a-z0-9].....)(?=[a-z0-9 ]{0,23}\d)(?: [a-z0-9]{5}){3,4}(?![a-z0-9 ])"), lambda m, _: 4 <= sum(c.isdigit() for c in m.group()) < 20, (" ",), 4),
    Rule("密码", re.compile(r"(?<![a-z])(?:pw|pwd|pass(?:word)?|mima)\s?[:=]\s?(?P<x>[\x21-\x7e]{4,32})"), needles=("pw", "pass", "mima")),
    Rule("网络地址", re.compile(r"(?<=ip)[\s:,是为]{0,4}(?P<x>\d{1,3}(?:\s?\.\s?\d{1,3}){3})(?![\d.])"), lambda m, _: " " in m["x"], ("ip",), 4),
    Rule("证件", re.compile(r"(?:[医社]保|学生|就诊|居住|老年|残疾)[卡证][^0-9a-z\n]{0,6}(?P<x>[a-z]{0,2}\d{6,18}[a-z0-9]?)(?![a-z0-9])"), needles=("保", "学生", "就诊", "居住", "老年", "残疾"), figures=6),
    Rule("地址", re.compile(r"///[一-鿿a-z]{1,12}(?:\.[一-鿿a-z]{1,12}){2}"), needles=("///",)),
    Rule("密码", re.compile(rf"{TAKEN}\s?[:|/]\s?(?P<x>(?=[\x21-\x7e]{{0,31}}\d)(?=[\x21-\x7e]{{0,31}}[a-z])[a-z0-9][\x21-\x2b\x2d-\x7e]{{5,31}})"), needles=(":", "|"), figures=1),
    Rule("证件", re.compile(r"passport (?:no\.?|number|#)? ?(?:is |: ?)?(?P<x>(?=[a-z0-9]{0,8}\d)[a-z0-9]{7,10})(?![a-z0-9])"), lambda m, _: sum(c.isdigit() for c in m["x"]) >= 4, ("passport",), figures=4),
    Rule("订单号", re.compile(r"(?:ems|sf|顺丰|圆通|申通|中通|韵达|极兔|邮政|京东|快递|运单|面单)(?:快递|单号|号|的|[\s:是为]){0,4}(?P<x>(?:ems\s?)?[a-z]{0,4}\d(?:[ \-]?\d){8,17})(?!\d)"), needles=("ems", "sf", "丰", "通", "韵达", "极兔", "邮政", "京东", "快递", "运单", "面单"), figures=9),
)  # fmt: skip
