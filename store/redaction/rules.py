"""What personal data looks like after a keyword or by its form, and what is public: the tables redaction works through. Pure.

All patterns are read against a folded text (FOLD): one character for one, ASCII in lower case. Each begins with a literal
or a set wherever it can, because the engine then skips to the next candidate instead of trying every position.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from opencc import OpenCC

from store.redaction.name_parts import TAKEN
from store.redaction.numbers import CALLED, DIGIT, NUMERALS, SPELLED, TO_DIGITS

HELD = "\ue000"
"""Stands in the folded text for what must survive."""
_LOOKS_LATIN = "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘꞯʀꜱᴛᴜᴠᴡʏᴢаеорсухѵіјѕԛԝАВЕКМНОРСТХνοχωΝΟΧ"
_LATIN = "abcdefghijklmnopqrstuvwyzaeopcyxvijsqwabekmhopctxvoxwnox"
_FIGURES = frozenset(map(float, range(10)))


def _folding() -> dict[int, int]:
    """One character for one: compatibility letters and digits to ASCII lower case, traditional characters to simplified."""
    # Characters that stay are in the table too: for a missing key str.translate raises and catches an error.
    table = {code: chr(code) for code in (*range(0x80), *range(0x3000, 0x3040), *range(0x4E00, 0xA000))}
    table |= {ord(c): c.lower() for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
    for low, high in (
        (0x80, 0x3000),
        (0x3021, 0x302A),
        (0x3200, 0x3400),
        (0xFE00, 0x10000),
        (0x1D400, 0x1D800),
        (0x1F100, 0x1F150),
        (0x1F150, 0x1F18A),
    ):
        for code in range(low, high):
            plain = unicodedata.normalize("NFKC", chr(code))
            figure = unicodedata.numeric(chr(code), -1.0)
            if len(plain) == 1 and plain.isascii():
                table[code] = plain.lower()
            elif figure in _FIGURES:
                table[code] = str(int(figure))
            elif code >= 0x1F150 and (circled := (code - 0x1F150) % 32) < 26:  # white letters on black
                table[code] = chr(ord("a") + circled)
    table |= {ord(c): plain for c, plain in zip(_LOOKS_LATIN, _LATIN, strict=True)}
    han = [chr(code) for code in range(0x4E00, 0xA000)]
    plain_han = OpenCC("t2s").convert("\n".join(han)).split("\n")
    table |= {ord(c): plain for c, plain in zip(han, plain_han, strict=True) if len(plain) == 1}
    table |= (
        dict.fromkeys(map(ord, "嶶溦徾癓"), "微")
        | dict.fromkeys(map(ord, "•‧・∙⋅"), "·")
        | {ord(a): b for a, b in zip("〖〗〔〕", "[][]", strict=True)}
    )
    table |= {ord(HELD): " ", ord(TAKEN): " ", 0x3000: " ", 0xA0: " ", ord("帐"): "账"}
    return {code: ord(folded) for code, folded in table.items()}


FOLD = _folding()
_LONG = 200
"""Characters from which a table of all characters beats looking each up."""


@cache
def _table() -> NDArray[np.uint32]:
    table = np.arange(0x110000, dtype="<u4")
    table[list(FOLD)] = list(FOLD.values())
    return table


def fold(text: str) -> str:
    """`text` in one spelling, of the same length."""
    if len(text) < _LONG:
        return text.translate(FOLD)
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")
    folded: bytes = _table()[codes].tobytes()
    return folded.decode("utf-32-le", "surrogatepass")


_P = "[京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝蜀川黔贵滇云藏陕秦陇甘青宁新]"
_KINDS = "手机号|电话|邮箱|身份证|证件|生日|银行卡|订单号|QQ|微信|账号|密码|姓名|地址|车牌|网络地址|尾号"
TOKEN = re.compile(rf"\[(?:{_KINDS})#(\d{{1,4}})\]", re.IGNORECASE)
"""A token left by redaction; group 1 is its number."""
Check = Callable[[re.Match[str], str], bool]


@dataclass(frozen=True, slots=True)
class Rule:
    """One form: its type, the pattern (group x, if any, is what counts), a check, substrings one of which it needs, how many figures,
    and what must come, at most `reach` characters from its beginning: looked for first where a pattern begins with any letter.
    """

    kind: str
    pattern: re.Pattern[str]
    check: Check | None = None
    needles: tuple[str, ...] = ()
    figures: int = 0
    followed: re.Pattern[str] | None = None
    reach: int = 0


_MAIL = (
    r"(?:vip\.)?(?:qq|163|126|139|189|sina|sohu|gmail|outlook|hotmail|foxmail|yahoo|aliyun|icloud|live|msn)"
)
_PROFILES = r"(?:weibo|bilibili|douyin|iesdouyin|kuaishou|xiaohongshu|xhslink|zhihu|douban|facebook|instagram|twitter|x|linkedin|tiktok|v\.kuaishou|v\.douyin|(?:u|work\.weixin|weixin|qm|im|jq|wpa|user\.qzone)\.(?:wechat|qq)|goofish)\.com"
_AT = tuple(f"{bracket}{space}at" for bracket in "[(【" for space in ("", " ", "\t", "\n"))


def _no_letter_before(match: re.Match[str], shadow: str) -> bool:
    before = shadow[match.start() - 1 : match.start()]
    return not (match.group()[0].isascii() and before.isascii() and before.isalnum())


_BORN_IN = rf"(?:[12][089]\d\d|{DIGIT}{{2}}(?:{DIGIT}{{2}})?)"
_DAY = rf"(?:{DIGIT}|[十腊正])"


def _is_birth(match: re.Match[str], _: str) -> bool:
    """A year somebody alive was born in; after 我是 only where the sentence says that it is one (“的”, “生”, its end)."""
    year = re.split(r"[年.\-/]", match["x"], maxsplit=1)[0].strip().translate(TO_DIGITS)
    born = year.isdigit() and (int(year) <= 15 or 30 <= int(year) <= 99 or 1930 <= int(year) <= 2015)
    return born and (
        not match.group().startswith("我是") or match["end"] in ("", "的", "生", "出", ",", "。", ".")
    )


def _is_wallet(match: re.Match[str], shadow: str) -> bool:
    found = match.group()
    figures = sum(c.isdigit() for c in found)
    return _no_letter_before(match, shadow) and 3 <= figures < len(found) - 3


_PROSE = re.compile(rf" at (?!{_MAIL})[^@]*(?:\. |\.\d[^a-z]*$)")


def _is_mail(match: re.Match[str], _: str) -> bool:
    """A name and a host; not the words of a sentence (“looking at home. The”), nor a figure (“recall at 0.60”)."""
    return match["x"] is not None and not _PROSE.search(match["x"])


def _not_a_host(match: re.Match[str], shadow: str) -> bool:
    return _no_letter_before(match, shadow) and not match.group().startswith("www")


FIRST: tuple[Rule, ...] = (
    Rule("账号", re.compile(rf"(?:{_PROFILES}|work\.weixin\.qq\.com|u\.wechat\.com)/(?P<x>(?!help|about|search|static)[^\s\"'<>,。;)\[\]]{{3,200}})"), _no_letter_before, (".com/",)),
    Rule("账号", re.compile(r"(?:uin|uid|user_?id|wxid|openid|unionid|domain|account|name|user|tel|phone|mobile|qq|id_?card|token|phpsessid|session_?id|sid)=(?P<x>[^\s&\"'<>,。;#{}\[\]]{3,200})"), _no_letter_before, ("=",)),
    Rule("账号", re.compile(r"[?&](?:[a-z]{1,12}_)?(?:key|sign|signature|sig|auth|ticket|secret|e?mail|contact|wechat|weixin|wx|pwd|pass|password|passwd|inviter?|aff)=(?P<x>(?=[^\s&\d]{0,40}\d)[^\s&\"'<>,。;#{}\[\]]{4,200})"), needles=("?", "&")),
    # Somebody's part of a site's own address, as in a link that invites; goods have other words before their number.
    Rule("账号", re.compile(r"/(?:u|people|space|author|@)/?(?<=/|@)(?P<x>(?!(?:login|logout|register|profile|index|center|home|orders?|info|lists?|settings?|password|reset|agent|about|contact|feed|posts?)(?![a-z]))[a-z][a-z0-9_.\-]{3,30}[a-z0-9_])(?![a-z0-9._\-/])"), needles=("/u/", "/people/", "/space/", "/author/", "/@")),
    Rule("账号", re.compile(r"/(?:u|user|users|uid|member|members|space|people|profile|invite|invitation|inviter?|reg|register|agent|aff|ref|share|i)/(?:(?:u|user|profile|info|id|home)/)?(?P<x>(?=[a-z_\-]{0,30}\d)[a-z0-9_\-]{4,40})(?![a-z0-9._\-])"), needles=("/",), figures=2),
    Rule("邮箱", re.compile(r"(?:qq|163|126|139|新浪|搜狐|foxmail|gmail|outlook)邮箱[\s:是为]{1,3}(?P<x>(?=[a-z._\-]{0,30}\d)[a-z0-9][a-z0-9._\-]{3,40})(?![a-z0-9@._\-])"), needles=("邮箱",), figures=1),
    Rule("账号", re.compile(r"linkedin\.com/in/(?P<x>[a-z0-9_\-]{3,60})"), needles=("/in/",)),
    Rule("账号", re.compile(r"(?:0x[0-9a-f]{40}|bc1[a-z0-9]{25,60}|t[1-9a-hj-np-z][1-9a-z]{32})(?![a-z0-9])"), _is_wallet, figures=4),
    # A sign, or a word for one, between a name and a known provider of mail.
    Rule("邮箱", re.compile(rf"[a-z0-9][a-z0-9._\-]{{2,40}}(?:\s?[^a-z0-9.。;:/,\s]{{1,4}}\s?|[^a-z0-9.。;:/,]{{0,2}}(?:&#64;|%40|(?<=[(_\-\[〔<【])(?:a|at)(?=[)_\-\]〕>】]))[^a-z0-9]{{0,2}}){_MAIL}(?:\s?(?:[.,。]|点)\s?(?:com|cn|net)|\s?[\[(〔<]\s?(?:点|dot)\s?[\])〕>]\s?(?:com|cn|net)|(?:com|cn))(?![a-z])"), _not_a_host, ("com", "cn", "net"),
         followed=re.compile(rf"{_MAIL}(?:\s?(?:[.,。]|点)\s?(?:com|cn|net)|\s?[\[(〔<]\s?(?:点|dot)|com|cn)"), reach=50),
    Rule("邮箱", re.compile(rf"(?:邮箱|e-?mail)[\s:是为]{{0,3}}(?P<x>[a-z0-9][a-z0-9._\-]{{3,40}})[\s,]{{0,2}}(?:用的|是)?{_MAIL}邮?箱"), needles=("箱", "mail")),
    Rule("生日", re.compile(rf"(?:生日|出生日期|出生年月日?|出生在?|出生于|生于|生辰|阴历|农历|我是)\s?[:是为在]{{0,2}}\s?(?P<x>{_BORN_IN}\s?[年.\-/]\s?{_DAY}{{1,3}}(?:\s?[月.\-/]\s?[初廿]?{_DAY}{{1,3}}\s?[日号]?|月)?)(?!\d)(?=(?P<end>.?))"), _is_birth, ("生", "历", "我是")),
    Rule("生日", re.compile(rf"(?P<x>{_BORN_IN}\s?年\s?(?:[农阴旧阳]历\s?)?{_DAY}{{1,3}}\s?月(?:\s?[初廿]?{_DAY}{{1,3}}\s?[日号]?)?)\s?(?:出生|生人|生的|生(?=[\s,.。;!?]|$))"), needles=("生",)),
    Rule("账号", re.compile(r"(?:t|telegram|wa|line|discord|signal)\s?(?:[.。]|点|dot)\s?(?:me|dog|gg|group)\s?(?:/|斜[杠线]|杠)\s?(?:ti/p/|s/|joinchat/)?(?P<x>[@~a-z0-9_+\-]{4,40})"), _no_letter_before, ("me", "dog", "gg", "group")),
    Rule("生日", re.compile(r"(?P<x>(?:19[3-9]\d|200\d|201[0-5])(?:\s?年(?=\s?(?:的|出?生))|\s?[年\-./]\s?\d{1,2}\s?[月\-./]\s?\d{1,2}\s?[日号]?|\d{4}))\s?(?:是?的?出生|的?生日|生的|生人|生(?![日活产成效意长态机存]))"), needles=("生",)),
    Rule("生日", re.compile(r"(?:生日|身份证上?)[^\d。;!?\n]{0,8}(?P<x>(?:19[3-9]\d|200\d|201[0-5])(?:\s?[\-/.年]\s?\d{1,2}\s?[\-/.月]\s?\d{1,2}日?|(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?!\d))|(?<=说)\d\d年\d{1,2}月\d{1,2}[号日])"), needles=("生日", "身份证"), figures=6),
    Rule("生日", re.compile(r"(?:birthday|born|dob|birth)[^\d\n.]{0,12}(?P<x>\d{1,2}(?:st|nd|rd|th)? ?[a-z]{3,9} ?(?:19[3-9]\d|200\d|201[0-5])|[a-z]{3,9} \d{1,2}(?:st|nd|rd|th)?,? (?:19[3-9]\d|200\d|201[0-5]))"), needles=("birth", "born", "dob"), figures=5),
    Rule("生日", re.compile(r"(?:生日|出生日期|出生年月日?|出生于?|生于|生辰|dob|birthday|date of birth|born(?: on)?)\s?[:是为]?\s?(?P<x>(?:(?:19|20)\d\d|\d\d)\s?[年\-./]\s?\d{1,2}\s?[月\-./]\s?\d{1,2}\s?[日号]?|(?:19|20)\d{6}(?!\d))"), needles=("生", "dob", "birth", "born")),
    Rule("邮箱", re.compile(r"[a-z0-9][a-z0-9._\-]{2,40}\s?[#*]\s?(?:qq|163|126|139|189|sina|sohu|gmail|outlook|hotmail|foxmail|yahoo|aliyun|icloud|live|msn)\s?(?:\.|点)\s?(?:com|cn|net)(?![a-z])"), needles=("#", "*"),
         followed=re.compile(r"[#*]\s?(?:qq|163|126|139|189|sina|sohu|gmail|outlook|hotmail|foxmail|yahoo|aliyun|icloud|live|msn)"), reach=42),
    Rule("邮箱", re.compile(rf"[a-z0-9][a-z0-9._\-]{{2,40}}\s?[(\[【]?(?:@|艾特|圈a|小老鼠|老鼠)[)\]】]?\s?{_MAIL}\s?(?:邮箱|(?:\.|点)\s?(?:com|cn|net)|(?![a-z0-9.]))"), needles=("@", "艾特", "圈a", "老鼠"),
         followed=re.compile(rf"(?:@|艾特|圈a|老鼠)[)\]】]?\s?{_MAIL}"), reach=44),
    # A sign in a circle is folded to the letter in it, capital AT to small letters.
    Rule("邮箱", re.compile(r"(?:邮箱|e-?mail|联系|发到|账号)(?:地址|[\s:是为]){0,3}(?P<x>[a-z0-9][a-z0-9._\-]{2,40}?(?:at|a)(?:qq|163|126|139|sina|gmail|outlook|hotmail|foxmail|icloud)\.com)(?![a-z0-9])"), needles=("qq.", "163.", "126.", "139.", "sina.", "mail.", "outlook.", "icloud.")),
    # Of a long run only the end can be the name before an @: the rest is stepped over, or each sign of it would be tried.
    Rule("邮箱", re.compile(r"[a-z0-9._%+\-]{200}(?=[a-z0-9._%+\-]{65})|(?P<x>[a-z0-9][a-z0-9._%+\-]{0,63}[ \t]?(?:@|[\[【][ \t\n]?(?:at|@)\s?[\]】]|\([ \t\n]?(?:at|@)\s?\)|艾特|圈a|#at#| at )[ \t]?[a-z0-9][a-z0-9\-]{0,62}"
     r"(?:(?:。|[ \t]?(?:\.|点|[\[【]\s?(?:dot|\.)\s?[\]】]|\(\s?(?:dot|\.)\s?\)| dot )[ \t]?)[a-z0-9\-]{2,63}){1,4})"), _is_mail, ("@", "艾特", "圈a", "#at#", " at ", *_AT)),
)  # fmt: skip
"""Before PUBLIC, because these hold a host."""
# Public by law or by purpose, or plainly not a person's: set aside before any rule looks.
PUBLIC: tuple[Rule, ...] = (
    Rule("标记", re.compile(TOKEN.pattern.lower()), needles=("#",)),
    Rule("备案", re.compile(rf"{_P}\s?icp\s?[备证]\s?(?:字\s?)?(?:第\s?)?(?!1[3-9]\d{{9}}(?!\d))\d{{6,12}}(?!\d)\s?号?(?:\s?-\s?\d{{1,4}})?"), needles=("icp",)),
    Rule("备案", re.compile(r"公(?:网安备|安备案号?\s?:?)\s?\d{13,14}\s?号?|(?:recordcode|code)=\d{14}(?!\d)"), needles=("公网安备", "公安备案", "code=")),
    Rule("许可", re.compile(r"[ab][12](?:\.[ab][12]){0,3}\s?-\s?\d{8}(?:-\d{1,4})?(?!\d)"), needles=("1-", "2-", "1 -", "2 -")),
    Rule("代码", re.compile(r"(?:信用代码|注册号|税号|许可证编?号)\s?[:为是]?\s?[0-9a-hj-npqrtuwxy]{15,18}(?![0-9a-z])"), needles=("代码", "注册号", "税号", "许可证")),
    Rule("代码", re.compile(r"9(?<![0-9a-z]9)1(?!\d{4}(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dx])\d{6}[0-9a-hj-npqrtuwxy]{10}(?![0-9a-z])"), needles=("91",)),
    Rule("网址", re.compile(r"(?:https?|hxxps?)://[a-z0-9.\-]{1,253}(?::\d{1,5})?"), needles=("://",)),
    Rule("网址", re.compile(r"[a-z0-9](?<![0-9a-z@.\-_].)[a-z0-9\-]{0,62}\.(?:[a-z0-9\-]{1,63}\.){0,6}(?:com|cn|net|org|test|example|top|vip|shop|xyz|cc)(?![a-z0-9@\-])"),
         needles=(".c", ".n", ".o", ".t", ".e", ".v", ".s", ".x")),
    Rule("日期", re.compile(r"[12][09](?<![\d-]\d\d)\d\d(?:-\d{1,2}-\d{1,2}|/\d{1,2}/\d{1,2}|\.\d{1,2}\.\d{1,2}|年\d{1,2}月\d{1,2}日?)(?![\d\-./])"),
         needles=("20", "19")),
    Rule("编号", re.compile(r"(?:投诉|受理|回执|工单|黑猫|消费保|案件|诉求|登记)\(?(?:(?:单|编)?号\s?[:为是]?|(?=\())\s?\(?17\d{9}(?!\d)"), needles=("投诉", "受理", "回执", "工单", "黑猫", "消费保", "案件", "诉求", "登记"), figures=11),
    Rule("编号", re.compile(r"(?:商品(?:编码|条码)|条形?码|isbn|issn|ean|upc)\s?[:为是]?\s?(?:97[89]-?)?\d(?:-?\d){6,13}(?![\d-])"), needles=("码", "isbn", "issn", "ean", "upc")),
    Rule("散列", re.compile(r"(?:[0-9a-f](?<![0-9a-f].)(?=[0-9a-f]{0,20}[a-f]))(?:[0-9a-f]{63}|[0-9a-f]{39}|[0-9a-f]{31})(?![0-9a-f])"), needles=tuple("abcdef")),
    Rule("小数", re.compile(r"\d(?<![\d.]\d)\d{0,2}\.\d{13,17}(?!\d)"), needles=(".",)),
    Rule("热线", re.compile(r"[19](?<![\d.]\d)(?<![尾后]号.)(?:23\d\d|2[25]\d\d|5\d{3}|6\d{3}|51\d{5}|6110)(?![\d.])(?=\s?(?:[、,/和或与及]\s?[19]|咨询|投诉|举报|反映|热线|客服|电话|均|都|也))|(?<=打)9510\d{4}(?!\d)"), needles=("1", "9"), figures=5),
    Rule("热线", re.compile(r"[48](?<!\d\d)00[ -]?\d{3}[ -]?\d{4}(?!\d)"), needles=("400", "800")),
    Rule("热线", re.compile(r"(?:腾讯|网易|阿里|支付宝|京东|美团|抖音|快手|字节|百度|移动|联通|电信|苹果|华为|小米|财付通|公司|集团|银行|[局委会院])(?:官方)?(?:客服|热线|总机)(?:热线|电话|[\s:是为]){0,4}\(?0\d{2,3}\)?[ -]?\d{7,8}(?!\d)"), needles=("客服", "热线", "总机"), figures=10),
)  # fmt: skip

_UNITS = "元块个币万天月年点张条件%q级折次单笔小分秒金钻人百千赞粉份"
_SAID = r"(?:号码|邮箱|账号|账户|号|id|为|是|叫|加|搜索?|找|添加|联系|[\s:=+\-_,(➕#❤♥\ufe0f]){0,6}"
_DIGITS = rf"{DIGIT}(?:[ \-.·_*~]{{0,2}}{DIGIT}){{4,11}}(?!{DIGIT})"
_NOT_IDS = {"android", "iphone", "windows", "wechat", "weixin", "alipay", "wxpay", "harmonyos", "miniprogram"}


def _is_number(match: re.Match[str], shadow: str) -> bool:
    """A QQ number: five to twelve digits that count nothing; of nine and more hardly anything is counted but money."""
    rest = shadow[match.end("x") : match.end("x") + 2].lstrip()
    long = sum(not c.isspace() and c not in ",." for c in match["x"]) >= 9 and not match["x"].endswith("000")
    counted = rest[:1] in tuple("元块币万亿" if long else _UNITS) and rest[:2] not in ("秒发", "秒回", "秒到")
    return _no_letter_before(match, shadow) and not counted and not re.match(r"\.\d", rest)


def _is_wechat(match: re.Match[str], shadow: str) -> bool:
    name = match["x"]
    if not "a" <= name[0] <= "z":
        return _is_number(match, shadow)
    if name in _NOT_IDS or len(name) < 6 or not _no_letter_before(match, shadow):
        return False
    told = match["said"].strip() != "" or not match.group().startswith("微")
    return told or re.search(r"[0-9_\-]", name) is not None


def _is_telegram(match: re.Match[str], shadow: str) -> bool:
    sure = re.search(r"[@:号]|\d", match.group()) is not None
    return sure and _no_letter_before(match, shadow)


def _is_order(match: re.Match[str], shadow: str) -> bool:
    digits: int = sum(c.isdigit() for c in match["x"])
    return digits >= (4 if "号" in match.group("key") or match.group().startswith("o") else 8)


_RESOLVERS = frozenset((
    "8.8.8.8", "8.8.4.4", "1.1.1.1", "1.0.0.1", "9.9.9.9", "114.114.114.114", "114.114.115.115", "223.5.5.5", "223.6.6.6", "119.29.29.29", "180.76.76.76", "1.2.4.8",
))  # fmt: skip
"""Public name servers, which anybody may set."""


def _is_address(match: re.Match[str], shadow: str) -> bool:
    octets = match["x"].split(".")
    before = shadow[max(0, match.start() - 3) : match.start()]
    return all(int(o) < 256 for o in octets) and not (
        re.search(r"v\s?$|版本?号?\s?$|ver|[a-z]/$|端\s?$|系统\s?$|固件\s?$", before)
        or match["x"].startswith(("127.0.0.", "192.168."))
        or match["x"] in _RESOLVERS
        or re.match(r"\s?版|/\d{1,2}(?!\d)", shadow[match.end() :])
    )


def _is_plate(match: re.Match[str], shadow: str) -> bool:
    digits = sum(c.isdigit() for c in match.group())
    return digits >= 2 or (digits == 1 and match.group()[0] not in "新云黑贵青宁藏")


_DOMAIN = re.compile(r"\.(?:com|cn|net|org|test|example|top|vip|shop|xyz|cc)$")


def _no_domain(match: re.Match[str], shadow: str) -> bool:
    return _no_letter_before(match, shadow) and match["x"] not in _NOT_IDS and not _DOMAIN.search(match["x"])


def _is_other_service(match: re.Match[str], shadow: str) -> bool:
    """A name or number on another service: no host, and a number only where it counts nothing."""
    figures = not match["x"].isdigit() or (len(match["x"]) >= 6 and _is_number(match, shadow))
    return figures and _no_domain(match, shadow)


def _is_handle(match: re.Match[str], shadow: str) -> bool:
    """A name on another service: said to be one (号, id, a colon), or with a digit or a line in it."""
    told = re.search(r"[号:@]|id|账|用户", match["said"]) is not None
    return _no_letter_before(match, shadow) and (told or re.search(r"[0-9_]", match["x"]) is not None)


def _is_mistyped(match: re.Match[str], shadow: str) -> bool:
    """Whether letters stand for a few figures of a number: at most half of them."""
    return _no_letter_before(match, shadow) and 2 * sum(c.isdigit() for c in match.group()) > 11


_GAP = r"[\s\-.]{0,2}"
_WHATEVER = rf"(?P<x>(?=\d{{0,14}}[ol])[1-9l][\dol]{{5,17}}(?![a-z0-9])|{SPELLED})"
"""A number in any spelling, also with l and O for 1 and 0, behind a word that says what it is."""


_HOURS = re.compile(r"[0-2]?\d:[0-5]\d(?!\d)")


def _counts_nothing(match: re.Match[str], shadow: str) -> bool:
    """Whether a number after a keyword holds four figures and no unit follows it."""
    figures = sum(c.isdigit() or c in NUMERALS for c in match["x"])
    return figures >= 4 and _is_number(match, shadow) and not _HOURS.match(match["x"])


_PAPERS = (
    r"(?:工作|残疾|结婚|离婚|退役|退伍|学生|教师|毕业|学位|执业|准考|行驶|房产|不动产|出生|暂住|居住|健康|老年|优待|军人|警官|士兵|军官|(?:港澳|台湾|澳门|香港)(?:居民)?(?:身份)?)证"
    r"|社会保障卡?|(?:户|户口簿?|病历|就诊卡?|住院|门诊|保单|公积金|准考证|学籍|档案|车架|发动机|宽带|员工|警官证|参保)号"
)
_SERVICE_WORDS = (
    "音",
    "抖:",
    "douyin",
    "k手",
    "筷手",
    "h书",
    "红鼠",
    "红书",
    "✈",
    "频道",
    "蝙蝠",
    "potato",
    "脸书",
    "skype",
    "咸鱼",
    "昵称",
    "会员名",
    "角色",
    "编号",
    "id",
    "号",
    "signal",
    "steam",
    "epic",
    "discord",
    "群组",
    "主页",
)
_SERVICES = r"✈|抖(?=:)|douyin|(?<![a-z])d\s?音|抖y|豆音|抖阴|某音|(?<![a-z])k手|筷手|小h书|小红鼠|红书|频道客服|蝙蝠|potato|脸书|skype|咸鱼|signal|steam|epic|discord|群组|(?:游戏|角色|会员|平台|注册|登录|用户)(?:昵称|名|编号|id|号)|编号(?<!商品编号)(?<!产品编号)|主页"


def _is_tail(match: re.Match[str], shadow: str) -> bool:
    """The end of somebody's number, not of an order, nor the kind of a number for sale (靓号尾号888)."""
    before = shadow[max(0, match.start() - 4) : match.start()].rstrip(" 的")
    return (len(set(match["x"])) > 1 or not before.endswith("靓号")) and not before.endswith(
        ("单号", "订单", "编号")
    )


