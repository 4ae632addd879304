"""Public registration numbers a site shows: ICP filings and licences, 公安备案, USCC. Pure.

It says how a number reads and which digits are impossible (rules F1 and F2), never whether a register knows it:
only a query of the register can say that.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

PROVINCES = {
    "京": "北京", "津": "天津", "冀": "河北", "晋": "山西", "蒙": "内蒙古", "辽": "辽宁", "吉": "吉林", "黑": "黑龙江",
    "沪": "上海", "苏": "江苏", "浙": "浙江", "皖": "安徽", "闽": "福建", "赣": "江西", "鲁": "山东", "豫": "河南",
    "鄂": "湖北", "湘": "湖南", "粤": "广东", "桂": "广西", "琼": "海南", "渝": "重庆", "川": "四川", "蜀": "四川",
    "贵": "贵州", "黔": "贵州", "云": "云南", "滇": "云南", "藏": "西藏", "陕": "陕西", "秦": "陕西", "甘": "甘肃",
    "陇": "甘肃", "青": "青海", "宁": "宁夏", "新": "新疆",
}  # fmt: skip
"""One-character province names as they stand in numbers, some provinces with two."""
PROVINCES_EN = {
    "北京": "Beijing", "天津": "Tianjin", "河北": "Hebei", "山西": "Shanxi", "内蒙古": "Inner Mongolia", "辽宁": "Liaoning",
    "吉林": "Jilin", "黑龙江": "Heilongjiang", "上海": "Shanghai", "江苏": "Jiangsu", "浙江": "Zhejiang", "安徽": "Anhui",
    "福建": "Fujian", "江西": "Jiangxi", "山东": "Shandong", "河南": "Henan", "湖北": "Hubei", "湖南": "Hunan",
    "广东": "Guangdong", "广西": "Guangxi", "海南": "Hainan", "重庆": "Chongqing", "四川": "Sichuan", "贵州": "Guizhou",
    "云南": "Yunnan", "西藏": "Tibet", "陕西": "Shaanxi", "甘肃": "Gansu", "青海": "Qinghai", "宁夏": "Ningxia", "新疆": "Xinjiang",
}  # fmt: skip
_GB2260 = {
    "11": "京", "12": "津", "13": "冀", "14": "晋", "15": "蒙", "21": "辽", "22": "吉", "23": "黑", "31": "沪", "32": "苏",
    "33": "浙", "34": "皖", "35": "闽", "36": "赣", "37": "鲁", "41": "豫", "42": "鄂", "43": "湘", "44": "粤", "45": "桂",
    "46": "琼", "50": "渝", "51": "川", "52": "贵", "53": "云", "54": "藏", "61": "陕", "62": "甘", "63": "青", "64": "宁",
    "65": "新",
}  # fmt: skip
# A filing writes 蜀 黔 滇 陕 陇 where the licence and the police write 川 贵 云 陕 甘: one spelling a kind, to compare.
_FOR_FILINGS = str.maketrans("川贵云秦甘", "蜀黔滇陕陇")
_FOR_LICENCES = str.maketrans("蜀黔滇秦陇", "川贵云陕甘")
_TRADITIONAL = str.maketrans(
    "晉遼滬蘇閩贛魯粵雲陝隴寧貴瓊備證號安網", "晋辽沪苏闽赣鲁粤云陕陇宁贵琼备证号安网"
)
_P = f"[{''.join(PROVINCES)}]"
_DASH = "[-‐‑‒–—―−﹣]"
_DIGITS = r"[0-9x*×]{1,14}"
_SEQUENCE = rf"(?:\s{{0,3}}{_DASH}\s{{0,3}}(?P<seq>\d{{1,4}})(?!\d)(?P<app>[A-Z](?![A-Z0-9]))?)?"
"""A letter after the sequence marks the filing of an app or mini program (粤ICP备2023012345号-2A)."""
_ICP = re.compile(
    rf"(?P<prov>{_P})\s{{0,3}}ICP\s{{0,3}}(?P<kind>备|证)\s{{0,3}}(?:字\s{{0,3}})?(?:第\s{{0,3}})?"
    rf"(?P<num>{_DIGITS})\s{{0,3}}号?{_SEQUENCE}",
    re.IGNORECASE,
)
_LICENCE = re.compile(
    rf"(?P<prov>{_P})?\s{{0,3}}(?<![A-Z0-9])(?P<kind>(?:[AB][12]\.){{0,3}}[AB][12])\s{{0,3}}{_DASH}\s{{0,3}}"
    rf"(?P<num>\d{{8}})(?!\d)\s{{0,3}}号?{_SEQUENCE}",
    re.IGNORECASE,
)
_POLICE = re.compile(
    rf"(?P<prov>{_P})?\s{{0,3}}公网安备\s{{0,3}}(?P<num>[0-9x*×]{{1,20}})\s{{0,3}}号?", re.IGNORECASE
)
_PLACEHOLDER = re.compile(
    r"[0x*×]*[x*×][0-9x*×]*|0+|1+|9+|0?123456\d*|10000000|20\d\d(?:000000|123456|888888|666666)",
    re.IGNORECASE,
)
_LENGTHS = {"备": (8, 10), "证": (6, 8)}
_FIRST_YEAR = {"备": 2005, "证": 2000}
_LAST_YEAR = 2049
"""Without a day to compare with, a year beyond this is impossible for certain."""
_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC = re.compile(r"[0-9A-Z]{2}\d{6}[0-9A-Z]{10}")


@dataclass(frozen=True, slots=True)
class IcpNumber:
    """A filing (kind 备), an old licence (证) or a telecom licence (B2, A2.B1.B2 …).

    `province` is one character in the spelling of its kind, or "" for a national licence; `sequence` is the number after the
    dash; `flags` is any of placeholder, bad_length, bad_year.
    """

    province: str
    kind: str
    number: str
    sequence: int | None = None
    flags: tuple[str, ...] = ()

    @property
    def main(self) -> str:
        """The number without its sequence, in one spelling: 粤ICP备18046372号, 粤B2-20090059."""
        if self.kind in _LENGTHS:
            return f"{self.province}ICP{self.kind}{self.number}号"
        return f"{self.province}{self.kind}-{self.number}"


@dataclass(frozen=True, slots=True)
class PoliceNumber:
    """A 公安备案号; `flags` is any of placeholder, bad_length, bad_province (digits of another province), no_province."""

    province: str
    number: str
    flags: tuple[str, ...] = ()

    @property
    def main(self) -> str:
        """The number in one spelling: 粤公网安备44030002008123号."""
        return f"{self.province}公网安备{self.number}号"


@lru_cache(maxsize=8)
def _fold(text: str) -> str:
    """One footer is searched for several kinds of number in turn."""
    return unicodedata.normalize("NFKC", text).translate(_TRADITIONAL)


def parse_icp(text: str, as_of: dt.date | None = None, apps: bool = False) -> IcpNumber | None:
    """The first ICP filing or licence number in `text`, or None; `as_of` makes later years impossible, `apps` as in find_icp."""
    return next(iter(find_icp(text, as_of, apps)), None) or next(iter(find_licences(text, as_of)), None)


def find_icp(text: str, as_of: dt.date | None = None, apps: bool = False) -> list[IcpNumber]:
    """Every different ICP filing (备) and old licence (证) in `text`, in order; flagged ones too.

    Numbers of apps and mini programs are left out, unless `apps` asks for them: they file no site.
    """
    found = (_filing(match, as_of) for match in _ICP.finditer(_fold(text)) if apps or not match["app"])
    return list(dict.fromkeys(found))


def find_licences(text: str, as_of: dt.date | None = None) -> list[IcpNumber]:
    """Every different telecom licence number (B2-20090059 and its like) in `text`, in order."""
    return list(dict.fromkeys(_licence(match, as_of) for match in _LICENCE.finditer(_fold(text))))


def licence_alone(text: str) -> bool:
    """Whether `text` is one telecom licence number and nothing else (A2.B1.B2-20050001 has dots, like a host)."""
    return _LICENCE.fullmatch(_fold(text).strip()) is not None


def _filing(match: re.Match[str], as_of: dt.date | None) -> IcpNumber:
    kind, number = match["kind"], match["num"].lower()
    flags = ["placeholder"] if _PLACEHOLDER.fullmatch(number) else []
    if len(number) not in _LENGTHS[kind]:
        flags.append("bad_length")
    elif number.isdigit() and not _year_fits(number, kind, as_of):
        flags.append("bad_year")
    province = match["prov"].translate(_FOR_FILINGS)
    return IcpNumber(province, kind, number, _sequence(match), tuple(flags))


def _year_fits(number: str, kind: str, as_of: dt.date | None) -> bool:
    """Eight or six digits begin with a two-digit year, ten with a four-digit one (an old 证 of eight may do either)."""
    last = as_of.year if as_of else _LAST_YEAR
    four = int(number[:4])
    if len(number) == 10:
        return _FIRST_YEAR[kind] <= four <= last
    two = 2000 + int(number[:2])
    return _FIRST_YEAR[kind] <= two <= last or (kind == "证" and len(number) == 8 and 2000 <= four <= last)


def _licence(match: re.Match[str], as_of: dt.date | None) -> IcpNumber:
    number = match["num"]
    flags = ["placeholder"] if _PLACEHOLDER.fullmatch(number) else []
    if not 2000 <= int(number[:4]) <= (as_of.year if as_of else _LAST_YEAR):
        flags.append("bad_year")
    province = (match["prov"] or "").translate(_FOR_LICENCES)
    return IcpNumber(province, match["kind"].upper(), number, _sequence(match), tuple(flags))


def _sequence(match: re.Match[str]) -> int | None:
    return int(match["seq"]) if match["seq"] else None


def find_police(text: str) -> list[PoliceNumber]:
    """Every different 公安备案号 in `text`; its first two digits must be the province's in GB/T 2260, as its character is."""
    found = []
    for match in _POLICE.finditer(_fold(text)):
        number, province = match["num"].lower(), (match["prov"] or "").translate(_FOR_LICENCES)
        flags = ["placeholder"] if _PLACEHOLDER.fullmatch(number) else []
        if len(number) != 14:
            flags.append("bad_length")
        if not province:
            flags.append("no_province")
        if number[:2].isdigit() and (
            number[:2] not in _GB2260 or (province and _GB2260[number[:2]] != province)
        ):
            flags.append("bad_province")
        found.append(PoliceNumber(province, number, tuple(flags)))
    return list(dict.fromkeys(found))


