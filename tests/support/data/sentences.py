"""What no sentence of the product may be, Chinese or English, and every template of the sources filled in."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from store.text.safe_text import in_number

HAN = re.compile(r"[\u4e00-\u9fff]")
_QUOTED = re.compile(r"“[^”]*”|\"[^\"]*\"|《[^》]*》|〔[^〕]*〕|https?://\S+|(?<=元：).*")
"""Names and other people's words."""
_NUMBERED = re.compile(r"[\u4e00-\u9fff](?:ICP[备证]|公网安备)\s?(?:[\d*]+号?(?:-\d+)?|…)")
"""A filing's number, which is the same in both languages."""
_NOT_PLURAL = "access|across|address|alias|always|analysis|appears|as|asks|basis|begins|belongs|besides|business|calls|changes|class|comes|contains|costs|counts|decides|differs|does|ends|fails|follows|gives|goes|has|holds|https|is|its|keeps|lapses|leads|leaves|less|lies|looks|loss|makes|matches|means|mentions|names|needs|news|opens|pass|plus|process|reaches|reads|repeats|resolves|says|sees|series|serves|shows|speaks|spells|starts|states|status|stays|takes|tells|this|thus|tls|us|waits|wants|was|works|xmlns|yes"  # fmt: skip
_ONE = re.compile(
    r"(?<![\d.,–/:+-])(?<!eeds )\b1 "
    rf"(?:(?!(?:of|to|in|at|and|or|for|by|on|with|than|that|which|the|times|yuan|s|{_NOT_PLURAL})\b)[a-z-]+ ){{0,2}}?"
    rf"(?!(?:{_NOT_PLURAL})\b)[a-z]{{2,}}s\b(?! the| that)|(?<![\d.,–])(?<!eeds )\b1 (?:are|were|have)\b"
)
"""What follows the number one and speaks of several; a ratio of 1 times something may stand."""
_PAIRS = (("（", "）"), ("(", ")"), ("“", "”"), ("《", "》"), ("[", "]"), ("〔", "〕"), ("【", "】"))


def faults(text: str) -> list[str]:
    """What is wrong with a sentence as a reader gets it; nothing for a good one."""
    bare = _QUOTED.sub("“”", text)
    found = [f"unbalanced {a}{b}" for a, b in _PAIRS if text.count(a) != text.count(b)]
    if re.search(r"(?<=[a-z,:(] )None\b|\bnan\b|\{\w*\}|\[[a-z ]+\|[a-z ]+\]|\w\(e?s\)", bare):
        found.append("not filled in")
    if re.search(r"(?<![\w./@“-])[a-z]+_[a-z_]+\b(?![./(=])", bare):
        found.append("raw code")
    if re.search(r"[，。；：、][，。；：、]|[,;:] ?[,;:.]|(?<!\.)\.\.(?!\.)|\S  \S", bare.strip()):
        found.append("doubled punctuation")
    return found + list(_chinese(bare) if HAN.search(bare) else _english(bare))


def han_in_english(text: str) -> bool:
    """Whether Chinese stands in an English sentence outside quotes and filing numbers."""
    return bool(HAN.search(_NUMBERED.sub("", _QUOTED.sub("", text))))


def _chinese(text: str) -> Iterator[str]:
    if re.search(r"(?<![\d.])0 (?:天前|起|次|笔|张|条|单|个|项|处|份|种|类)", text):
        yield "a zero where words belong"
    if re.search(r"[\u4e00-\u9fff][,;!?](?!\d)|[\u4e00-\u9fff]\.(?![\w.])", text):
        yield "western punctuation"
    if re.search(r"[\u4e00-\u9fff]\d|\d[\u4e00-\u9fff]", _NUMBERED.sub("", text)):
        yield "no space beside a number"
    if "您" in text:
        yield "not in our voice"


def _english(text: str) -> Iterator[str]:
    if _ONE.search(text):
        yield "one of something is several"
    if re.search(r"\b0 days ago\b", text):
        yield "a zero where words belong"
    if re.search(r"[，。；：（）、]", text):
        yield "Chinese punctuation"


def of_one(text: str) -> str | None:
    """The words of a text that speak of one thing as of several, None for a good one."""
    found = _ONE.search(text)
    return found.group() if found else None


def templates(file: Path) -> Iterator[tuple[int, str]]:
    """(line, text) of every f-string of a source, 1 for each value: what it says of one. A constant of the method stands as 14."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.JoinedStr):
            text = "".join(_filled(part) for part in node.values)
            # A verb in [one|many] may get its number from a part that is filled in later.
            verb = re.sub(r"(?<=1) \[[a-z ]+\|[a-z ]+\]", " may", text)
            yield node.lineno, re.sub(r"[^\x00-\x7f–]+", " | ", without_limits(in_number(verb)))


def without_limits(text: str) -> str:
    """The text with 14 for each limit of one: a limit is never one."""
    return re.sub(r"\b(at most|at least|(?:more|less|fewer) than|the first) 1\b", r"\1 14", text)


def _filled(part: ast.expr) -> str:
    if isinstance(part, ast.Constant):
        return str(part.value)
    assert isinstance(part, ast.FormattedValue)
    if re.search(r"\b[A-Z][A-Z_]{3,}\b", ast.unparse(part.value)):
        return "14"
    spec = ast.unparse(part.format_spec) if part.format_spec else ""
    return "1.0" if re.search(r"\.[12]f", spec) else "1"