def _counts_none(match: re.Match[str], shadow: str) -> bool:
    return re.match(rf"\s?[{_UNITS}]", shadow[match.end("x") :]) is None


_AMOUNT = re.compile(r"\d+(?:[.,]\d+)*")


def _is_secret(match: re.Match[str], shadow: str) -> bool:
    """What stands after 密码 and its like, where it is no count (60 秒, 6 位, 100 元)."""
    return not _AMOUNT.fullmatch(match["x"]) or match["end"].strip()[:1] not in (*_UNITS, "位", "次", "个")


def _is_ipv6(match: re.Match[str], shadow: str) -> bool:
    found = match.group()
    if "::" not in found and found.count(":") != 7:
        return False
    try:
        ipaddress.IPv6Address(found)
    except ValueError:
        return False
    return sum(c in "0123456789abcdef" for c in found) >= 6


_COUNTED = re.compile(r"[元块年月日时天个张次段条兆,/、~]|到|to|分钟|流量|(?<![a-z])[gm]b?(?![a-z])")
_IN_PARTS = re.compile(
    r"念|拆开|分开|前半|后半|中间|末尾|跟着|连着|连起来|拼|之后|再来|紧接|剩下|其余|最后|后面|再|接|然后|结尾|开头|去掉|删|括号|谢谢|后[四4]位|前三位|空格"
)


