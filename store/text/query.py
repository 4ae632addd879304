"""What somebody typed or pasted, read as a host, a filing number, a USCC or a name; and how hosts and names compare. Pure.

It never looks anything up and never keeps a path, a query string or a fragment, for those may hold order numbers; of a known
mall's path only what names the merchant.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote

from opencc import OpenCC
from rapidfuzz import fuzz, process

from store.text.hosts import (
    SCRIPT_NAMES,
    USUAL_WITH_LATIN,
    Found,
    find_hosts,
    host_key,
    host_of,
    is_key,
    is_merchant_key,
    key_of,
    latin_twin,
    prepare,
    registrable,
    script_of,
    skeleton_of,
    unicode_of,
    without_suffix,
)
from store.text.malls import host_part, is_merchant, mall_of, merchant_part
from store.text.refused_hosts import Refusal, refusal, refusal_of_text
from store.text.registration_numbers import (
    IcpNumber,
    PoliceNumber,
    find_icp,
    find_licences,
    find_police,
    licence_alone,
    looks_like_uscc,
    parse_icp,
    province_of,
    same_main,
    uscc_is_valid,
)
from store.text.safe_text import plain

__all__ = [
    "IcpNumber", "Notice", "PoliceNumber", "Query", "Refusal", "file_stem", "find_icp", "find_licences", "find_police", "host_key",
    "host_of", "host_part", "is_key", "is_merchant", "is_merchant_key", "key_of", "mall_of", "merchant_part", "near_misses", "normal_name", "parse_icp", "parse_query", "province_of", "queries_in", "refusal", "refusal_of_text", "registrable", "same_main",
    "skeleton", "spellings", "unicode_of", "uscc_is_valid",
]  # fmt: skip

LONGEST_NAME = 100
_TO_SIMPLIFIED = OpenCC("t2s")
_LEGAL_FORM = re.compile(r"股份有限公司|有限责任公司|有限公司|公司")
_NOT_WORD = re.compile(r"[\W_]+")
_ICP_TRIED = re.compile(r"ICP\s{0,3}[备证備證]|备案号|備案號", re.IGNORECASE)
# Starts at the first letter of a word, so that a row of slashes is read once.
_ADDRESS_REST = re.compile(r"(?<!\S)([^\s/\\]*)[/\\]\S*[?#]\S*|[?&#][^\s=]{0,80}=\S*")
_SCHEME = re.compile(r"\b[a-z][a-z0-9+-]{1,9}:[/\\]{1,4}([^\s/\\?#]*)\S*", re.IGNORECASE)
_ID_CARD = re.compile(r"[1-9]\d{5}(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dX]")
_NO_NAME = re.compile(
    r"^[\d\s+()-]{5,}$|[?？]|[吗呢么]\s*$|^(?:请问|怎么|如何|哪家|为什么|为何|谁)|是不是|能不能|会不会|有没有|电话|手机号"
    r"|(?:qq|微信)\s*[:：号]?\s*\w*\d{5}",
    re.I,
)
"""What is somebody's number or a question, and no name of a site."""
_TAKEN = re.compile(r"\[[^\[\]#]{1,8}#\d+\]")
"""What stands where somebody's number or name stood."""
_BESIDE_A_NUMBER = re.compile(
    r"加|我|你|他|她|的|是|联系|客服|老板|卖家|咨询|微信|[微威薇]|v[xｘ]?|wx|wechat|q+|扣扣|企鹅|群|号|码|订单|交易|流水|单|电话|手机|tel|姓名|邮箱|地址|身份证|银行|卡(?=号)|[\W_]",
    re.I,
)
_COMPANY = re.compile(r"[\w()·]{2,60}?(?:股份有限公司|有限责任公司|有限公司)")
_REDIRECT = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+-]{1,20})://(?P<host>[^\s/?#]{1,253})[^\s?]{0,500}\?(?:[^\s?&#]{0,500}&){0,20}[a-z_]{1,20}="
    r"(?P<target>https?(?::|%3a)(?:/|%2f){2}[^\s&#]{1,2000})[^\s]{0,2000}",
    re.I,
)
"""An address that leads on to another, as chats and search engines write them around a link."""
_RESERVED_STEM = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?")
_NEAR = 72.0
"""Similarity (0-100) from which a candidate counts as a near miss: one letter in four may differ."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing the answer must say about how a query was read, in Chinese and English."""

    code: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Query:
    """What was understood. `kind` is host, icp, uscc, name or empty; only the fields of that kind are set.

    `host` is the key a platform is stored under (ASCII, no leading www., with the port only for an IP address; of a merchant in
    a mall `host/section/name`); `unicode_host` is how people read it; `number` is the ICP main number or the USCC.
    `unit` says what kind of site the host is: site, mall or merchant; `like` is the first part of a path that looks like a
    merchant's at a host that is no known mall.
    """

    kind: str
    host: str | None = None
    unicode_host: str | None = None
    port: int | None = None
    name: str | None = None
    number: str | None = None
    notices: tuple[Notice, ...] = ()
    unit: str | None = None
    like: str = ""

    @property
    def mall(self) -> str | None:
        """The host of the mall a merchant is in, or that the host itself is; None for any other site."""
        return host_part(self.host) if self.host and self.unit in ("merchant", "mall") else None