def same_main(a: str, b: str) -> bool:
    """Whether both texts hold a number and the numbers agree but for the sequence after the dash."""
    first, second = parse_icp(a), parse_icp(b)
    return first is not None and second is not None and first.main == second.main


def province_of(number: str | IcpNumber | PoliceNumber) -> str | None:
    """The province a number belongs to, as 广东; None when there is none in it."""
    if isinstance(number, str):
        known: IcpNumber | PoliceNumber | None = parse_icp(number) or next(iter(find_police(number)), None)
    else:
        known = number
    return PROVINCES.get(known.province) if known else None


def looks_like_uscc(text: str) -> bool:
    """Whether `text` has the shape of a 统一社会信用代码 (18 characters, upper case)."""
    return _USCC.fullmatch(text) is not None


def uscc_is_valid(code: str) -> bool:
    """Whether the last character is the check digit of GB 32100-2015: 31 - sum(c[i] * 3^i mod 31) mod 31, mod 31."""
    if not looks_like_uscc(code) or any(c not in _USCC_ALPHABET for c in code):
        return False
    total = sum(_USCC_ALPHABET.index(c) * pow(3, i, 31) for i, c in enumerate(code[:17]))
    return _USCC_ALPHABET[(31 - total % 31) % 31] == code[17]


def province_of_uscc(code: str) -> str | None:
    """The province in which a code was issued (its third and fourth signs, GB/T 2260); None for one that has none."""
    return PROVINCES.get(_GB2260.get(code[2:4], "")) if looks_like_uscc(code) else None