def _is_told_in_parts(match: re.Match[str], shadow: str) -> bool:
    """Whether 3, 4 and 4 digits with words or signs between them are one number: the same between both, or brackets, or told so."""
    one, two = match["s"], match["t"]
    if shadow[match.start() - 1 : match.start()].isdigit() or shadow[match.end() : match.end() + 1] in (
        *"年月元块",
        ".",
    ):
        return False
    if one == two and not re.search(r"[元块年月日号,/、~\s.\-]|^to$", one):
        return True
    inside = match.group()
    brackets = re.fullmatch(r"[\[({【<「『《〔“].{0,6}|[\])}】>」』》〕”].{0,6}", one) and re.fullmatch(
        r"[\])}】>」』》〕”].{0,6}|.{0,6}[\])}】>」』》〕”]", two
    )
    told = len(_IN_PARTS.findall(inside)) + bool(
        _IN_PARTS.search(shadow[max(0, match.start() - 8) : match.start()])
    )
    called = CALLED.search(shadow, max(0, match.start() - 8), match.start())
    return bool(brackets) or told >= 2 or bool(called and not _COUNTED.search(one + two))


def _is_told_in_pieces(match: re.Match[str], shadow: str) -> bool:
    """Whether pieces of any length make eleven figures and words around or between them say that they belong together."""
    start, inside = match.start(), match.group()
    if shadow[start - 1 : start].isdigit() or sum(c.isdigit() for c in inside) != 11:
        return False
    between = re.sub(r"\d+", " ", inside)
    before = shadow[max(0, start - 8) : start]
    if re.search("[元块年月日时天个张次段条兆~]|到|至", between) or re.match(
        rf"\s?[{_UNITS}]|\.\d", shadow[match.end() :]
    ):
        return False
    return _IN_PARTS.search(between) is not None or (
        (CALLED.search(before) is not None or re.search("前[三3四4几]|开头|前面", before) is not None)
        and re.search(r"[a-z0-9\u4e00-\u9fff]{3}", between) is None
    )