def parse_query(text: str) -> Query:
    """Read a URL, chat text, link, IP and port, ICP number, USCC or name in any spelling of design §6; never raises."""
    folded, through = _unwrapped(prepare(text))
    if not folded:
        return Query("empty")
    hosts = [] if licence_alone(folded) else find_hosts(folded)
    if hosts:
        return _host_query(hosts, through)
    return _icp_query(folded) or _uscc_query(folded) or _name_query(folded)


def queries_in(text: str) -> list[Query]:
    """A query for each different site a text names, in their order; of a text that names fewer than two its one query."""
    folded, _ = _unwrapped(prepare(text))
    hosts = [] if not folded or licence_alone(folded) else find_hosts(folded)
    each = list({_apart(found): found for found in reversed(hosts)}.values())[::-1]
    return [_host_query([found]) for found in each] if len(each) > 1 else [parse_query(text)]


def _unwrapped(folded: str) -> tuple[str, str]:
    """The text with addresses that only lead on replaced by those they lead to, and the host of the first of these."""
    through: list[str] = []

    def target(found: re.Match[str]) -> str:
        web = found["scheme"].lower() in ("http", "https")
        if web and not ((why := refusal(host_key(found["host"]))) and why.code == "shared"):
            return found[0]
        through.append(plain(found["host"], 60))
        return f" {unquote(found['target'])} "

    if "=http" not in folded.lower():
        return folded, ""
    return _REDIRECT.sub(target, folded), next(iter(through), "")


def _host_query(hosts: list[Found], through: str = "") -> Query:
    first = hosts[0]
    key = first.key
    shown = unicode_of(key)
    mall = mall_of(first.host)
    unit = "merchant" if is_merchant(key) else "mall" if mall else "site"
    notices = [
        *_leads_on(through),
        *_unit(first, key),
        *_dropped(first),
        *_script_notices(host_part(key), unicode_of(host_part(key))),
    ]
    others = list(dict.fromkeys(r for f in hosts[1:] if (r := _apart(f)) != _apart(first)))
    if others:
        listed = "、".join(others[:5])
        notices.append(
            Notice(
                "several_hosts",
                f"文中有多个网址，只看了第一个；其余：{listed}",
                f"Several addresses were found and the first was taken; the others: {', '.join(others[:5])}",
            )
        )
    if why := refusal(key):  # it says what the host is; that its ending may be misspelt is said of others
        notices = [notice for notice in notices if notice.code != "unknown_suffix"]
        notices.append(Notice(f"{why.code}_host", why.zh, why.en))
    is_ip = first.is_ip
    return Query(
        "host",
        host=key,
        unicode_host=shown,
        port=first.port if is_ip else None,
        notices=tuple(notices),
        unit=unit,
        like=first.place.like,
    )


def _leads_on(through: str) -> Iterator[Notice]:
    if through:
        yield Notice(
            "redirect",
            f"这是经 {through} 跳转的链接，查的是它要打开的网址",
            f"This link goes through {through}; this is the address it opens",
        )


def _apart(found: Found) -> str:
    """What two addresses of one text must share to be the same site: the domain, and in a mall the merchant."""
    return found.key if found.place.mall else registrable(found.host)


def _unit(found: Found, key: str) -> Iterator[Notice]:
    """Whether a merchant of a mall or the mall itself was understood, and why."""
    mall = host_part(key)
    if is_merchant(key):
        yield Notice(
            "merchant",
            f"商户：商城 {mall} 里的一家店；备案、证书和域名登记是商城的，不是这家店的",
            f"A merchant: one shop in the mall {mall}; filing, certificate and domain are the mall's, not the shop's",
        )
    elif found.place.inside:
        yield Notice(
            "mall_page",
            f"这个链接没有写明是哪家商户，查的是平台：商城 {mall} 本身；要查卖家，请粘贴店铺页的网址",
            f"This link names no merchant, so this is the platform, the mall {mall} itself; to check the seller, paste the address of its shop page",
        )
    elif mall_of(found.host):
        yield Notice(
            "mall",
            f"{mall} 是商城，查的是商城本身；里面的商户各自评级；要查其中一家，请粘贴店铺页的网址",
            f"{mall} is a mall, and this is the mall itself; its merchants are rated each for itself: to check one, paste the address of its shop page",
        )
    elif found.place.like:
        yield Notice(
            "unknown_mall",
            f"网址像是某个商城里的一家店，但 {mall} 不在已知商城里，查的是整个网站",
            f"The address looks like one shop of a mall, but {mall} is no mall we know; this is the whole site",
        )


