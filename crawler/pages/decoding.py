"""Bytes of Chinese pages to text: declared and undeclared GBK, wrong declarations, dirty and cut pages."""

from __future__ import annotations

import codecs
import re

from scrapy.http import Response

_META = re.compile(rb'<meta[^>]{0,200}?charset\s*=\s*["\']?\s*([A-Za-z0-9_\-]+)', re.I)
_HEADER = re.compile(rb"charset\s*=\s*[\"']?([A-Za-z0-9_\-]+)", re.I)
_CHINESE = {"gb2312", "gbk", "gb18030", "gb_2312-80", "x-gbk", "cp936"}
_OF_THE_WEB = frozenset([
    "utf-8", "utf-16", "utf-16-le", "utf-16-be", "gb18030", "gbk", "gb2312", "big5", "big5hkscs", "euc_jp", "iso2022_jp", "shift_jis", "cp932",
    "euc_kr", "cp949", "cp866", "cp874", "koi8-r", "koi8-u", "mac-roman", "mac-cyrillic", "ascii", "tis-620",
    *(f"iso8859-{part}" for part in (*range(1, 9), 9, 10, 11, 13, 14, 15, 16)), *(f"cp125{part}" for part in range(9)),
])  # fmt: skip
"""Python's names of the encodings a browser knows (WHATWG Encoding Standard §4.2). Other codecs of Python are none of the web's, and
some take minutes over what was written to slow them (punycode, idna)."""


def decode(body: bytes, declared: str | None = None) -> str:
    """The text of `body`: the first of declared, <meta>, UTF-8, GB18030 and Big5 that fits without an error.

    GB2312 and GBK are read as their superset GB18030. A page none fits is read with replacement characters.
    """
    meta = _META.search(body[:4096])
    names = [declared, meta.group(1).decode() if meta else None]
    wanted = [codec for name in names if name and (codec := _codec(name))]
    for name in [*wanted, "utf-8", "gb18030", "big5"]:
        try:
            return body.decode(name)
        except (UnicodeDecodeError, LookupError):
            continue
    for name in ("utf-8", "gb18030"):
        text = body.decode(name, "replace")
        if text.count("\ufffd") <= max(3, len(text) // 500):
            return text
    return body.decode("utf-8", "replace")


def _codec(name: str) -> str | None:
    """Python's codec for a declared encoding; None for one no browser knows, which counts as not declared."""
    if name.lower() in _CHINESE:
        return "gb18030"
    try:
        found = codecs.lookup(name[:40]).name
    except LookupError:
        return None
    return found if found in _OF_THE_WEB else None


def text_of(response: Response) -> str:
    """The decoded text of a response, by its own header first."""
    header = _HEADER.search(response.headers.get("Content-Type") or b"")
    return decode(response.body, header.group(1).decode() if header else None).lstrip("\ufeff")
