"""`kamengwatch init`: ask the few things that matter for real sites, write them into `.env`, create the database.

What stands in the file is kept unless another value is given, and what is replaced is named. Nothing is asked of the network.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from dotenv import set_key
from rich.prompt import Prompt

from kamengwatch.config import Config, UserError, make, operator_settings
from kamengwatch.console import console, log_line
from kamengwatch.env_example import line, render
from kamengwatch.maintain import signing_keys
from store import env_file
from store.settings import Settings, SettingsError, check, fields, variable

ASKED = (
    "contact",
    "controls",
    "icp_base",
    "icp_provider",
    "icp_key",
    "blocklists",
    "xiaofeibao_brands",
    "places_file",
)
"""In this order; provider and key only where there is a service."""
_SECRETS = {name for name, _, extra in fields() if extra["secret"]}
_EXAMPLE = "kamengwatch init --contact https://watchdog.example/about --yes"


def initialise(given: Mapping[str, str], yes: bool) -> None:
    """Write `given` (field → text) and what is answered into `.env`; raises UserError for a value that makes no sense.

    Asks on a terminal without `yes`. Elsewhere a value that would replace another one needs `yes`.
    """
    file, before = env_file.path(), _values()
    lang = given.get("lang") or env_file.lookup(variable("lang"))
    config = Config(Path(), lang="en" if lang == "en" else "zh")
    for name, value in given.items():
        _check(name, value)
    asking = sys.stdin.isatty() and sys.stderr.isatty() and not yes
    wanted = _ask(config, given, before) if asking else dict(given)
    contact = wanted.get("contact") or env_file.lookup(variable("contact"))
    if not contact:
        raise UserError(
            "--contact: 谁对采集负责？写一个网页或邮箱 who answers for the crawler? a page or mail address; "
            f"例 e.g. {_EXAMPLE}"
        )
    changed = {variable(n): text for n, text in wanted.items() if before.get(variable(n)) != text}
    replaced = [name for name in changed if before.get(name)]
    if replaced and not (yes or asking):
        raise UserError(
            f"{file}: {', '.join(replaced)} 已有别的值 already set to something else; 要替换请加 to replace it add --yes"
        )
    _write(config, file, before, changed)
    _overruled(config, changed, before)
    _finish(config)


def _values() -> dict[str, str]:
    try:
        return env_file.values()
    except env_file.EnvFileError as error:
        raise UserError(str(error)) from None


def _check(name: str, value: str) -> None:
    try:
        check(name, value)
        line(variable(name), value)
    except (SettingsError, ValueError) as error:
        raise UserError(str(error)) from None


def _ask(config: Config, given: Mapping[str, str], before: Mapping[str, str]) -> dict[str, str]:
    """The answers, by field; an empty one keeps what stands, or leaves the setting out."""
    log_line(
        config.say(
            "回车保留原值或跳过；以后可改 .env 或再运行一次。",
            "Enter keeps what stands or skips; edit .env or run this again later.",
        )
    )
    wanted = dict(given)
    for name in ASKED:
        stands = wanted.get(name) or before.get(variable(name), "")
        if name in given or (
            name in ("icp_provider", "icp_key")
            and not (wanted.get("icp_base") or before.get(variable("icp_base")))
        ):
            continue
        extra = Settings.model_fields[name].json_schema_extra
        assert isinstance(extra, dict)
        console.print(f"\n[bold]{variable(name)}[/]", highlight=False)
        log_line(str(extra[config.lang]))
        if example := extra["example"]:
            log_line(config.say(f"例：{example}", f"e.g. {example}"))
        while True:
            shown = "••••" if stands and variable(name) in _SECRETS else stands
            answer = Prompt.ask(
                config.say("值", "value") + (f" \\[{shown}]" if shown else ""),
                console=console, default="", show_default=False, password=name == "icp_key",
            ).strip()  # fmt: skip
            if not answer and not stands and name == "contact":
                log_line(
                    config.say(
                        "没有它就不能采集真实网站（Ctrl+C 退出）。",
                        "Without it no real site is crawled (Ctrl+C leaves).",
                    )
                )
                continue
            try:
                if answer:
                    _check(name, answer)
                    wanted[name] = answer
                break
            except UserError as error:
                log_line(str(error))
    return wanted


def _write(config: Config, file: Path, before: Mapping[str, str], changed: Mapping[str, str]) -> None:
    if not changed:
        log_line(config.say(f"{file}：没有改动", f"{file}: nothing to change"))
        return
    try:
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            with os.fdopen(
                os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8"
            ) as out:
                out.write(render(changed))
        else:
            for name, value in changed.items():
                quoted = line(name, value).partition("=")[2]
                set_key(file, name, quoted, quote_mode="never", follow_symlinks=True)
        if _SECRETS & {name for name, value in _values().items() if value}:
            file.chmod(0o600)
    except OSError as error:
        raise UserError(f"{file}: 写不了 cannot be written: {error.strerror}") from error
    for name, value in changed.items():
        old, new = ("••••", "••••") if name in _SECRETS else (before.get(name, ""), value)
        log_line(
            f"{file}: {name}={new}"
            + (config.say(f"（原为 {old}）", f" (was {old})") if before.get(name) else "")
        )


def _overruled(config: Config, changed: Mapping[str, str], before: Mapping[str, str]) -> None:
    """Name what the environment says otherwise; let the rest take effect in this process, which has read the file before."""
    for name, value in changed.items():
        if (now := env_file.lookup(name)) and now not in (before.get(name), value):
            zh = f"提醒：环境变量 {name} 另有一个值，它优先于文件。"
            log_line(
                config.say(
                    zh, f"warning: the environment sets {name} to something else, and wins over the file."
                )
            )
        else:
            os.environ[name] = value


def _finish(config: Config) -> None:
    """Create or migrate the database, then say what comes next."""
    real = make(None, None, config.lang, begins=True)
    _ = real.engine
    where = (
        real.data_dir.resolve() if not real.database else config.say("已设的服务器", "the server that is set")
    )
    log_line(config.say(f"数据库已就绪：{where}", f"The database is ready: {where}"))
    if signing_keys.create_missing(real):
        log_line(
            config.say(
                "快照将以本机新建的密钥签名；给别人核对用的公钥：kamengwatch keys show",
                "Snapshots will be signed with a new key of this machine; the public key to hand out: kamengwatch keys show",
            )
        )
    left = [
        variable(name)
        for name in ("icp_base", "blocklists", "xiaofeibao_brands")
        if not getattr(operator_settings(), name)
    ]
    if left:
        zh = f"没有配置、因此不采的信息源：{'、'.join(left)}（以后再运行 init 即可）"
        log_line(
            config.say(
                zh, f"Sources without a setting, not crawled: {', '.join(left)} (run init again any time)"
            )
        )
    log_line(
        config.say(
            "接下来：kamengwatch watch add 网址 … → kamengwatch run → 长期运行 kamengwatch schedule（docs/getting-started.zh.md）",
            "Next: kamengwatch watch add SITE … → kamengwatch run → for good: kamengwatch schedule (docs/getting-started.md)",
        )
    )