def _dropped(found: Found) -> Iterator[Notice]:
    if found.path and not found.place.merchant:
        yield Notice(
            "path_dropped",
            "已去掉网址中的路径和参数，未保存",
            "The path and parameters were dropped and not kept",
        )
    if found.userinfo:
        yield Notice(
            "userinfo",
            f"网址中 @ 前面的部分不是网站，实际网站是 {found.host}",
            f"What stands before @ is not the site; the site is {found.host}",
        )
    if found.port is not None and not found.is_ip and found.port not in (80, 443):
        yield Notice("port_dropped", f"已去掉端口 {found.port}", f"Port {found.port} was dropped")
    if found.glued:
        yield Notice(
            "glued",
            f"网址前紧接汉字，按 {found.host} 处理；如果汉字属于网址，请在前面加 http://",
            f"Chinese characters touch the address; read as {found.host}. If they belong to it, put http:// before it",
        )
    if not found.known_suffix and not found.is_ip:
        yield Notice(
            "unknown_suffix",
            "这个域名后缀不在公共后缀表中，请核对",
            "Its ending is in no public list; please check it",
        )


def _script_notices(key: str, shown: str) -> Iterator[Notice]:
    if "xn--" in key and shown != key:
        yield Notice("punycode", f"{shown} 在网络上写作 {key}", f"{shown} is written {key} on the network")
    odd = [c for c in dict.fromkeys(shown) if not c.isascii() and script_of(c) not in (None, "HAN")]
    for letter in odd[:3]:
        script = script_of(letter) or ""
        twin = latin_twin(letter)
        zh, en = SCRIPT_NAMES.get(script, ("其他文字", script.title()))
        if twin and (script != "LATIN" or letter in "ıɑɡ"):
            named = zh if "文" in zh else f"{zh}字母"
            yield Notice(
                "homoglyph",
                f"此域名含{named} {letter}（U+{ord(letter):04X}），并非拉丁字母 {twin}",
                f"This name holds the {en} letter {letter} (U+{ord(letter):04X}), not the Latin letter {twin}",
            )
    for label in shown.split("."):
        scripts = {s for c in label if (s := script_of(c))}
        if len(scripts) > 1 and not scripts <= USUAL_WITH_LATIN:
            names = [SCRIPT_NAMES.get(s, (s, s.title())) for s in sorted(scripts)]
            yield Notice(
                "mixed_script",
                f"“{label}”混用了{'、'.join(n[0] for n in names)}",
                f"“{label}” mixes scripts: {', '.join(n[1] for n in names)}",
            )


def _icp_query(folded: str) -> Query | None:
    number = parse_icp(folded, apps=True)  # whoever pastes an app's number means its company
    if number is None:
        return None
    notices = []
    if number.flags:
        notices.append(
            Notice(
                "icp_malformed",
                f"{number.main} 不像真实存在的备案号（位数、年份或占位数字），请核对",
                f"{number.main} does not look like a number that exists (length, year or placeholder); please check it",
            )
        )
    return Query("icp", number=number.main, notices=tuple(notices))


def _uscc_query(folded: str) -> Query | None:
    for match in re.finditer(r"(?<![0-9A-Za-z])[0-9A-Za-z](?:[ -]?[0-9A-Za-z]){17}(?![0-9A-Za-z])", folded):
        code = re.sub("[ -]", "", match.group()).upper()
        valid = uscc_is_valid(code)
        apart = len(match.group()) > len(
            code
        )  # in groups, as people write it: then the check digit must be right
        if not looks_like_uscc(code) or (not valid and (apart or _ID_CARD.fullmatch(code))):
            continue
        wrong = Notice(
            "uscc_check_digit",
            f"统一社会信用代码 {code} 的校验码不对，请核对",
            f"The check digit of the USCC {code} is wrong; please check it",
        )
        return Query("uscc", number=code, notices=() if valid else (wrong,))
    return None