_OFFICIAL = "官方|客服|公司|黑猫|消费|警|网信|发布|监管|报|新闻|央视|平台|12315"
_NOBODYS = (
    "改",
    "被",
    "没",
    "不",
    "也",
    "已",
    "无",
    "打",
    "填",
    "写",
    "重",
    "错",
    "怎",
    "都",
    "和",
    "或",
    "就",
    "一样",
    "对不",
    "里",
    "要",
    "只",
    "随",
    "显示",
    "带",
    "太",
    "违",
    "未",
    "暂",
    "请",
    "自动",
)


def _is_nickname(match: re.Match[str], shadow: str) -> bool:
    return re.search(r"\d", match["x"]) is not None or not match["x"].startswith(_NOBODYS)


_PLACES = "贴吧|百度|抖音|快手|小红书|b站|哔哩哔哩|微博|闲鱼|转转|淘宝|拼多多|陌陌|探探|知乎|豆瓣|虎牙|斗鱼|微信|qq|tg|电报|飞机|某[乎音书鱼宝博站手]"
"""Where people go by a name of their own."""
_SAYS_NOTHING = "什么|多少|哪|空|乱|一串|真|假|我的?(?![^,。]{3})|他的?(?![^,。]{3})|不|没|有|被|同|谁|怎"
NICKNAMES: tuple[Rule, ...] = (
    Rule("账号", re.compile(r"(?:旺旺|抖音号|快手号|小红书号|小红薯|闲鱼号|陌陌号)\s?:\s?(?P<x>[^\s,.。;!?、()\ue000\ue001]{2,20})"), _is_nickname, needles=("旺旺", "音号", "手号", "书号", "红薯", "鱼号", "陌号")),
    Rule("账号", re.compile(rf"(?:微博|抖音|快手|小红书|b站|闲鱼)\s?@(?P<x>(?![^\s,]{{0,10}}(?:{_OFFICIAL}))[^\s,.。;:!?、()@\ue000\ue001]{{2,20}})"), needles=("@",)),
    Rule("账号", re.compile(r"(?:旺旺|淘宝号|闲鱼号)(?:号|名|id|[\s:是为叫]){0,4}(?P<x>(?=[^\s,.。;!?、()]{0,19}\d)[^\s,.。;!?、()\ue000\ue001]{2,20})"), needles=("旺旺", "淘宝号", "闲鱼号")),
    Rule("账号", re.compile(r"(?:昵称|网名|游戏名|游戏角色|角色名?|游戏id|(?:微信|qq|抖音|快手|旺旺|闲鱼)昵?[名称])字?\s?(?:(?:[:=]|是|为|叫)\s?[“\"「【\[《]?|[“\"「【\[《])(?P<x>[^\s,.。;!?、()“”\"「」【】\[\]《》\ue000\ue001]{2,20})"), _is_nickname, ("名", "称", "游戏")),
    Rule("账号", re.compile(r"(?:昵称|网名|游戏名|角色名|(?:微信|qq|抖音|快手|闲鱼)名)字?\s?(?P<x>[^\s,.。;!?、():\ue000\ue001]{2,12}(?:[0-9]|_[a-z]{2,6}|_|[ღ✨\u2600-\u27bf\U0001f300-\U0001faff]))"), _is_nickname, ("名", "称", "游戏")),
    Rule("账号", re.compile(rf"(?:{_PLACES})的?(?:用户)?(?:(?:昵称|id|名[字称]?)(?:\s?[:=是为叫]{{1,2}}\s?|\s)|账?号\s?[:=是为叫]{{1,2}}\s?)[“\"「【《]?(?P<x>(?!{_SAYS_NOTHING})[^\s,.。;!?、()“”\"「」【】\[\]《》\ue000\ue001]{{2,16}})"), _is_nickname, ("昵称", "id", "名", "号")),
    Rule("密码", re.compile(r"密保(?:答案|问题)?\s?[:是]\s?(?P<x>[^\s,。;!?:]{2,20})"), needles=("密保",)),
    Rule("账号", re.compile(r"(?:我的?(?:微信|qq|抖音|快手)|网)名字?(?P<x>[一-鿿]{2,8})(?=[\s,.。;!?、()]|$)"), _is_nickname, ("名",)),
)  # fmt: skip
"""What needs neither figures nor Latin letters."""
EARLY: tuple[Rule, ...] = (
    Rule("身份证", re.compile(r"[1-9](?<!\d.)\d{5}[ .\-](?:19|20)\d\d[ .\-]?\d{4}[ .\-]?\d{3}[\dx](?![\da-z])"), figures=14),
    Rule("手机号", re.compile(r"(?:[(\[{<【「《〔]\s?(?:\+?86\s?)?1[3-9]\d\s?[)\]}>】」》〕][ \-.]?\d{4}|1[3-9]\d(?:[ \-.]|[a-z])?\d{4})(?:[ \-.]|[a-z])?(?:[(\[{<【「《〔]\s?\d{4}\s?[)\]}>】」》〕]|\d{4})(?!\d)"), lambda m, _: not m.group().isdigit(), figures=11),
    Rule("手机号", re.compile(rf"[1一壹幺][3-9三四五六七八九叁肆伍陆柒捌玖]{DIGIT}(?P<s>(?:[^\d]|\d位){{1,12}}?){DIGIT}{{4}}(?P<t>[^\d]{{1,8}}?){DIGIT}{{4}}(?!{DIGIT})"), _is_told_in_parts, figures=11),
    Rule("手机号", re.compile(rf"[一壹]百[三四五六七八九]十[一二三四五六七八九]?[^\d。;!?]{{0,6}}?{DIGIT}{{4}}[^\d。;!?]{{0,6}}?{DIGIT}{{4}}(?!{DIGIT})"), needles=("百",)),
    Rule("手机号", re.compile(r"(?P<x>1[3-9]\d(?:[^\d。;!?]{1,12}?\d{8}|\d{2}[^\d。;!?]{1,12}?\d{6}|\d{4}[^\d。;!?]{1,12}?\d{4}|\d{5}[^\d。;!?]{1,12}?\d{3}|\d{1,3}(?:[^\d。;!?]{1,12}?\d{2,5}){2,3}))(?!\d)"), _is_told_in_pieces, figures=11),
    Rule("手机号", re.compile(r"1(?P<s>[^\d\s]{1,2}|\s)[3-9](?:(?P=s)\d){9}(?!\d|(?P=s)\d)"), figures=11),
    Rule("电话", re.compile(rf"(?:倒过来|反过来|倒着|反着|倒序|逆序|倒写|反写)[^\d]{{0,8}}(?P<x>{DIGIT}(?:[ \-]?{DIGIT}){{6,11}})(?!\d)"), needles=("倒", "反", "逆"), figures=7),
    Rule("证件", re.compile(rf"(?:{_PAPERS}|[军兵士文退南北空海沈济广成兰政参后装]字第?)(?:号码?|编号|[\s:是为(]){{0,4}}(?P<x>(?:[a-z]{{0,4}}|\d/)\d(?:[a-z0-9]|[ \-/(](?=\d)){{4,21}}\)?)(?![a-z0-9*×•])"), _counts_none, ("证", "字", "号", "卡"), figures=5),
    Rule("账号", re.compile(r"(?:imei\d?|meid|iccid|idfa|idfv|oaid|udid|mac(?:地址)?|(?:设备|机器|序列|出厂)(?:编?号|码|id)|android ?id|sn码?|串号|open_?id|union_?id|cookie|phpsessid|session_?id|token|sim卡?号|sim卡?(?=[\s:=是为]{1,4}\d(?:[ \-]?[\da-f]){9}))(?:[\s:=是为]{0,3}[:=是为]\s{0,3}(?=[^\d]{0,20}\d)|\s{1,4}(?=[^\d\s]{0,20}\d)|(?<=串号)(?=\d{6}))(?P<x>[a-z0-9](?:[a-z0-9_.=:\-]|[ ](?=\d)){6,120})"), figures=2),
    Rule("账号", re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}(?![0-9a-f])"), lambda m, shadow: not re.search(r"(?<![备器机户\w])uuid\s?[:=]?\s?$", shadow[max(0, m.start() - 9) : m.start()]), needles=("-",), figures=2),
    Rule("网络地址", re.compile(r"ip(?:v4|v6)?(?:地址|[\s:是为]){0,4}(?P<x>\d{1,3}(?:\s?[.。]\s?\d{1,3}){3}(?!\s?[.。]?\d))"), needles=("ip",), figures=4),
    Rule("网络地址", re.compile(r"[0-9a-f](?<![0-9a-f:.].)(?:[0-9a-f]{0,4}:){2,7}[0-9a-f:]{0,30}(?![0-9a-z:])"), _is_ipv6, (":",), figures=3),
    Rule("网络地址", re.compile(r"[0-9a-f](?<![0-9a-z\-].)[0-9a-f](?:-[0-9a-f]{2}){5}(?![0-9a-z\-])"), lambda m, _: re.search("[a-f]", m.group()) is not None, ("-",)),
    Rule("地址", re.compile(r"(?:北纬|南纬|东经|西经|纬度|经度)\s?:?\s?(?P<x>\d{1,3}\.\d{4,12})|(?P<y>(?<![\d.])(?:[1-5]\d\.\d{4,12}\s?[,\s]\s?(?:[7-9]\d|1[0-3]\d)|(?:[7-9]\d|1[0-3]\d)\.\d{4,12}\s?[,\s]\s?[1-5]\d)\.\d{4,12})(?![\d.])"), needles=(".",), figures=6),
    Rule("地址", re.compile(r"(?:(?:room|rm|flat|apt|unit|building|bldg)\.? ?#?\d{1,5}[a-z]?[\s,]{1,3}){1,3}(?:\d{1,5} [a-z]{2,20}(?: [a-z]{2,20}){0,2} (?:road|rd|street|st|avenue|ave|lane))?|(?:no\.? ?)?\d{1,5} [a-z]{3,20}(?: [a-z]{3,20})? (?:road|rd|street|avenue|ave|lane|boulevard)(?![a-z])"), needles=("room", "rm", "flat", "apt", "unit", "building", "bldg", "road", "rd", "street", "ave", "lane", "boulevard"), figures=1),
    Rule("地址", re.compile(r"(?:取件码|取货码|提货码)[\s:是为]{0,3}(?P<x>[a-z]?\d{1,8}(?:-\d{1,6}){0,3})"), needles=("件码", "货码")),
    Rule("密码", re.compile(r"(?:密[码马]|口令|pwd|password|passwd|mima|提取码|验证码|校验码|动态码|pin码?|卡密|兑换码|激活码|授权码|邀请码)\s?[:=是为]?\s?(?P<x>(?=[^\s\d]{0,20}\d)[a-z0-9][\x21-\x7e]{3,40})(?=(?P<end>\s?.?))"), _is_secret, ("密", "口令", "pwd", "pass", "mima", "码", "pin"), figures=2),
    Rule("微信", re.compile(r"(?:微[\s_\-.❤♥xX\ufe0f]{0,3}[信芯新x]|[薇威徽徵崴维溦徾魏巍卫伟唯惟葳韦][❤♥\ufe0f\s]{0,3}[信芯新欣]|wei ?[信芯xi]|(?:v|w)[❤♥\ufe0f\s]{0,3}信|vx|wx|weixin|we\s?chat|v我|w\s?x)(?:id)?(?:(?![付支充买转会红立读小公])[^a-z0-9。;!?,\ue000\ue001]){0,8}(?P<x>(?=[a-z_.\-]{0,24}\d)[a-z][a-z0-9._\-]{4,30})(?![a-z0-9@])"), _no_domain, ("微", "信", "v", "w", "芯", "新", "欣"), figures=1),
    Rule("账号", re.compile(r"(?:搜索?|扫|加)\s?(?P<x>(?=[a-z_.\-]{1,24}\d)[a-z][a-z0-9._\-]{5,30})\s?(?:加|就行|联系|找|即可|添加)"), _no_domain, ("搜", "扫", "加"), figures=2),
    Rule("QQ", re.compile(rf"(?:q(?<![a-z0-9]q)(?![a-z])|qiu\s?qiu|kou\s?kou|叩叩|叩|寇寇|口口|鹅厂|(?:腾讯|鹅|聊天|社交|好友)号|腾讯(?=\s?[\d零一二三四五六七八九])|鹅(?=\s?[:\d])|qun(?<![a-z0-9]qun)|tencent|tx号|球(?=:))(?:号码?|[\s:是为(=丨→])*{_WHATEVER}"), _counts_nothing, ("q", "kou", "叩", "寇寇", "口口", "鹅", "腾讯", "聊天", "社交", "好友", "tencent", "tx号", "球:"), figures=4),
    Rule("QQ", re.compile(r"(?:q(?<![a-z0-9]q)q|扣扣?|企鹅|扣号|球球|🐧)(?:[^\d。;!?,\ue000\ue001]{1,12}?(?<![a-z])(?:is|was|at|at|no\.?|number|[号是为叫:])\s?|[^\w。;!?,\ue000\ue001]{1,4})(?:[大小]号\s?)?(?P<x>[1-9](?:[ \-.]?\d){5,11})(?!\d)"), _is_number, ("q", "扣", "企鹅", "球", "🐧"), figures=6),
    Rule("账号", re.compile(rf"(?:{_SERVICES})(?:(?![付支充买转会红立])[^a-z0-9。;!?,\ue000\ue001]){{0,6}}(?:live:)?@?(?P<x>(?=[a-z_.\-]{{0,24}}\d)[a-z][a-z0-9._\-]{{4,30}})(?![a-z0-9@])"), _no_domain, _SERVICE_WORDS, figures=1),
    Rule("证件", re.compile(r"[1-9]\d{2,9}(?:[ \-]?[*×•]{2,14}){1,4}[ \-]?\d{2,14}x?(?![\da-z])"), needles=("*", "×", "•"), figures=4),
    Rule("身份证", re.compile(rf"(?:身份证|证件|实名|sfz|id card)(?:认证|填的|号码?|[\s:是为]){{0,5}}(?P<x>{SPELLED}(?:{_GAP}x(?!x))?)(?![*×•]|xx)"), needles=("证", "实名", "sfz", "id card"), figures=6),
    Rule("证件", re.compile(r"(?:护照|passport(?: no\.?| number)?|通行证|港澳证|回乡证|台胞证|证件)[^0-9a-z\ue000\ue001。;!?]{0,10}(?P<x>[a-z](?:[ \-]?[a-z])?(?:[ \-]?\d){7,9}(?![0-9a-z]))"), needles=("证", "护照", "passport"), figures=6),
    Rule("证件", re.compile(r"(?:港澳通|通行证|往来港澳|回乡卡)[^0-9a-z\ue000\ue001。;!?]{0,6}(?P<x>[a-z]?[ \-]?\d(?:[ \-]?\d){6,9}(?![0-9a-z]))"), needles=("港澳", "通行证", "回乡"), figures=6),
    Rule("证件", re.compile(r"(?:护照|passport|通行证|台胞证|回乡证|居住证|居留证|军官证|士兵证|驾驶证|驾照|行驶证|社保卡?|医保卡?|学生证|学籍|学号|工号|证件)(?:号码?|编号|no\.?|number|[\s:是为.#]){0,5}(?P<x>[a-z]{0,3}\d(?:[a-z0-9]|[ \-](?=\d)){5,21})(?![a-z0-9*×•])"), needles=("证", "护照", "passport", "驾照", "保", "学", "工号"), figures=6),
    Rule("身份证", re.compile(r"(?:身份证|证件)(?:号码?|[\s:是为]){0,4}(?P<x>[\dx*×](?:[ \-]?[\dx*×]){3,17}[\dx])(?![\da-z])"), lambda m, _: sum(c.isdigit() for c in m["x"]) >= 4, ("证",), figures=4),
    Rule("身份证", re.compile(r"[1-9]\d{2,5}[x*×]{6,12}\d{2,4}[\dx]?(?![\da-z])"), needles=("x", "*", "×"), figures=4),
    Rule("微信", re.compile(r"wxid_[a-z0-9]{4,30}"), needles=("wxid_",)),
    Rule("身份证", re.compile(r"[1-9]\d{5}[ \-](?:19|20)\d\d[ \-]\d\d[ \-]\d\d[ \-]\d{3}[\dx]"), figures=14),
    Rule("订单号", re.compile(r"(?P<key>订单编?号码?|单号|流水号|交易号|凭证号|order\s?(?:no|id|number|num)|订单id|订单)\.?"
     r"(?:[\s:=为是(#]|号码?|编号){0,5}(?P<x>[a-z0-9](?:(?:[-_]|(?<=\d) (?=\d))?[a-z0-9]){4,63})"), _is_order, needles=("单", "流水号", "交易号", "凭证号", "order")),
    Rule("微信", re.compile(rf"(?:微\s?信|薇信|威信|徽信|维信|崴信|v\s?信|卫星|绿泡泡?|绿信|we\s?chat|weixin|v(?=\s?[:号])|微❤\ufe0f?|v❤\ufe0f?|[v薇微威徽]\s?[❤♥🧡💗💓💕]\ufe0f?|绿色软件|绿色聊天软件|小绿|[微薇威徽](?=\s?[:a-z])|wei(?=\s?[:\s])|v\s?x|w\s?x|(?:加|联系|私信?|滴滴)\s?[v薇微]|\+\s?[v薇微]|➕\s?[v薇微])"
     rf"(?P<said>{_SAID})(?P<x>[a-z0-9][a-z0-9_\-]{{5,30}}(?![a-z0-9])|{_DIGITS})"), _is_wechat, needles=("信", "v", "w", "卫星", "绿", "薇", "微", "威", "徽")),
    Rule("QQ", re.compile(rf"(?:(?:q\s?q|扣\s?扣|抠抠|蔻蔻|企\s?鹅|球球|秋秋|丘丘|🐧|[我他她的加方新]\s?q|[加是]扣|q(?<![a-z0-9]q)(?=\s?[群站客管老售]))(?:群主?|号码?|账号|客服|站长|管理员?|老板|售[前后]|咨询|技术|[\s:是为(=丨→])*|(?:扣[裙群]?|q号|q群)[\s:是为]{{0,2}}|(?:加|[交售维战车]\S{{0,2}})?群(?:号码?|[\s:是为(])*){_WHATEVER}"), _counts_nothing, ("q", "扣", "抠", "蔻", "企", "球球", "秋秋", "丘丘", "🐧", "群"), figures=4),
    Rule("QQ", re.compile(rf"(?:q\s?q|扣扣|抠抠|蔻蔻|🐧|企鹅|球球|秋秋|加\s?q|\+\s?q|q(?=[\s号:邮])|扣(?=[\s号:])|群(?=[\s号:])){_SAID.replace('|#', '')}群?号?[:\s]{{0,2}}(?P<x>{_DIGITS})"), _is_number, needles=("q", "扣", "抠", "蔻", "🐧", "企鹅", "球球", "秋秋", "群"), figures=5),
    Rule("账号", re.compile(r"(?:telegram|纸飞机|飞机|电报|tele|tg)(?:群组|账号|号|群|id|联系|搜索?|[\s:是为]){0,4}(?P<x>@?[a-z][a-z0-9_]{4,31})"), _is_telegram, needles=("tele", "tg", "飞机", "电报")),
    Rule("账号", re.compile(r"(?:账号|账户|用户名|会员[号名]|uid|id|抖音号|dy号|ks号|xhs号|快手号|小红书号|微博|支付宝号?)(?:名称?|号|id)?\s?(?:[:=@]|是|为)\s?(?P<x>@?[a-z0-9][a-z0-9_.\-]{4,40})"), _no_letter_before),
    Rule("账号", re.compile(r"(?:抖音|快手|小红书|dy|ks|xhs|uid|b站|哔哩哔哩|微博|陌陌|探探|soul|闲鱼|贴吧|钉钉|知乎|whatsapp|skype|discord|line|signal|飞书)(?P<said>(?:账号|用户名?|号|id|[\s:@是为叫]){1,5})(?P<x>[a-z0-9][a-z0-9_.\-]{4,30})(?![a-z0-9])"), _is_handle),
    Rule("账号", re.compile(r"(?:支付宝|支\s?fu\s?宝|zhifubao|alipay|zfb|账号|账户|用户名|登录密码|支付密码)(?:账号|账户|号|[\s:是为]){0,3}(?P<x>(?=[a-z_.\-]{0,30}\d)(?=\d{0,30}[a-z])[a-z0-9][a-z0-9_.\-]{4,40})"), _no_letter_before),
    Rule("账号", re.compile(r"@ ?(?P<x>[a-z][a-z0-9_]{4,31})(?![a-z0-9_.@])"), _no_letter_before, needles=("@",)),
    Rule("密码", re.compile(r"(?:密码|口令)\s?(?:(?:[:=]|是|为)\s?(?P<x>[\x21-\x7e]{4,32})|\s(?P<y>(?=[\x21-\x7e]{0,31}\d)(?=[\x21-\x7e]{0,31}[a-z])[\x21-\x7e]{5,32}))"), needles=("密码", "口令")),
    Rule("网络地址", re.compile(r"(?P<x>\d(?<![\d.]\d)\d{0,2}(?:\.\d{1,3}){3})(?!\.?\d|:\d)"), _is_address, needles=(".",), figures=4),
    Rule("网络地址", re.compile(r"ip(?:地址|[\s:是为]){0,4}(?P<x>\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f]{1,4}(?::[0-9a-f]{0,4}){2,7})"), needles=("ip",)),
    Rule("网络地址", re.compile(r"[0-9a-f](?<![0-9a-f:].)[0-9a-f]{0,3}:(?:[0-9a-f]{1,4}:){4,6}[0-9a-f]{1,4}(?![0-9a-f:])"), needles=(":",)),
    Rule("车牌", re.compile(rf"{_P}\s?[a-hj-np-z](?:[\s·•.\-]?[a-hj-np-z0-9]){{5,6}}(?![a-z0-9])"), _is_plate, figures=1),
    Rule("车牌", re.compile(rf"(?:车牌号?码?|车辆|绑定?的?|我的?车|车号|给)[\s:是为]{{0,3}}(?P<x>{_P}[\s·•.\-]?[a-hj-np-z](?:[\s·•.\-]?[a-hj-np-z0-9]){{5,6}})(?![a-z0-9])"), needles=("车", "绑", "给"), figures=1),
    Rule("微信", re.compile(r"(?:[微薇威][\s♥❤\-._\ufe0f]{0,3}信?|[溦徾徽维]\s?信|卫星|💚|v\s?[x信]|wx|[我他她加]\s?v|\+\s?v|we\s?chat|薇|v\s?[❤♥])(?:同步|号|id|客服|搜索?|是|为|叫|[\s:♥❤\ufe0f+@]){0,6}(?P<x>(?=[a-z_.\-]{0,24}\d)[a-z][a-z0-9._\-]{5,30})(?![a-z0-9@])"), _no_domain, ("微", "薇", "威", "溦", "徾", "徽", "维", "威", "卫星", "💚", "v", "w"), figures=1),
    Rule("账号", re.compile(r"(?:telegram|纸飞机|飞机|电报|tele|tg|蝙蝠|密聊|dou音|斗音|小?红薯|snapchat|whats\s?app|w[sa](?<![a-z]w[sa])(?=\s?[号:])|薯号|instagram|ins|facebook|fb|推特|twitter|line|skype|脉脉|探探|抖音|快手|小红书|dy|ks|yy|转转|闲鱼|豆瓣|知乎|微博|陌陌|钉钉|贴吧|b站|qq空间|淘宝|拼多多|京东|西瓜|虎牙|斗鱼|用户)(?:群组|账号|用户名?|主页|空间|[博群]主|主播|号|群|名|搜索?|叫|id|[\s:@是为]|\+86){0,6}(?P<x>(?=[a-z_.\-]{0,24}\d)[a-z0-9][a-z0-9._\-]{5,30})(?![a-z0-9@])"), _is_other_service, figures=1),
    Rule("账号", re.compile(r"(?:账[户号]名?|登录名|登录账号|用户名?|用户id|会员id|apple\s?id|注册名|id|uid)(?:号|[\s:是为]){0,3}(?P<x>(?=[a-z_.\-]{0,24}\d)(?=\d{0,24}[a-z])[a-z0-9][a-z0-9._\-]{4,30})(?![a-z0-9@])"), _no_domain, ("账", "登录", "用户", "id", "注册名"), figures=1),
    Rule("密码", re.compile(r"(?P<x>[a-z0-9][a-z0-9@._]{4,39}-{3,5}[a-z0-9@._!#$%^&*]{4,40})"), lambda m, _: sum(c.isdigit() for c in m["x"]) >= 2, needles=("---",), figures=2),
    Rule("密码", re.compile(r"账密\s?(?:[:=是为]\s?|\s)(?P<x>[\x21-\x7e]{4,40}(?:\s?[ /]\s?[\x21-\x7e]{4,32})?)"), needles=("账密",)),
    Rule("密码", re.compile(rf"号\s?:?\s?[a-z0-9@._\-{TAKEN}]{{3,40}}\s{{0,3}}[,/]?\s?密\s?:?\s?(?P<x>(?=[\x21-\x7e]{{0,31}}\d)[\x21-\x7e]{{4,32}})"), needles=("密",), figures=2),
    Rule("密码", re.compile(r"(?<=---)(?P<x>(?=[^\s\-]{0,39}\d)(?=[^\s\-]{0,39}[a-z])[a-z0-9@._!#$%^&*]{4,40})(?=-{3}|[\s,。;]|$)"), needles=("---",), figures=2),
    Rule("密码", re.compile(rf"[{TAKEN}{HELD}]\s{{0,2}}[,/]?\s?密\s?:?\s?(?P<x>(?=[\x21-\x7e]{{0,31}}\d)[\x21-\x7e]{{4,32}})"), needles=("密",), figures=2),
    Rule("密码", re.compile(r"(?<![a-z])pass\s?[:=]\s?(?P<x>[\x21-\x7e]{4,32})"), needles=("pass",)),
    Rule("银行卡", re.compile(r"(?:cvv2?|cvc2?|安全码)[\s:是为]{0,3}(?P<x>\d{3,4})(?!\d)"), needles=("cvv", "cvc", "安全码"), figures=3),
    Rule("银行卡", re.compile(rf"(?:[{TAKEN}\d][^\d。;!?]{{0,4}}|卡)有效期[\s:至到为是]{{0,3}}(?P<x>\d\d/\d\d)(?![\d/])"), needles=("有效期",), figures=4),
    Rule("QQ", re.compile(r"[加➕]我?\s?[➕+:]\s?(?P<x>[1-9]\d{5,10})(?!\d)"), needles=("加", "➕"), figures=6),
    Rule("账号", re.compile(r"(?:抖音|快手|小红书|b站|微博|闲鱼|视频号)搜索?[:\s]{0,2}(?P<x>[a-z][a-z0-9._\-]{4,30})(?![a-z])"), needles=("搜",)),
    Rule("账号", re.compile(r"(?<![a-z0-9_.])(?P<x>(?!(?:order|ticket|case|item|sku|bug|issue|lot|room|unit|part|page|note)#)[a-z][a-z0-9_.]{2,31}#\d{4,6})(?!\d)"), needles=("#",), figures=4),
    Rule("账号", re.compile(r"(?<![a-z])dc\s?[:号]\s?(?P<x>[a-z0-9_.]{4,32})"), needles=("dc",)),
    Rule("账号", re.compile(r"会员\s?[:=]\s?(?P<x>(?=[a-z_.\-]{1,24}\d)[a-z][a-z0-9._\-]{4,30})(?![a-z0-9@])"), _no_domain, ("会员",), figures=1),
    Rule("生日", re.compile(r"生日[\s:是为]{0,3}(?P<x>(?:\d\d)?(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01]))(?![\d元年.])"), needles=("生日",), figures=4),
    Rule("账号", re.compile(r"live:(?P<x>\.?[a-z0-9_.]{5,40})"), needles=("live:",)),
    *NICKNAMES,
)  # fmt: skip
_HANDLE_BEFORE = re.compile(
    r"(?:[加➕]|[丫家嘉佳伽](?=\s?:)|搜索?|找|联系|咨询|私[信聊]?|添加|滴滴|骚扰|售[前后]|客服|上家|下家|合作|拿货|进货|认准|备用|卫星|绿泡泡?|绿信|小绿|绿色?软件|小助手|[微薇威徽维崴魏巍卫伟唯惟葳韦危为位味未喂围违胃尾委纬伪苇畏蔚慰渭][信芯新欣心辛鑫兴讯馨x]|[微薇威徽维崴魏巍卫]|❤|♥|(?<![a-z0-9])(?:vx?|wx|wei|w信|xin|tg|telegram|qq?|dy|ks|xhs|ins|line|skype|discord|whats\s?app|signal|kakao|facebook|twitter|id|contact|add)|同号|电报|飞机|蝙蝠"
    r"|扣|叩|企鹅|群|群?主|昵称|主页|抖音|快手|小红书|闲鱼|微博|赖|账号|(?<![型编单批货序订令外])号|用户名?|(?<![域文型品])名|叫)"
    r"(?:(?:号码?|id|上|我|他|她|你|这个|是|为|叫|就是|或者?|和|同|[vqx]{1,2}|[信芯心x]|xin|客服|账?号|老板|站长|技术|代理)|[^\w。;!?\ue000\ue001]|_){0,6}$"
)
_HANDLE_AFTER = re.compile(
    r"(?:是|[^\w。;!?\ue000\ue001]){0,4}(?:(?:就?是|这个)?[他她我]?的?(?:加|扫|搜|微信|vx|wx|v信|qq|tg|同号|同[微vq]|备注|就行|联系|私|咨询|骗|拉黑|跑路|诚招|招代|招下|代理|拿货|拿卡|秒[回发]|收徒|号)|(?:微信|v|q)号)"
)
_STRONG = re.compile(r"[a-z0-9]_[a-z0-9]|[a-z]{3}[._\-]?\d{3}")
_CONTACT = re.compile(
    r"(?<![a-z0-9])(?:v|vx|wx|wei|tg|qq?|telegram|line|skype)(?![a-z0-9])|[加➕][我他她]?[微薇威v]|[微薇威徽维围卫魏]信|卫星|电报|飞机|企鹅|私聊|私信|加好友|好友|搜索?|[❤♥]"
)
_WARES = re.compile(
    r"(?:iphone|ipad|ios|imac|macbook|airpods|android|windows?|win|office|wps|rtx|gtx|rx|gpt|chatgpt|openai|claude|steam|xbox|switch|ps|gta|csgo|cs|pubg|nba|fifa|dota|lol|netflix|disney|hbo|spotify|youtube|adobe|photoshop|ps|cf|dnf|hdr?|mp|usb|ddr|ssd|core|ryzen|redmi|mate|nova|honor|vivo|oppo|galaxy|kindle|icloud|sku|utf|iso|sha|md|http|https|error|code|test|ver|version|order|no|level|lv|uc|gb)[\s_.\-]?\d|v[.\s]?\d|xn--|.*\.(?:html?|php|js|css|png|jpe?g|gif|exe|apk|zip|rar|txt|pdf|xlsx?|docx?|mp4|toml|json|py|md)$"
)


