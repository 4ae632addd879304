"""Foreign text made harmless to read, in a page, a badge, a feed or a sheet, names of files in a ZIP, what redaction left in English, and our own English in the number of its counts. Pure; escaping is the writer's part."""

from __future__ import annotations

import re
import unicodedata
import zipfile
from pathlib import Path
from typing import IO

# Marks that reorder or hide text (bidi controls, zero-width characters, soft hyphen): a site name must not use them.
_HIDDEN = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u206f\u00ad\u061c\u180e\ufeff]")
# Control characters, surrogates, line and paragraph separators (categories Cc, Cs, Zl, Zp), and what XML forbids beside them.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")


def plain(value: object, limit: int | None = None) -> str:
    """One line without control, bidi and zero-width marks, cut to `limit` characters with an ellipsis."""
    text = " ".join(_CONTROL.sub(" ", _HIDDEN.sub("", str(value))).split())
    return text if limit is None or len(text) <= limit else text[: limit - 1] + "…"


_IN_NUMBER = re.compile(
    r"(?:(?P<some>\d[\d,]*) of (?:the )?)?(?P<count>\d[\d,]*(?:\.\d+)?)|(?P<stop>[:;“”\x22\n])|(?P<noun>\w)\((?P<ending>e?s)\)|\[(?P<one>[a-z ]+)\|(?P<many>[a-z ]+)\]"
)


def in_number(en: str) -> str:
    """An English sentence with noun(s) and [is|are] in the number of the count before the noun: "1 order", "2 orders are", "1 of 2 orders is".

    A count is of one noun, and not of what follows a colon, semicolon or quotation mark: a name that holds "(s)" stays as it is.
    """
    if "(" not in en and "[" not in en:
        return en
    last = some = of_verb = ""

    def agree(found: re.Match[str]) -> str:
        nonlocal last, some, of_verb
        if found["count"]:
            last, some = found["count"], found["some"] or found["count"]
        elif found["noun"] and last:
            of_verb, one, last = some, last == "1", ""
            return found["noun"] + ("" if one else found["ending"])
        elif found["one"] and some:
            return found["one"] if of_verb == "1" else found["many"]
        last = "" if found["stop"] else last
        return found.group()

    return _IN_NUMBER.sub(agree, en)


_TAKEN_OUT = {
    "手机号": "mobile number", "电话": "telephone number", "邮箱": "e-mail address", "身份证": "identity card", "证件": "identity document",
    "生日": "birthday", "银行卡": "bank card", "订单号": "order number", "QQ": "QQ number", "微信": "WeChat account", "账号": "account",
    "密码": "password", "姓名": "name", "地址": "address", "车牌": "licence plate", "网络地址": "network address", "尾号": "last digits",
}  # fmt: skip
"""What redaction took out (store/redaction/rules.py), in English."""


_TOKEN = re.compile(rf"\[({'|'.join(_TAKEN_OUT)})#(\d{{1,4}})\]")


def english_tokens(text: str) -> str:
    """Text with what redaction left in it, such as [手机号#1], named in English."""
    return _TOKEN.sub(lambda found: f"[{_TAKEN_OUT[found[1]]} {found[2]}]", text) if "#" in text else text


_STEERS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\u200b-\u200f\u202a-\u202e\u2060-\u206f\u00ad\u061c\u180e\ufeff]"
)


def inert(text: str) -> str:
    """`text` as a terminal may show it: lines and tabs stay, what steers a terminal or hides text does not."""
    return _STEERS.sub("", text) if not text.isprintable() else text


def escaped(text: str) -> str:
    """A JSON text in which the same marks are written as \\uXXXX: for a reader of JSON it is the same value."""
    return _STEERS.sub(lambda found: f"\\u{ord(found.group()):04x}", text) if not text.isprintable() else text


FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
"""A cell that begins so is run by one spreadsheet or another."""


def cell_text(value: str) -> str:
    """One line for a cell of a sheet: a spreadsheet never takes it for a formula."""
    shown = plain(value)
    return f"'{shown}" if value.startswith(FORMULA) or shown.startswith(FORMULA) else shown


def check_zip_count(source: Path | IO[bytes], most: int) -> None:
    """Raise ValueError for a ZIP whose list of files is longer than `most` of them take: the library would make an object of each first."""
    if isinstance(source, Path):
        with source.open("rb") as stream:
            return check_zip_count(stream, most)
    end = zipfile._EndRecData(source)  # type: ignore[attr-defined] # no other way tells without reading the list
    source.seek(0)
    if end and max(end[zipfile._ECD_SIZE] // _LONGEST_ENTRY, end[zipfile._ECD_ENTRIES_TOTAL]) > most:  # type: ignore[attr-defined]
        raise ValueError(f"a ZIP of more than {most} files")
    return None


_LONGEST_ENTRY = 1_024
"""Bytes of one file in the list; names of ours have a few dozen."""


def name_anywhere(path: str) -> str:
    """A path in the spelling that is the same for names that are one file on some system: without regard to case, to how a letter is composed, to a dot or space at the end."""
    return "/".join(part.rstrip(". ") for part in unicodedata.normalize("NFKC", path).casefold().split("/"))