def _name_query(folded: str) -> Query:
    from store.redaction.redact import (
        clean,
    )  # its patterns take a quarter of a second, and most queries are addresses

    company = _COMPANY.search(folded)
    text = company[0] if company else _ADDRESS_REST.sub(r"\1 ", _SCHEME.sub(r" \1 ", folded))
    kept = clean(text)
    told = _TAKEN.sub(" ", kept)
    if told != kept and len(_BESIDE_A_NUMBER.sub("", told)) < 2:
        return Query("empty")
    name = " ".join(told.split()).strip(" ,.;:!?'\"<>。、！？“”‘’《》【】「」『』")[:LONGEST_NAME].strip()
    name = name.strip("()") if name.count("(") != name.count(")") else name
    if not name or (not company and _NO_NAME.search(folded)) or not any(map(str.isalnum, name)):
        return Query("empty")
    notices = []
    if find_police(folded):
        notices.append(
            Notice(
                "police_number",
                "这是公安备案号；请改填网址或 ICP 备案号",
                "This is a police filing number; give the address or the ICP number",
            )
        )
    elif _ICP_TRIED.search(folded):
        notices.append(
            Notice(
                "icp_malformed",
                "像是备案号，但读不出省份和数字，请核对",
                "It looks like a filing number, but province and digits cannot be read",
            )
        )
    return Query("name", name=name, notices=tuple(notices))


def spellings(name: str) -> list[str]:
    """A name as it may stand in a register, in small letters: as written and in simplified characters, its brackets narrow and wide."""
    low = name.lower().encode("utf-8", "ignore").decode("utf-8")
    both = (low, _TO_SIMPLIFIED.convert(low))
    wide = str.maketrans("()", "（）")
    return list(dict.fromkeys(form for each in both for form in (each, each.translate(wide))))


@lru_cache(maxsize=16_384)
def normal_name(text: str) -> str:
    """The form in which two spellings of a name are equal: simplified, lower case, without legal form, spaces and signs."""
    readable = text.encode("utf-8", "ignore").decode("utf-8")  # OpenCC refuses half of a surrogate pair
    folded = _TO_SIMPLIFIED.convert(unicodedata.normalize("NFKC", readable)).lower()
    bare = _NOT_WORD.sub("", folded)
    return _LEGAL_FORM.sub("", bare) or bare


def skeleton(host: str) -> str:
    """A host with look-alike letters made equal (paypa1 = paypal, rn = m); equal skeletons look alike."""
    return skeleton_of(unicode_of(host_part(host_key(host))))


@lru_cache(maxsize=65_536)
def _compared(text: str) -> tuple[bool, str]:
    """Whether `text` is a host, and the form it is compared in."""
    host = host_of(text) if "." in text else None
    if is_merchant_key(text):
        return True, text
    return (True, skeleton_of(unicode_of(without_suffix(host)))) if host else (False, normal_name(text))


def near_misses(query: str, candidates: Iterable[str], limit: int = 5) -> list[str]:
    """Up to `limit` candidates (hosts or names) that look or read like `query`, nearest first, without `query` itself.

    Hosts are compared with hosts by the skeleton of what stands before the public suffix, names with names by `normal_name`, and a name with the registrable label of a host.
    """
    is_host, wanted = _compared(query)
    if not wanted:
        return []
    forms: dict[str, str] = {}
    for candidate in candidates:
        other_is_host, form = _compared(candidate)
        if candidate == query or (is_host and not other_is_host) or not form:
            continue
        forms[candidate] = skeleton_of(form.rsplit(".", 1)[-1]) if other_is_host and not is_host else form
    if not is_host and wanted.isascii():
        wanted = skeleton_of(wanted)
        forms = {c: skeleton_of(f) if f.isascii() else f for c, f in forms.items()}
    scorer = fuzz.ratio if is_host else fuzz.WRatio
    found = process.extract(wanted, forms, scorer=scorer, score_cutoff=_NEAR, limit=limit)
    return [str(candidate) for _, _, candidate in found]


def file_stem(host: str) -> str:
    """A file name for a host or key that no system reads as a path: lower-case ASCII, no separators, never reserved, ≤ 120 chars.

    An ordinary host is its own stem; anything else is changed and gets eight hex digits of its SHA-256, so that two hosts
    never share a stem.
    """
    key = (
        host.strip().lower()
    )  # not host_key: it would find a.example in x/a.example, and the two would share a file
    stem = re.sub(r"\.{2,}|[^a-z0-9.-]", "_", key)[:100].strip(".-") or "_"
    if stem == key and not _RESERVED_STEM.fullmatch(stem):
        return stem
    return f"_{stem}-{hashlib.sha256(host.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"


FLAT = 20_000
"""Up to so many sites the files of a snapshot about single sites lie side by side, above it in folders named by the beginning
of the host's hash."""
_ENDING = {"s": ".html", "badges": ".svg", "feeds": ".atom"}


def site_files(host: str, sites: int) -> dict[str, str]:
    """Where the page (`s`), badge (`badges`) and feed (`feeds`) of a host lie in a snapshot of so many sites."""
    stem, between = file_stem(host), "/"
    if sites > FLAT:
        between = f"/{hashlib.sha256(host.encode('utf-8', 'surrogatepass')).hexdigest()[:2]}/"
    return {kind: f"{kind}{between}{stem}{ending}" for kind, ending in _ENDING.items()}
