"""Bytes of Chinese pages to text: declared and undeclared GBK, wrong declarations, dirty and cut pages."""

from __future__ import annotations

import re

from scrapy.http import Response

_META = re.compile(rb'<meta[^>]{0,200}?charset\s*=\s*["\']?\s*([A-Za-z0-9_\-]+)', re.I)
_HEADER = re.compile(rb"charset\s*=\s*[\"']?([A-Za-z0-9_\-]+)", re.I)
_CHINESE = {"gb2312", "gbk", "gb18030", "gb_2312-80", "x-gbk", "cp936"}


def decode(body: bytes, declared: str | None = None) -> str:
    """The text of `body`: the first of declared, <meta>, UTF-8, GB18030 and Big5 that fits without an error.

    GB2312 and GBK are read as their superset GB18030. A page none fits is read with replacement characters.
    """
    meta = _META.search(body[:4096])
    names = [declared, meta.group(1).decode() if meta else None]
    wanted = ["gb18030" if name.lower() in _CHINESE else name for name in names if name]
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


def text_of(response: Response) -> str:
    """The decoded text of a response, by its own header first."""
    header = _HEADER.search(response.headers.get("Content-Type") or b"")
    return decode(response.body, header.group(1).decode() if header else None).lstrip("\ufeff")
