"""Where the data lies and what time it is: made once per command from options and environment, then passed in."""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Engine

SHANGHAI = dt.timezone(dt.timedelta(hours=8), "Asia/Shanghai")


class UserError(Exception):
    """Something the user can mend; the message names the input, the reason and the remedy. Exit code 2."""


class Failure(Exception):
    """The command could not do its job, through no fault of the input. Exit code 1."""


@dataclass(frozen=True)
class Config:
    """One command's settings. `fixed_now` binds the clock to a moment (the sandbox's calendar, tests)."""

    data_dir: Path
    database: str | None = None
    lang: str = "zh"
    fixed_now: dt.datetime | None = None

    def now(self) -> dt.datetime:
        """The present, in UTC: the only place in the product that asks for it."""
        return self.fixed_now or dt.datetime.now(dt.UTC)

    def today(self) -> dt.date:
        """The present Shanghai calendar day."""
        return self.now().astimezone(SHANGHAI).date()

    def say(self, zh: str, en: str) -> str:
        """The sentence in the user's language."""
        return en if self.lang == "en" else zh

    @property
    def database_url(self) -> str:
        """The database's URL: the given one, else SQLite in the data directory."""
        from store.engine import default_url

        return self.database or default_url(self.data_dir)

    @cached_property
    def engine(self) -> Engine:
        """The database, migrated to the current schema; raises UserError when it cannot be opened."""
        from sqlalchemy.exc import SQLAlchemyError

        from store.engine import Unusable, migrate, open_engine

        try:
            self.data_dir.mkdir(parents=True, exist_ok=True)
            engine = open_engine(self.database_url)
            migrate(engine)
        except (OSError, ValueError, ImportError, SQLAlchemyError, Unusable) as error:
            from kamengwatch.faults import named

            # The cause of what we say ourselves may repeat a part of a password.
            reason = str(error if isinstance(error, Unusable) else error.__cause__ or error).splitlines()[0]
            if remedy := named(error):
                reason += f"; {remedy}"
            raise UserError(
                f"打不开数据库 cannot open the database {without_password(self.database_url)}: {reason}"
            ) from error
        return engine

    @property
    def archive_dir(self) -> Path:
        """The evidence archive's folder."""
        return self.data_dir / "archive"


def make(data_dir: Path | None, database: str | None, lang: str | None) -> Config:
    """A Config from options, falling back to the environment; raises UserError for a value that makes no sense."""
    chosen = lang or os.environ.get("KAMENGWATCH_LANG") or "zh"
    if chosen not in ("zh", "en"):
        raise UserError(f"--lang {chosen}: 只支持 zh 或 en use zh or en")
    fixed = os.environ.get("KAMENGWATCH_NOW")
    return Config(
        data_dir=data_dir or Path(os.environ.get("KAMENGWATCH_DATA_DIR") or "data"),
        database=database or os.environ.get("KAMENGWATCH_DATABASE_URL") or None,
        lang=chosen,
        fixed_now=_moment(fixed) if fixed else None,
    )


def _moment(text: str) -> dt.datetime:
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise UserError(f"KAMENGWATCH_NOW={text}: 不是 ISO 8601 时间 not an ISO 8601 time") from error
    if moment.tzinfo is None:
        raise UserError(f"KAMENGWATCH_NOW={text}: 须带时区 the time needs an offset")
    return moment.astimezone(dt.UTC)


def without_password(url: str) -> str:
    """The URL of a database as it may be shown."""
    from sqlalchemy.engine import make_url

    try:
        return make_url(url).render_as_string(hide_password=True)
    except Exception:
        return "(unreadable URL)"
