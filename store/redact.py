"""脱敏: take personal data out of a text before it is stored, leaving typed tokens such as [手机号#1]. Pure.

It errs on the side of removing; what must survive are prices, dates, filing numbers, product names and hosts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# A digit as people write it to get past filters, and what they put between digits.
_D = "[0-9０-９①-⑨⓪]"
_C = "[0-9０-９〇零一二三四五六七八九壹贰叁肆伍陆柒捌玖幺]"
_GAP = "[ \\t\\u00a0\\u3000.．。·•*_~—–\\-－,，\\u200b-\\u200f\\u2060\\ufe0f\\U0001f000-\\U0001faff☎️📞❤️]{0,3}"
_SURNAMES = (
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏窦章苏潘葛范彭郎鲁韦马苗"
    "方俞任袁柳鲍史唐费廉岑薛雷贺倪汤滕殷罗毕郝邬安常于傅卞齐康伍余元顾孟平黄穆萧尹姚邵汪毛狄米贝明臧计成"
    "戴宋茅庞熊纪舒屈项祝董梁杜阮蓝闵席季麻强贾路娄江童颜郭梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万支柯管卢莫"
    "经房裘缪解应宗丁宣邓单洪包诸左石崔吉龚程邢裴陆荣翁荀甄曲封储靳段富焦巴牧车侯全班秋仲宫宁仇甘厉祖武符"
    "刘景詹束龙叶司黎薄印白蒲从鄂索赖卓蔺蒙池乔阴胥能闻党翟谭贡姬申扶冉宰雍桑桂牛寿边燕冀尚农温庄晏柴瞿阎充"
    "慕连习艾容向古易慎戈廖庾终暨居衡步都耿满弘匡国文寇广禄阙东欧殳沃利蔚越隆师巩聂晁勾敖融冷辛阚简饶空曾沙"
    "養鞠须丰巢关查后荆红游竺权盖益桓公張趙錢孫鄭馮陳褚衛蔣韓楊許呂嚴謝鄒竇蘇潘範魯韋馬龐紀舒項閔賈婁顏鐘駱"
    "樊萬盧繆應鄧單龔劉葉賴譚農溫莊閻連習歐蕭"
)
_SEP = r"\s*(?:[:：=＝是为為叫]|号码?|號碼?|為|账号|帳號|id|ID)*\s*[:：]?\s*"


@dataclass(frozen=True)
class Redacted:
    """The text that may be kept, and how many items of each type were taken out of it."""

    text: str
    counts: dict[str, int]


def _rule(kind: str, pattern: str, flags: int = 0) -> tuple[str, re.Pattern[str]]:
    return kind, re.compile(pattern, flags)


# Order matters: the longest and most certain first. The named group `x` is what is taken out (else the whole match).
_RULES: tuple[tuple[str, re.Pattern[str]], ...] = (
    _rule(
        "邮箱",
        r"[A-Za-z0-9._%+\-]{2,40}\s*(?:@|＠|\[at\]|\(at\)|（at）|艾特|#at#)\s*[A-Za-z0-9\-]{1,30}\s*(?:\.|．|点|\[dot\])\s*(?:com|cn|net|org|qq|edu|[a-z]{2,4})(?:\.cn)?",
        re.I,
    ),
    _rule(
        "订单号",
        rf"(?:订单编?号|訂單編?號|交易单?号|交易單?號|流水号|流水號|凭证号|憑證號|商户单号|商戶單號|单号|單號|运单号|卡密|卡号|卡號|order\s*(?:no|id|number)){_SEP}(?P<x>[A-Za-z0-9０-９][A-Za-z0-9０-９_\-－ ]{{4,40}}[A-Za-z0-9０-９])",
        re.I,
    ),
    _rule("身份证", rf"(?<![0-9A-Za-z])(?:{_D}{_GAP}){{17}}[0-9０-９XxＸｘ](?![0-9A-Za-z])"),
    _rule("银行卡", rf"(?<![0-9A-Za-z])[3-6３-６](?:{_GAP}{_D}){{15,18}}(?![0-9A-Za-z])"),
    _rule(
        "手机号",
        rf"(?<![0-9０-９A-Za-z])(?:\+?86|００８６|0086)?{_GAP}[1１①](?:{_GAP}[3-9３-９③-⑨])(?:{_GAP}{_D}){{9}}(?![0-9０-９])",
    ),
    _rule("手机号", rf"[一壹幺](?:{_GAP}[三四五六七八九叁肆伍陆柒捌玖])(?:{_GAP}{_C}){{9}}(?!{_C})"),
    _rule("电话", r"(?<![0-9\-])(?:\(0\d{2,3}\)|（0\d{2,3}）|0\d{2,3})[ \-－—]{0,2}[2-8]\d{6,7}(?![0-9])"),
    _rule(
        "QQ",
        rf"(?:QQ群?|ＱＱ群?|扣扣|秋秋|企鹅|企鵝|q{{1,2}}(?=\s*[:：号號]))(?:号码?|號碼?|群|号)?{_SEP}(?:加|是)?\s*(?P<x>{_D}(?:{_GAP}{_D}){{4,11}})(?!\s*[元块个币天月年%])",
        re.I,
    ),
    _rule(
        "微信",
        rf"(?:加\s*[vVｖ＋+]|\+\s*[vVｖ]|＋\s*[vVｖ]|[vV][xX]|[wW][xX]|[wW]e[cC]hat|微信号?|微信號?|薇信|威信|徽信|[vV]信|崴信)(?:号|號|是|为|為|加|账号|帳號)*\s*[:：]?\s*(?P<x>(?=[A-Za-z0-9_\-]*[0-9_\-])[A-Za-z][A-Za-z0-9_\-]{{5,19}}|(?<=[:：\s号號是])[A-Za-z][A-Za-z_\-]{{5,19}}|{_D}(?:{_GAP}{_D}){{5,11}})(?![A-Za-z0-9])",
    ),
    _rule(
        "账号",
        r"(?:支付宝|支付寶|alipay|telegram|飞机|飛機|电报|電報|tg|账号|帳號|账户|帳戶|用户名|用戶名|会员号|游戏ID|uid)(?:账号|帳號|账户|号|號|id|名)*\s*(?:[:：@是为為]\s*)+(?P<x>@?[A-Za-z0-9][A-Za-z0-9_.\-]{4,30})",
        re.I,
    ),
    _rule("账号", r"(?<![A-Za-z0-9/])t\.me/(?P<x>[A-Za-z0-9_]{4,32})", re.I),
    _rule(
        "姓名",
        rf"(?:投诉人|投訴人|联系人|聯系人|聯絡人|姓名|收件人|收货人|收貨人|户名|戶名|持卡人|收款人|付款人|开户人|法人代表?|负责人|真名|实名|實名|本人叫|我叫|我是|名叫|名字是?|名字叫|老板叫|客服叫|叫做)\s*(?:[:：是为為]\s*)?(?P<x>[{_SURNAMES}][\u4e00-\u9fff·][\u4e00-\u9fff]{{0,2}}?)(?=[先女小同的，,。.;；、！!（(\s在于於手电電微身订訂]|[\d０-９]|$|\[)",
    ),
    _rule(
        "姓名",
        rf"(?<![\u4e00-\u9fff])(?P<x>[{_SURNAMES}][\u4e00-\u9fff]{{1,2}})(?=(?:先生|女士|小姐|同学|同學)(?![\u4e00-\u9fff]*公司))",
    ),
    _rule(
        "地址",
        r"[\u4e00-\u9fff]{2,8}(?:省|市|自治区|區|区|县|縣)[\u4e00-\u9fff]{0,12}?(?:[\u4e00-\u9fff]{1,10}(?:路|街|道|巷|弄|村|镇|鎮|乡|鄉|小区|小區|花园|花園|大厦|大廈|公寓|园|苑))[\u4e00-\u9fff]{0,6}[0-9０-９一二三四五六七八九十]{1,5}\s*(?:号|號|弄|栋|棟|幢|座|单元|單元|楼|樓|层|室|组)(?:[\-－0-9０-９一二三四五六七八九十号號栋棟幢座单單元楼樓层層室组A-Za-z]{0,20})",
    ),
    _rule(
        "地址",
        r"[\u4e00-\u9fff]{2,10}(?:小区|小區|花园|花園|公寓|新村|家园|苑)\s*[0-9０-９]{1,3}\s*(?:号楼|號樓|栋|棟|幢|座)[0-9０-９A-Za-z单單元楼樓层層室\-－]{1,14}",
    ),
    _rule(
        "车牌",
        r"(?<![\u4e00-\u9fff])[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-HJ-NP-Z][·•\- ]?[A-HJ-NP-Z0-9]{5,6}(?![A-Za-z0-9])",
    ),
    _rule("网络地址", r"(?:IP|ip|登录地址|登錄地址)(?:地址)?\s*[:：是]?\s*(?P<x>\d{1,3}(?:\.\d{1,3}){3})"),
    _rule("订单号", r"(?<![0-9A-Za-z./%=\-])(?!20\d{12}(?!\d))[A-Za-z]{0,4}\d{13,40}(?![0-9A-Za-z])"),
    _rule(
        "身份证",
        r"(?<![0-9A-Za-z])[1-6]\d{5}(?:19|20)?\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx]?(?![0-9A-Za-z])",
    ),
)
# Numbers that are public by law or by purpose; they are set aside before the rules run and put back after.
_PUBLIC = re.compile(
    r"[京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝蜀川黔贵滇云藏陕秦陇甘青宁新]\s*ICP\s*[备证]\s*\d{6,10}\s*号?(?:-\d{1,4})?"
    r"|公网安备\s*\d{13,14}\s*号?|recordcode=\d{14}|code=\d{14}"
    r"|(?:统一社会信用代码|信用代码)\s*[:：]?\s*[0-9A-HJ-NPQRTUWXY]{18}"
    r"|[AB][12](?:\.[AB][12])*-\d{8}(?:-\d+)?"
    r"|(?<!\d)(?:19|20)\d{2}[-/.年]\d{1,2}[-/.月]\d{1,2}日?(?:[ T]*\d{1,2}[:：]\d{2}(?:[:：]\d{2})?(?:\.\d+)?(?:Z|[+-]\d{2}:?\d{2})?)?"
    r"|(?<!\d)\d{1,2}:\d{2}:\d{2}|[¥￥$]\s*\d+(?:\.\d+)?|(?<![\d.])\d+(?:\.\d+)?\s*(?:元|块|圓|塊|万|%|％|个|個|条|條|天|小时|小時|分钟|分鐘|单|單|次|年|月)(?![0-9])"
    r"|https?://[A-Za-z0-9.\-]+(?::\d+)?|\[[\u4e00-\u9fffQ]{1,6}#\d+\]|400[ \-]?\d{3}[ \-]?\d{4}"
)
_HINT = re.compile(
    r"[0-9０-９①-⑨]|[一壹幺].{0,3}[三四五六七八九叁肆伍陆柒捌玖]|@|＠|艾特|\[at\]|[vVwWｖ][xX信]|加\s*[vVｖ＋+]|[+＋]\s*[vVｖ]|微信|薇信|威信|徽信|崴信"
    r"|wechat|t\.me|先生|女士|小姐|同学|同學|姓名|人|名叫|名字|我叫|我是|叫做|户名|戶名|真名|实名|實名|账|帳|telegram|支付宝|支付寶|小区|小區|单号|單號",
    re.I,
)
_HELD = "\ue000"


def redact(text: str) -> Redacted:
    """The text with personal data replaced by typed tokens, equal items by the same token; never raises."""
    if not text or not _HINT.search(text):
        return Redacted(text, {})
    held: list[str] = []

    def hold(found: re.Match[str]) -> str:
        held.append(found.group())
        return f"{_HELD}{chr(0xE100 + len(held) - 1)}{_HELD}" if len(held) < 0x1000 else found.group()

    worked = _PUBLIC.sub(hold, text.replace(_HELD, ""))
    numbers: dict[str, dict[str, int]] = {}
    for kind, pattern in _RULES:
        if pattern.search(worked):
            worked = pattern.sub(lambda found, kind=kind: _token(found, kind, numbers), worked)  # type: ignore[misc]
    for index, original in enumerate(held[:0x1000]):
        worked = worked.replace(f"{_HELD}{chr(0xE100 + index)}{_HELD}", original, 1)
    return Redacted(worked, {kind: len(seen) for kind, seen in numbers.items()})


def _token(found: re.Match[str], kind: str, numbers: dict[str, dict[str, int]]) -> str:
    whole = found.group()
    part = found.groupdict().get("x") or whole
    seen = numbers.setdefault(kind, {})
    key = re.sub(r"\W", "", part)
    number = seen.setdefault(key, len(seen) + 1)
    at = whole.rindex(part)
    return f"{whole[:at]}[{kind}#{number}]{whole[at + len(part) :]}"


def clean(text: str) -> str:
    """The text that may be kept."""
    return redact(text).text


def contains_personal_data(text: str) -> list[str]:
    """Types of personal data still in `text`, for the privacy scan."""
    return sorted(redact(text).counts)