def _is_contact_name(match: re.Match[str], shadow: str) -> bool:
    """A name of somebody on a service: letters with figures or a line, beside words that say to write to it; goods have neither."""
    name, start, end = match.group(), match.start(), match.end()
    if (
        shadow[start - 1 : start] == "`"
        or ("." in name and not re.search(r"\d", name))
        or shadow[end : end + 1] in ("`", "(", "=")
    ):
        return False
    if _WARES.match(name) or _DOMAIN.search(name) or name in _NOT_IDS:
        return False
    before = shadow[max(0, start - 18) : start]
    # A V or Q written at once before the name: “他的Vabc123”.
    if _STRONG.search(name) and _CONTACT.search(re.split("[。;!?\n]", before)[-1]):
        return True
    marked = name[0] in "vq" and before[-1:] in tuple("的我他她加有个和或")
    return (
        marked or _HANDLE_BEFORE.search(before) is not None or _HANDLE_AFTER.match(shadow, end) is not None
    ) and not (name[-1:].isdigit() and re.match(rf"\s?[{_UNITS}]", shadow[end:]))


LATE: tuple[Rule, ...] = (
    # A name of letters alone counts only where the text says that a name of the service comes.
    Rule("账号", re.compile(r"(?:微信|[微v]信|qq|抖音|快手|tg|telegram|小红书|支付宝|飞机|电报|line|skype|推特|陌陌)\s?(?:id|号码?|账号|用户名)(?:[^\w。;!?,\ue000\ue001]|[一-鿿]){0,6}(?P<x>[a-z][a-z._\-]{5,30})(?![a-z0-9@.])"), _no_domain, ("id", "号", "用户名")),
    Rule("账号", re.compile(r"(?:w\s?x|v\s?x|微\s?信|v\s?信|q\s?q|薇|微)(?:\s?[号:是为]|\s){1,4}(?P<x>[a-z0-9](?: [a-z0-9_\-]){5,20})(?![a-z0-9])"), lambda m, _: re.search(r"\d", m["x"]) is not None, ("w", "v", "信", "q", "薇", "微")),
    Rule("账号", re.compile(r"(?:[老新大小旧备副主][的个]?|[我他她的那这]个?)号(?:码|[\s:是为(]){0,3}(?P<x>\d{6,12})(?!\d)"), _is_number, ("号",), figures=6),
    Rule("账号", re.compile(r"[a-z](?<![a-z0-9@._/\-].)(?=[a-z.\-]{0,24}[\d_])(?=[a-z0-9.\-]{0,24}_[a-z0-9]|[a-z._\-]{1,24}\d)(?:[a-z0-9._\-]{5,30}|[a-z]{0,2}\d{3,4}(?!_))(?![a-z0-9@(=])"), _is_contact_name),
    Rule("电话", re.compile(rf"(?:电话|座机|手机|号码|固话|联系(?:方式|我)|tel|mobile|phone|☎\ufe0f?|📱|📞|拨打?|回电|打给?|请?回我|完整是|v同号|同微|加|微信)(?:号码?|[\s:是为(])*{_WHATEVER}"), _counts_nothing, ("电", "机", "号", "联系", "tel", "mobile", "phone", "☎", "📱", "📞", "拨", "打", "回我", "是", "微", "加"), figures=4),
    Rule("银行卡", re.compile(rf"(?:卡号|银行卡|储蓄卡|信用卡|借记卡|账户|账号|[工农中建交招商邮信]行卡?|到这个卡)(?:号码?|[\s:是为(])*{_WHATEVER}"), _counts_nothing, ("卡", "账", "行"), figures=4),
    Rule("订单号", re.compile(rf"(?:单号|流水号?|交易号|查询码|凭证号?|编号(?<!商品编号)(?<!产品编号)|全号|订单)(?:[\s:是为(#]|号码?)*(?P<x>[a-z]{{0,4}}-?(?:{SPELLED}|(?=[a-f]{{0,12}}\d)[0-9a-f]{{4}}(?:[ \-]?[0-9a-f]{{4}}){{2,7}})(?![a-z0-9]))"), _counts_nothing, ("单", "流水", "交易号", "查询码", "凭证", "编号", "全号"), figures=4),
    Rule("电话", re.compile(rf"(?:电话|座机|手机号?|联系方式|tel|phone)(?:号码?|[\s:是为]){{0,4}}(?P<x>\d(?:[-\s]?\d){{6,12}})(?![\d.]|\s?[{_UNITS}])"), _no_letter_before, needles=("电话", "座机", "手机", "联系方式", "tel", "phone"), figures=7),
    Rule("电话", re.compile(r"(?:\+\s?|00(?<!\d00))(?:1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|2[1-689]\d|3[578]\d|42\d|5[09]\d|6[789]\d|8[05678]\d|9[679]\d)[\s\-()]{0,3}\d(?:[\s\-()]{0,2}\d){6,12}(?!\d)"), needles=("+", "00")),
    # A number with nothing before it that says what it is: after an invitation, or too long for a price and attached to a word.
    Rule("账号", re.compile(r"(?:联系|[加找]|私[聊信]?|滴滴|咨询|问|搜)我?[:\s]{0,2}(?P<x>\d{6,12})(?!\d)"), _is_number, needles=("联系", "加", "私", "滴滴", "咨询", "找", "问", "搜"), figures=6),
    Rule("账号", re.compile(r"(?P<x>\d(?<=[\u4e00-\u9fff]\d)\d{8,11})(?!\d)"), _is_number, figures=9),
    Rule("手机号", re.compile(r"1[3-9]\d[*x×]{4}\d{4}(?!\d)"), needles=("*", "x", "×"), figures=7),
    Rule("手机号", re.compile(r"(?:[li][3-9]|1[3-9](?=\d{0,8}[oli]))[\doli]{9}(?![a-z0-9])"), _no_letter_before, figures=2),
    Rule("手机号", re.compile(r"1[3-9][\do][ \-.]?[\doil]{4}[ \-.]?[\doil]{4}(?![a-z0-9])"), _is_mistyped, figures=6),
    Rule("尾号", re.compile(r"(?:银行|[储借]蓄?记?卡|信用卡|银行卡|[工农建招交中]行)卡?\s?[(\[【]\s?(?P<x>\d{4})\s?[)\]】]"), needles=("行", "卡"), figures=4),
    Rule("尾号", re.compile(r"(?:[*×•]{4}|x{4})[ \-]?(?P<x>\d{4})(?!\d)"), needles=("****", "××××", "••••", "xxxx"), figures=4),
    Rule("尾号", re.compile(rf"(?:尾号|尾数|[后末尾][尾]?[三四六346]位数?)\s?[:是为(]?\s?(?P<x>{DIGIT}{{3,6}}x?)(?![0-9a-z])"), _is_tail, ("尾", "后", "末"), 3),
)  # fmt: skip
