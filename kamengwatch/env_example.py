"""`.env` as text, written from the settings class: `python -m kamengwatch.env_example` writes .env.example, `init` a filled one."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping
from pathlib import Path

from store.settings import GROUPS, TEST_VARIABLES, fields

FILE = Path(".env.example")
_HEAD = """# 一台机器的设置。复制为 .env（不会进 git）；命令从当前目录的 .env 读取，环境变量优先。`kamengwatch init` 会问几句并写好它。
# Settings of one machine. Copy to .env (git ignores it); every command reads it from the current folder, the environment wins.
# `kamengwatch init` asks a few questions and writes it. What is commented out is not set; the value shown is the default or an example.
# KAMENGWATCH_ENV_FILE 指定另一个文件 names another file.
"""
_WIDTH = 118
_PLAIN = re.compile(r"[\w./:@%+,=^-]*\Z", re.ASCII)


def render(values: Mapping[str, str] | None = None) -> str:
    """The whole file; variables in `values` are set, all others commented out."""
    values = values or {}
    lines = [_HEAD]
    for group, (zh, en) in GROUPS.items():
        if group == "internal":
            continue
        lines.append(f"## {zh} {en}\n")
        for name, field, extra in fields():
            if extra["group"] != group:
                continue
            lines += [*_comment(str(extra["zh"])), *_comment(str(extra["en"]))]
            shown = str(field.default) if field.default else str(extra["example"])
            lines.append(f"{line(name, values[name])}\n" if name in values else f"# {line(name, shown)}\n")
    lines.append("## 仅供测试 For tests only\n")
    for name, (zh, en, example) in TEST_VARIABLES.items():
        lines += [*_comment(zh), *_comment(en), f"# {line(name, example)}\n"]
    return "\n".join(lines)


def line(name: str, value: str) -> str:
    """One assignment that means the same to this program, a shell, systemd and compose; raises ValueError where none can."""
    if _PLAIN.match(value):
        return f"{name}={value}"
    if any(sign in value for sign in "'\\\n"):
        raise ValueError(
            f"{name}: 不能含单引号、反斜杠或换行 must hold no single quote, backslash or line break"
        )
    return f"{name}='{value}'"


def _comment(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent="# ", subsequent_indent="# ", break_on_hyphens=False)


if __name__ == "__main__":
    FILE.write_text(render(), "utf-8")
