"""Hosts in any spelling people use: found in text, made ASCII, cut to the registrable domain, look-alike letters told. Pure, no network.

The pairs are those Unicode's confusables list gives for the Latin letters a host may hold; no full copy of that list.

Only the host is taken, and of a known mall's path what names a merchant (store/text/malls.py); no other path, query string or
fragment is ever returned.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from urllib.parse import unquote

import idna
from publicsuffixlist import PSLFILE, PublicSuffixList

from store.text.malls import Place, host_part, mall_of, place_of

_LOOKS_LIKE = {
    "a": "аαɑạ", "b": "ЬЪƅв", "c": "сϲᴄ", "d": "ԁɗđ", "e": "еєҽε", "f": "ƒғ", "g": "ɡԍց", "h": "һհн", "i": "іιıɩӏїﺍ",
    "j": "јϳ", "k": "кκқ", "l": "ⅼℓłǀ", "m": "мⅿ", "n": "ոпήη", "o": "оοσօөøѻ", "p": "рρƿ", "q": "ԛգզ", "r": "гᴦɾ",
    "s": "ѕꜱʂ", "t": "тτƭ", "u": "υսџц", "v": "νѵᴠ", "w": "ԝωѡш", "x": "хχ", "y": "уγүყ", "z": "ᴢʐż", "0": "օ", "3": "зҙ",
}  # fmt: skip
LATIN_LIKE = {ord(other): latin for latin, others in _LOOKS_LIKE.items() for other in others}
# Digits and letter pairs that pass for others in a narrow address bar.
_FOLD = str.maketrans({"0": "o", "1": "l", "i": "l", "5": "s"})
_PAIRS = (("rn", "m"), ("vv", "w"), ("cl", "d"))

SCRIPT_NAMES = {
    "CYRILLIC": ("西里尔", "Cyrillic"), "GREEK": ("希腊", "Greek"), "ARMENIAN": ("亚美尼亚", "Armenian"),
    "HEBREW": ("希伯来", "Hebrew"), "ARABIC": ("阿拉伯", "Arabic"), "CHEROKEE": ("切罗基", "Cherokee"),
    "GEORGIAN": ("格鲁吉亚", "Georgian"), "HANGUL": ("韩文", "Hangul"), "THAI": ("泰文", "Thai"),
    "HIRAGANA": ("日文平假名", "Hiragana"), "KATAKANA": ("日文片假名", "Katakana"), "LATIN": ("拉丁", "Latin"),
    "HAN": ("汉字", "Han"),
}  # fmt: skip
"""Script → its name in Chinese and English."""
# Scripts that one honest label may mix with Latin: Chinese and Japanese names do.
USUAL_WITH_LATIN = frozenset(["HAN", "HIRAGANA", "KATAKANA", "LATIN"])


@lru_cache(maxsize=4096)
def script_of(letter: str) -> str | None:
    """The script of one letter by its Unicode name (LATIN, CYRILLIC, HAN …); None for digits, marks and signs."""
    if not letter.isalpha():
        return None
    word = unicodedata.name(letter, "UNKNOWN").split(" ")[0]
    return "HAN" if word.startswith("CJK") or word == "IDEOGRAPHIC" else word.removesuffix("-HIRAGANA")


def latin_twin(letter: str) -> str | None:
    """The ASCII letter that a non-ASCII `letter` passes for, or None; accented Latin letters count."""
    if letter.isascii():
        return None
    if twin := LATIN_LIKE.get(ord(letter)):
        return twin
    base = unicodedata.normalize("NFKD", letter)[0]
    return base if base.isascii() and base.isalpha() else None


def skeleton_of(text: str) -> str:
    """`text` with everything that looks alike made equal; only for comparing, never for showing."""
    if not text.isascii():
        text = "".join(latin_twin(letter) or letter for letter in text)
    for pair, single in _PAIRS:
        text = text.replace(pair, single)
    return text.translate(_FOLD)


LONGEST = 20_000
"""Characters of a query that are read."""
_SHORT = 300
"""Characters of a text whose hosts are remembered."""
_ENOUGH = 200
"""So many hosts of a text are read; the answer shows fewer."""
_HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff"
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_TOP = re.compile(r"[a-z]{2,63}|xn--[a-z0-9-]{1,59}")
_PLAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,120}[a-z]{2,63}")
# Invisible marks (zero width, bidirectional, soft hyphen) and control characters.
_INVISIBLE = re.compile(
    r"[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]"
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")
_SPOKEN = (
    "(?:com|cn|net|org|top|vip|shop|store|xyz|cc|co|me|info|site|online|club|icu|fun|pro|link|test|example)"
)
_NO_HOUR = r"(?<!^[0-9])(?<!^[0-9]{2})(?<![^a-z0-9][0-9])(?<![^a-z0-9][0-9]{2})"  # not 晚上9点vip
_DEFANGED = (
    (re.compile(r"\[([:/]{1,3})\]"), r"\1"),
    (re.compile(r"\bh(?:xx|tt|\*\*|\+\+)p(s?)\s?:\s?(?=[/\\]{1,2})", re.IGNORECASE), r"http\1:"),
    (re.compile(r"\s?[\[({【〔<]\s?(?:[.。]|dot|点|點)\s?[\])}】〕>]\s?", re.IGNORECASE), "."),
    (re.compile(r"(?<=[a-z0-9])\s?[点點]\s?(?=(?:com|cn|net|org)(?![a-z0-9]))", re.IGNORECASE), "."),
    (re.compile(rf"(?<=[a-z0-9]){_NO_HOUR}\s?[点點]\s?(?={_SPOKEN}(?![a-z0-9]))", re.IGNORECASE), "."),
    (re.compile(r"(?<=[a-z0-9]) dot (?=[a-z])", re.IGNORECASE), "."),
    (re.compile(rf"(?<=[a-z0-9])\s[.。]\s(?={_SPOKEN}(?![a-z0-9.]))", re.IGNORECASE), "."),
    (re.compile(rf"(?<![a-z0-9.-])www[\s,]\s?([a-z0-9-]{{2,63}})[\s,]\s?(?={_SPOKEN}(?![a-z0-9.]))", re.IGNORECASE), r"www.\1."),
    (re.compile(r"(?<![\w.,-])(?!(?:com|cn|net|org),)([a-z0-9-]{3,63}),\s?(?=(?:com|cn|net|org)(?![\w.,-]))", re.IGNORECASE), r"\1."),
)  # fmt: skip
_PROSE = re.compile("([，；！？、]|：(?=https?[:：]))", re.IGNORECASE)
"""Chinese punctuation ends what was written before it. In compatibility form it would be a sign that a path may hold."""
_FULL_STOP = re.compile(
    r"(?<![a-z0-9.-])(?P<before>[a-z0-9.-]{1,253})。(?=(?P<after>[a-z0-9][a-z0-9.-]{0,253})(?P<scheme>:[/\\])?)",
    re.IGNORECASE,
)
# Targets of Markdown and HTML links come before the text shown, which may name another site.
_TARGET = re.compile(r"""\]\(\s{0,3}(?=\S)|\b(?:href|src)\s{0,3}=\s{0,3}["']?(?=\S)""", re.IGNORECASE)
_URL = re.compile(
    r"(?<![a-z0-9])(?:[a-z][a-z0-9+-]{1,9}):[/\\]{1,4}(?P<authority>"
    r"(?:[^\s/\\?#\"'<>`|()\[\]@]{0,200}@)?\[[^\s\]]{1,60}\](?::\d{1,5})?|[^\s/\\?#\"'<>`|()\[\]]{1,600})",
    re.IGNORECASE,
)
_GLUED_END = re.compile(rf"(?<=[a-z0-9])\.{_SPOKEN}(?=[{_HAN}])", re.IGNORECASE)
_IDEOGRAPHIC_HOST = re.compile(r"[\w-]{1,63}(?:。[\w-]{1,63}){1,9}")
_TOKEN = re.compile(r"(?<![\w.-])[\w-]{1,63}(?:\.[\w-]{1,63}){1,126}")
_ASCII = re.compile(
    rf"(?<![^\W{_HAN}])(?<![.-])[a-z0-9][a-z0-9_-]{{0,62}}\.(?:[a-z0-9_-]{{1,63}}\.){{0,125}}[a-z0-9-]{{1,63}}"
    rf"(?![^\W{_HAN}])(?!\.[\w])",
    re.IGNORECASE,
)
_PORT = re.compile(r":(\d{1,5})(?!\d)")
# ASCII without quotes, brackets and bars, which end a link in HTML, Markdown and tables.
_REST = re.compile(r"[/\\?#][!#-&*-;=?-Z\\_a-z~]+")
_DOTTED = re.compile(r"[\w-]+(?:\.[\w-]+)+")
_V4_PORT = re.compile(r"(\d{1,3}(?:\.\d{1,3}){3}):(\d{1,5})")
_BRACKETED = re.compile(r"\[([0-9a-f:.]{2,45})\](?::(\d{1,5}))?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Found:
    """A host as found in a text, and what stood around it."""

    host: str
    port: int | None = None
    path: bool = False
    userinfo: bool = False
    glued: bool = False
    known_suffix: bool = True
    place: Place = Place()

    @property
    def is_ip(self) -> bool:
        """Whether the host is an IP address."""
        return ip_of(self.host) is not None

    @property
    def key(self) -> str:
        """The key a platform of this host is stored under, see host_key."""
        if not self.is_ip:
            mall = self.place.mall or mall_of(self.host)
            if mall is None:
                return _without_www(self.host)
            return f"{mall.host}/{self.place.merchant}" if self.place.merchant else mall.host
        shown = f"[{self.host}]" if ":" in self.host and self.port else self.host
        return f"{shown}:{self.port}" if self.port else shown


_ENCODED_HOST = re.compile(r"(?:(?<=//)|(?<=@)|(?<=\s)|^)[^\s/?#%]{0,253}%[0-9A-Fa-f]{2}[^\s/?#]{0,253}")
"""A host with percent-encoded characters: browsers open a%2eb.example as a.b.example, so nobody may read a.example in it."""
_STOPS = re.compile("[。．｡]")
_USERINFO = re.compile(
    r"(?:(?<=//)[^\s/\\?#@]{0,200}|(?<!\S)[!-.0-9:-;=A-Z\[\]^-~>]{1,200})(?:@[^\s/\\?#@]{1,200}){0,5}(?=@[^\s/\\?#@])"
)
"""What stands before the last @ of an address: no browser asks a host named in it, whatever it holds."""
_FALSE_END = re.compile(r"%[0-9A-Fa-f]{2}|[\uff0f\uff3c\uff1f\uff03\ufe68\ufe56\ufe5f]")
"""What would end the host once it is decoded or in compatibility form: %2f, a full-width slash."""


def prepare(text: str) -> str:
    """The text in compatibility form (NFKC), without invisible marks, defanged and percent-encoded hosts undone; at most LONGEST characters."""
    whole = _USERINFO.sub(lambda found: _FALSE_END.sub("", found[0]), text[:LONGEST])
    plain_hosts = _ENCODED_HOST.sub(lambda found: _STOPS.sub(".", unquote(found[0])), whole)
    folded = unicodedata.normalize("NFKC", _PROSE.sub(r"\1 ", _INVISIBLE.sub("", plain_hosts)))[:LONGEST]
    folded = _FULL_STOP.sub(_dot_or_end, _CONTROL.sub(" ", _INVISIBLE.sub("", folded)))
    for pattern, plain in _DEFANGED:
        folded = pattern.sub(plain, folded)
    folded = folded.strip()
    if _IDEOGRAPHIC_HOST.fullmatch(folded) and _suffix(folded.replace("。", ".")):
        folded = folded.replace("。", ".")
    return folded


def _dot_or_end(found: re.Match[str]) -> str:
    """What a Chinese full stop between letters is: the dot of one address (a。com), or the end of the first of two (a.com。b.com)."""
    before, after, preceded = found["before"], found["after"].rstrip("."), found.string[: found.start()][-2:]
    in_path = preceded.endswith(("?", "=", "&", "#", "%", "_", "~", "+")) or (
        preceded.endswith(("/", "\\")) and preceded not in ("//", ":/", "\\\\", "/")
    )
    two = (
        "." in before
        and "." in after
        and has_known_suffix(before.lower())
        and has_known_suffix(after.lower())
    )
    return f"{before}。 " if found["scheme"] or in_path or two else f"{before}."


def ip_of(host: str) -> str | None:
    """The IP address `host` is (IPv6 with or without brackets), in its usual spelling, or None."""
    try:
        return str(ipaddress.ip_address(host.strip("[]").split("%")[0]))
    except ValueError:
        return None


def canonical(host: str) -> str | None:
    """The ASCII form of a lower-case host or IP address, None if it cannot be one. An IPv6 address has no brackets."""
    host = host.rstrip(".")
    if not host or len(host) > 253:
        return None
    if (host[-1].isdigit() or ":" in host) and (ip := ip_of(host)):
        return ip
    if not host.isascii():
        host = _to_ascii(host)
    labels = host.split(".")
    if len(labels) < 2 or len(host) > 253 or not _TOP.fullmatch(labels[-1]):
        return None
    return host if all(_LABEL.fullmatch(label) for label in labels) else None


def _to_ascii(host: str) -> str:
    """Punycode by IDNA 2008 with UTS 46 mapping; a label it refuses (emoji) is encoded as it is, as browsers do."""
    try:
        return idna.encode(host, uts46=True).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError):
        labels = (
            label if label.isascii() else f"xn--{label.encode('punycode').decode('ascii')}"
            for label in host.split(".")
        )
        return ".".join(labels).lower()


def unicode_of(host: str) -> str:
    """How people read an ASCII host or key; a label that does not decode stays as it is."""
    name, slash, merchant = host.partition("/")
    if "xn--" not in name:
        return host
    return ".".join(_decoded(label) for label in name.split(".")) + slash + merchant


def _decoded(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        shown = label[4:].encode("ascii").decode("punycode")
    except (UnicodeError, ValueError, OverflowError):
        return label
    return shown if shown.isprintable() and _to_ascii(shown) == label else label


@cache
def _suffixes(only_icann: bool = False) -> PublicSuffixList:
    """The public-suffix list as the library brings it along; made when the first host is cut, for it takes 0.1 s of a start.

    `only_icann`: without the suffixes that private owners registered (github.io). Beside it stand the names kept for tests.
    """
    with open(PSLFILE, encoding="utf-8") as file:
        lines = ["// ===BEGIN ICANN DOMAINS===", "test", "example", *file]
    return PublicSuffixList(lines, accept_unknown=False, only_icann=only_icann)


def _suffix(name: str) -> str:
    """The public suffix of a host without port and dots at its end; "" where the list knows none."""
    return _suffixes().publicsuffix(name) or ""


def has_known_suffix(host: str) -> bool:
    """Whether the public-suffix list knows its ending and something stands before it."""
    name = _name_of(host)
    suffix = _suffix(name)
    return bool(suffix) and (suffix != name or _suffixes(only_icann=True).publicsuffix(name) != suffix)


def is_public_suffix(host: str) -> bool:
    """Whether anybody may have a name below it: com.cn, github.io; an unknown ending is none."""
    name = _name_of(host)
    return bool(name) and _suffix(name) == name


def without_suffix(host: str) -> str:
    """What stands before the public suffix, without a leading www.; an IP address or a bare suffix stays as it is."""
    name = _without_www(_name_of(host))
    return name.removesuffix(_suffix(name)).removesuffix(".") or host


def _name_of(host: str) -> str:
    """A host or key as the list knows names: the mall's of a merchant, without port and dot at its end."""
    return _without_port(host_part(host).lower().rstrip("."))


@lru_cache(maxsize=65_536)
def registrable(host: str) -> str:
    """The registrable domain of a host or key (private suffixes count: shop.platform.example); never empty, an IP address stays itself."""
    lowered = _name_of(host.strip())
    if (lowered[-1:].isdigit() or ":" in lowered or lowered.endswith("]")) and (ip := ip_of(lowered)):
        return ip
    return _suffixes().privatesuffix(lowered) or lowered or host


def _without_port(host: str) -> str:
    name, _, port = host.rpartition(":")
    return name if port.isdigit() and name and (":" not in name or name.endswith("]")) else host


def host_key(host: str) -> str:
    """The key a platform is stored under: lower-case ASCII host, no leading www., port only with an IP address; of a merchant of a
    known mall `host/section/name`. Never raises."""
    stripped = host.strip()
    if is_merchant_key(stripped):
        return stripped
    lowered = stripped.lower()
    if _PLAIN.fullmatch(lowered):
        return Found(lowered).key
    folded = prepare(host)
    low = folded.lower()
    if _DOTTED.fullmatch(low) and has_known_suffix(low) and (named := canonical(low)):
        return Found(named).key  # here Chinese characters belong to the host: 卡盟123.com is not 123.com
    found = find_hosts(folded)
    return found[0].key if found else re.split(r"[/\\?#\s]", lowered, maxsplit=1)[0].rstrip(".")[:253]


def is_merchant_key(key: str) -> bool:
    """Whether `key` is exactly one of a merchant of a known mall."""
    host, slash, path = key.partition("/")
    if not slash or (mall := mall_of(host)) is None:
        return False
    return mall.host == host and place_of(host, f"/{path}").merchant == path


def is_key(key: str) -> bool:
    """Whether `key` is one a platform may be stored under: a host name in ASCII, an IP address with or without a port, or a
    merchant of a known mall."""
    if "/" in key:
        return is_merchant_key(key)
    if (name := _BRACKETED.fullmatch(key)) or (name := _V4_PORT.fullmatch(key)):
        address, port = name[1], name[2]
        return ip_of(address) is not None and (port is None or 0 < int(port) < 65536)
    return canonical(key) == key


def address_in(key: str) -> str | None:
    """The IP address a key names, with or without a port; None for a name."""
    found = _BRACKETED.fullmatch(key) or _V4_PORT.fullmatch(key)
    return ip_of(found[1] if found else key)


def url_host(key: str) -> str:
    """A key as it stands in a URL after `https://`, without a slash at its end: an IPv6 address in brackets, a merchant with its path."""
    return f"[{key}]" if ":" in key and ip_of(key) and not key.startswith("[") else key


def _without_www(lowered: str) -> str:
    while lowered.startswith("www.") and registrable(lowered) != lowered:
        lowered = lowered[4:]
    return lowered


def host_of(text: str) -> str | None:
    """The first host named in `text`, in ASCII and lower case, without port; None if there is none. See `key_of`."""
    found = hosts_named(text)
    return found[0].host if found else None


def key_of(text: str) -> str | None:
    """The key of the first site or merchant named in `text`; None if there is none."""
    if is_merchant_key(text):
        return text
    found = hosts_named(text)
    return found[0].key if found else None


def hosts_named(text: str) -> Sequence[Found]:
    """What `find_hosts` finds in a text as it was written; short ones are remembered, as a sheet names one site in row after row."""
    return _of_short(text) if len(text) <= _SHORT else find_hosts(prepare(text))


@lru_cache(maxsize=4_096)
def _of_short(text: str) -> tuple[Found, ...]:
    return tuple(find_hosts(prepare(text)))


def like_merchant(text: str) -> str:
    """The first part of a path that looks like a merchant's at a host that is no known mall; empty for any other text."""
    found = find_hosts(prepare(text)) if "/" in text or "\\" in text else []
    return found[0].place.like if found else ""


def find_hosts(folded: str) -> list[Found]:
    """Hosts in a prepared text: link targets first, then addresses with a scheme, then bare names with a known suffix."""
    if whole := ip_of(folded):
        return [Found(whole)]
    if (bracketed := _BRACKETED.fullmatch(folded)) and (whole := ip_of(bracketed[1])):
        return [Found(whole, int(bracketed[2]) if bracketed[2] else None)]
    urls: list[tuple[int, Found]] = []
    rest, done = [], 0
    while len(urls) < _ENOUGH and (match := _URL.search(folded, done)):  # not one inside the path of another
        found, end = _from_url(folded, match)
        if found:
            urls.append((match.start(), found))
        path = _REST.match(folded, end)
        rest.append(folded[done : match.start()])
        done = path.end() if path else end
    targets = {m.end() for m in _TARGET.finditer(folded)} if urls else set()
    ordered = [found for _, found in sorted(urls, key=lambda item: item[0] not in targets)]
    ordered += [one for one in _bare(" ".join([*rest, folded[done:]])) if not (urls and one.userinfo)]
    unique: dict[str, Found] = {}
    for found in ordered:
        unique.setdefault(found.key if found.place.mall else found.host, found)
    return list(unique.values())


def _from_url(folded: str, match: re.Match[str]) -> tuple[Found | None, int]:
    """The host of an address with a scheme, None for none, and where its host and port end."""
    authority, start = match["authority"], match.start("authority")
    before, at, after = authority.rpartition("@")
    userinfo = bool(at) and before.isascii()
    if userinfo:
        authority, start = after, match.end() - len(after)
    elif at:
        authority = before
    if authority.startswith("["):
        inside, _, tail = authority[1:].partition("]")
        ip = ip_of(inside)
        return (Found(ip, _port(tail), _path(folded, match.end()), userinfo) if ip else None), match.end()
    name = _IDEOGRAPHIC_HOST.match(authority) or re.match(r"[\w.-]*", authority)
    label = _unglued_end(name.group()) if name else ""
    host = canonical(label.replace("。", ".").lower())
    if host is None:
        return None, match.end()
    port = _PORT.match(authority, len(label))
    end = start + (port.end() if port else len(label))
    place = _place(host, folded, end)
    found = Found(
        host,
        _port(authority[len(label) :]),
        _path(folded, end),
        userinfo,
        known_suffix=has_known_suffix(host),
        place=place,
    )
    return found, end


def _unglued_end(host: str) -> str:
    """Without Chinese text that touches the end: no top-level domain mixes Latin letters and Chinese, and no name goes on after one
    that people write with it (a.com和b.com)."""
    if found := _GLUED_END.search(host):
        return host[: found.end()]
    head, dot, last = host.rpartition(".")
    return f"{head}{dot}{re.sub(rf'(?<=[a-z])[{_HAN}].*', '', last, flags=re.IGNORECASE)}" if dot else host


def _port(tail: str) -> int | None:
    found = _PORT.match(tail)
    return int(found[1]) if found and 0 < int(found[1]) < 65536 else None


def _path(folded: str, end: int) -> bool:
    return _REST.match(folded, end) is not None


def _place(host: str, folded: str, end: int) -> Place:
    """What the path after a host names, if it has one."""
    rest = _REST.match(folded, end)
    return place_of(host, rest[0] if rest else "")


def _bare(text: str) -> list[Found]:
    """Bare names; one that follows an @ (a mail address) counts only when there is no other."""
    found: list[Found] = []
    mail: list[Found] = []
    done = 0
    for token in _TOKEN.finditer(text):
        inner = [(token.start() + m.start(), token.start() + m.end()) for m in _ASCII.finditer(token.group())]
        if len(found) == _ENOUGH:
            break
        for start, end in inner or [token.span()]:
            if start < done or text[end : end + 1] == "@":
                continue
            if one := _from_bare(text, start, end, glued=start > token.start()):
                (mail if one.userinfo else found).append(one)
                path = _REST.match(text, end)
                done = path.end() if path else end
    return found or mail


def _from_bare(text: str, start: int, end: int, glued: bool) -> Found | None:
    name = _unglued_end(text[start:end]).lower()
    known = has_known_suffix(name)
    alone = (
        start == 0 and text[end : end + 1] in ("", ":", "/", "?", "#") and not re.search(r"\s", text[end:])
    )
    if not known and ip_of(name) is None and (not alone or re.search(f"[{_HAN}][^.]*$", text[start:end])):
        return None
    if (host := canonical(name)) is None:
        return None
    port = _PORT.match(text, end)
    after_at = text[start - 1 : start] == "@" if start else False
    after = port.end() if port else end
    place = Place() if after_at else _place(host, text, after)
    return Found(host, _port(text[end : end + 6]), _path(text, after), after_at, glued, known, place)
