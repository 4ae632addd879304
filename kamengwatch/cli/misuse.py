"""What the command line's library says of a wrong option or argument, in Chinese first and in English without its jargon."""

from __future__ import annotations

import re

_SAID = [
    (re.compile(pattern), told)
    for pattern, told in (
        (r"No such option: (\S+)(?: \(Possible options?: (.+)\))?", r"没有这个选项 no such option: \1|；近似的 close: \2"),
        (r"No such command '(.+?)'(?:.*?Did you mean (.+?)\?)?", r"没有这个命令 no such command: \1|；近似的 close: \2"),
        (r"Missing argument '(.+?)'", r"缺少参数 missing argument: \1|"),
        (r"Missing option (.+)", r"缺少选项 missing option: \1|"),
        (r"Missing command", r"缺少命令 missing command|"),
        (r"Got unexpected extra arguments?(?:\(s\))? \((.+)\)", r"多出的参数 unexpected: \1|"),
        (r"Option '(.+?)' requires an argument", r"\1: 缺少值 needs a value|"),
        (r"Option '(.+?)' does not take a value", r"\1: 不带值 takes no value|"),
        (r"Invalid value for '(.+?)': (.+)", r"\1: \2|"),
    )
]  # fmt: skip
_VALUES = [
    (re.compile(pattern), told)
    for pattern, told in (
        (r"Value error, '(.*)' does not match the formats? .*", r"\1 不是日期 is no date; 例 e.g. 2026-11-15"),
        (r"Input should be a valid (?:integer|number).*", "要写数字 give a number"),
        (r"Input should be greater than or equal to (\S+)", r"不能小于 not below \1"),
        (r"Input should be less than or equal to (\S+)", r"不能大于 not above \1"),
    )
]  # fmt: skip


def translate(said: str) -> str:
    """The library's sentence in both languages; one that is not known here stays as it is."""
    line = said.strip().rstrip(".")
    for pattern, words in _SAID:
        if match := pattern.fullmatch(line):
            sentence, _, more = words.partition("|")
            known = match.expand(sentence)
            for value, meant in _VALUES:
                known = value.sub(meant, known)
            return known + (match.expand(more) if more and match[2] else "")
    return line
