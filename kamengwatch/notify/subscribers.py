"""Who is told of changes: the operator's targets, and the ledger of what each of them was told.

Targets stand in `<data>/notify.toml`, or the file KAMENGWATCH_NOTIFY names; secrets may stay in the environment. The ledger is a
file of lines beside it, on the disk before the next message goes out; it holds names of targets, never addresses or secrets.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from kamengwatch.config import Config, UserError
from store.durable_files import append_line
from store.env_file import lookup
from store.settings import settings

VARIABLE = "KAMENGWATCH_NOTIFY"
NEAR = dt.timedelta(days=7)
"""The same change under a date that moved by less than this (evidence came late) is the same change."""


class Target(BaseModel):
    """One subscriber: a signed webhook, or an apprise address such as mailtos://; all sites, or `hosts` only."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)
    name: Annotated[str, Field(pattern=r"^[\w.-]{1,40}$")]
    webhook: str | None = None
    secret: str | None = None
    secret_env: str | None = None
    apprise: str | None = None
    apprise_env: str | None = None
    hosts: tuple[str, ...] = ()
    lang: Annotated[str, Field(pattern="^(zh|en)$")] = "zh"
    demo: bool = False
    sources: bool = False
    """Also told when a source of ours goes stale (kamengwatch/notify/delivery.py)."""

    @model_validator(mode="after")
    def _is_one_thing(self) -> Target:
        """Take what stands in the environment; a webhook needs https and a secret."""
        for field, variable in (("secret", self.secret_env), ("apprise", self.apprise_env)):
            if variable:
                setattr(self, field, lookup(variable))
                if getattr(self, field) is None:
                    raise ValueError(
                        f"环境变量 {variable} 没有值 the environment variable is not set, nor in .env"
                    )
        if (self.webhook is None) == (self.apprise is None):
            raise ValueError("webhook 或 apprise: 写一个 give one of webhook and apprise")
        if self.webhook is not None:
            if len(self.secret or "") < 16:
                raise ValueError("secret: 至少 16 个字符 at least 16 characters (or secret_env)")
            if not _may_post(self.webhook):
                raise ValueError("webhook: 要用 https it must be https (http only on this machine)")
        return self


def _may_post(url: str) -> bool:
    parts = urlsplit(url)
    if parts.scheme == "https" and parts.hostname:
        return True
    try:
        return parts.scheme == "http" and ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return parts.scheme == "http" and parts.hostname == "localhost"


def targets(config: Config) -> list[Target]:
    """The configured targets, none when there is no file. Raises UserError for a file that cannot be read as such."""
    named = settings().notify
    file = Path(named or config.data_dir / "notify.toml")
    if not file.is_file():
        if named:
            raise UserError(f"{VARIABLE}={file.name}: 文件不存在 no such file")
        return []
    try:
        entries = tomllib.loads(file.read_text("utf-8")).get("target", [])
        found = [Target.model_validate(entry) for entry in entries]
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]  # an input may be a secret
        where = ".".join(map(str, first["loc"]))
        raise UserError(f"{file.name} {where}: {first['msg']}") from None
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise UserError(
            f"{file.name}: 不是可读的 TOML cannot be read as TOML: {type(error).__name__}"
        ) from None
    if len({target.name for target in found}) < len(found):
        raise UserError(f"{file.name}: 名称重复 two targets have the same name")
    return found


@dataclass(frozen=True)
class Event:
    """A change or a correction to tell: when it happened, about whom, what, from what to what, in words."""

    kind: str
    host: str
    on: dt.date
    what: str
    before: str
    after: str
    zh: str
    en: str

    @property
    def key(self) -> str:
        """What makes it the same event, apart from the day."""
        return "|".join((self.kind, self.host, self.what, self.before, self.after))


class Ledger:
    """What each target was told, and up to which day and method changes were looked at."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "ledger.jsonl"
        self._lines: list[dict[str, Any]] = []
        if self._file.is_file():
            for line in self._file.read_text("utf-8").splitlines():
                try:
                    self._lines.append(json.loads(line))
                except ValueError:
                    continue  # torn by a crash: the message counts as not sent

    def told(self, target: str, event: Event) -> bool:
        """Whether the target was told of this event."""
        for line in self._lines:
            if line.get("target") == target and line["key"] == event.key:
                apart = abs(dt.date.fromisoformat(line["on"]) - event.on)
                if apart < NEAR and (event.kind == "change" or not apart):
                    return True
        return False

    def heard_of(self, target: str, host: str) -> bool:
        """Whether the target was ever told of a change of this site, and so may have got an error."""
        return any(
            line.get("target") == target and line["host"] == host and line["key"].startswith("change|")
            for line in self._lines
        )

    def told_until(self, method: str) -> dt.date | None:
        """The last day looked at under another method than this: what lies before it may be the new method's doing."""
        days = [line["as_of"] for line in self._lines if "as_of" in line and line["method"] != method]
        return dt.date.fromisoformat(max(days)) if days else None

    def note_told(self, target: str, event: Event, now: dt.datetime) -> None:
        """Keep that the target was told."""
        self._append(
            {
                "target": target,
                "key": event.key,
                "host": event.host,
                "on": event.on.isoformat(),
                "at": now.isoformat(),
            }
        )

    def note_look(self, as_of: dt.date, method: str, now: dt.datetime) -> None:
        """Keep which snapshot was looked at."""
        look = {"as_of": as_of.isoformat(), "method": method}
        if not any(look.items() <= line.items() for line in self._lines):
            self._append({**look, "at": now.isoformat()})

    def _append(self, line: dict[str, Any]) -> None:
        self._lines.append(line)
        self._file.parent.mkdir(parents=True, exist_ok=True)
        append_line(self._file, json.dumps(line, ensure_ascii=False))
