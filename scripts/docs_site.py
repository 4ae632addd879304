"""Hooks of the documentation site (mkdocs.yml): pages made from the code and the repository, and links that leave docs/."""

from __future__ import annotations

import posixpath
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parent.parent
ROOT_PAGES = {
    "README.md": "readme.md",
    "README.zh-CN.md": "readme.zh.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "CHANGELOG.md": "changelog.md",
}
"""Pages of the repository that are pages of the site, too."""
_LINK = re.compile(r"(!?\[[^\]]*\])\(([^)\s#:]+)(#[^)]*)?\)")
_INDEX = """# kamengwatch 卡盟信用观察

- **[中文：十分钟上手](getting-started.zh.md)** · [概览](readme.zh.md) · [评级方法](methodology.zh.md) · [部署](deployment.zh.md)
- **[Start in ten minutes](getting-started.md)** · [overview](readme.md) · [methodology](methodology.md) · [deployment](deployment.md)
- For watchdog groups: [handing things in](handing-in.md), [notebooks](notebooks.md), [what can be checked](trust.md)
- For contributors: [architecture on one page](architecture.md), [adding a source, an indicator or a page](contributing.md)
"""


def on_files(files: Files, config: Any) -> Files:
    """Add the generated pages and those of the repository's root."""
    decisions = sorted((ROOT / "docs/decisions").glob("*.md"))
    pages = {
        "index.md": _INDEX,
        "commands.md": _commands(),
        "settings.md": "# Settings\n\nThe environment, or a file `.env` in the folder where the command is started.\n\n"
        f"```ini\n{(ROOT / '.env.example').read_text('utf-8')}```\n",
        "decisions.md": "# Decisions\n\n"
        + "".join(f"- [{_title(file)}](decisions/{file.name})\n" for file in decisions),
        **{to: _moved((ROOT / name).read_text("utf-8")) for name, to in ROOT_PAGES.items()},
    }
    for name, text in pages.items():
        files.append(File.generated(config, name, content=text))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    """Turn a link to a file outside docs/ into its page, or into its path; raises PluginError where there is no such file."""
    return _LINK.sub(lambda found: _target(found, page.file.src_uri), markdown)


def _target(found: re.Match[str], page: str) -> str:
    text, target, anchor = found.groups()
    path = posixpath.normpath(posixpath.join("docs", posixpath.dirname(page), target))
    if path.startswith("docs/"):
        return f"{text}({target}index.md)" if target.endswith("decisions/") else found[0]
    if not (ROOT / path).exists():
        raise PluginError(f"{page}: {target} does not exist")
    if path in ROOT_PAGES:
        up = "../" * page.count("/")
        return f"{text}({up}{ROOT_PAGES[path]}{anchor or ''})"
    return f"{text[1:-1]} (`{path}`)" if path not in text else text[1:-1]


def _moved(markdown: str) -> str:
    """A page of the root as it reads from inside docs/."""
    return _LINK.sub(_inward, markdown)


def _inward(found: re.Match[str]) -> str:
    text, target, anchor = found.groups()
    if target in ROOT_PAGES:
        return f"{text}({ROOT_PAGES[target]}{anchor or ''})"
    if target.rstrip("/") == "docs/decisions":
        return f"{text}(decisions.md)"
    inside = target.removeprefix("docs/") if target.startswith("docs/") else f"../{target}"
    return f"{text}({inside}{anchor or ''})"


def _commands() -> str:
    """Every command with its options, as Typer documents them."""
    done = subprocess.run(
        [sys.executable, "-m", "typer", "kamengwatch.cli.app", "utils", "docs", "--name", "kamengwatch"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise PluginError(f"the commands cannot be listed: {done.stderr.strip().splitlines()[-1:]}")
    return done.stdout.replace("# `kamengwatch`", "# Commands", 1)


def _title(file: Path) -> str:
    return file.read_text("utf-8").splitlines()[0].lstrip("# ")
