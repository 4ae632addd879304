"""Where the data lies and what time it is: made once per command from options and environment, then passed in."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from store.china_time import SHANGHAI

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from store.settings import Settings


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
    begins: bool = True
    """Whether the command may be the first one here; any other, in a folder that does not exist, has the wrong name of it."""

    def now(self) -> dt.datetime:
        """The present, in UTC: the only place in the product that asks for it."""
        return self.fixed_now or dt.datetime.now(dt.UTC)

    def today(self) -> dt.date:
        """The present Shanghai calendar day."""
        return self.now().astimezone(SHANGHAI).date()

    def say(self, zh: str, en: str) -> str:
        """The sentence in the user's language; English noun(s) and [is|are] in the number of the count before."""
        from store.text.safe_text import in_number

        return in_number(en) if self.lang == "en" else zh

    @property
    def database_url(self) -> str:
        """The database's URL: the given one, else SQLite in the data directory."""
        from store.db.engine import default_url

        return self.database or default_url(self.data_dir)

    @cached_property
    def engine(self) -> Engine:
        """The database, migrated to the current schema; raises UserError when it cannot be opened."""
        from sqlalchemy.exc import SQLAlchemyError

        from store.db.damage_check import check_not_lost
        from store.db.engine import Unusable, migrate, open_engine
        from store.private_files import make_private_folder, tighten

        try:
            if not self.data_dir.is_dir():
                self.check_folder()
                make_private_folder(self.data_dir)
            tighten(self.archive_dir)
            check_not_lost(self.database_url, self.data_dir)
            engine = open_engine(self.database_url)
            migrate(engine)
        except (OSError, ValueError, ImportError, SQLAlchemyError, Unusable) as error:
            from kamengwatch.machine_faults import named

            if isinstance(error, ImportError) and (remedy := named(error)):
                raise UserError(remedy) from error
            # The cause of what we say ourselves may repeat a part of a password.
            reason = str(error if isinstance(error, Unusable) else error.__cause__ or error).splitlines()[0]
            if remedy := named(error):
                reason += f"; {remedy}"
            raise UserError(
                f"打不开数据库 cannot open the database {without_password(self.database_url)}: {reason}"
            ) from error
        return engine

    def check_folder(self) -> None:
        """Raise UserError where a command that looks at what is there was given a data folder that does not exist."""
        if not self.begins and not self.database and not self.data_dir.is_dir():
            raise UserError(
                f"{self.data_dir}: 没有这个目录 no such folder; 用 --data-dir 指定，或先 name it with --data-dir, or first: kamengwatch run"
            )

    def check_database(self) -> None:
        """Raise UserError where the data folder's archive or snapshots came out of another database, or a newer state of it."""
        from store.db.damage_check import WrongDatabase, check_belongs

        try:
            check_belongs(self.engine, self.data_dir)
        except WrongDatabase as error:
            raise UserError(f"{without_password(self.database_url)}: {error}") from error

    @property
    def archive_dir(self) -> Path:
        """The evidence archive's folder."""
        return self.data_dir / "archive"


def make(data_dir: Path | None, database: str | None, lang: str | None, begins: bool = False) -> Config:
    """A Config from options, falling back to the environment and `.env`; raises UserError for a value that makes no sense."""
    given = operator_settings()
    _warn_of_unknown_names(given)
    if lang not in (None, "", "zh", "en"):
        raise UserError(f"--lang {lang}: 只支持 zh 或 en use zh or en")
    return Config(
        data_dir=data_dir or given.data_dir,
        database=database or given.database_url,
        lang=lang or given.lang,
        fixed_now=given.now.astimezone(dt.UTC) if given.now else None,
        begins=begins,
    )


def operator_settings() -> Settings:
    """The settings of this machine; raises UserError naming the variable at fault."""
    from store.settings import SettingsError, settings

    try:
        return settings()
    except SettingsError as error:
        raise UserError(str(error)) from None


@cache
def _warn_of_unknown_names(given: Settings) -> None:
    """One line for each setting of ours that means nothing; once a command, and not again in the steps of the scheduler."""
    from kamengwatch.console import log_line
    from store.settings import unknown

    for name, where, near in () if given.run_id else unknown():
        meant = f"；是不是 did you mean {near}?" if near else ""
        log_line(f"提醒 warning: {name} ({where}): 没有这个设置，未使用 no such setting, ignored{meant}")


def require_contact() -> None:
    """Raise UserError where nobody answers for the crawler: then nothing may leave this machine but to the sandbox."""
    if not operator_settings().contact:
        from store.settings import NO_CONTACT

        raise UserError(NO_CONTACT)


def without_password(url: str) -> str:
    """The URL of a database as it may be shown."""
    from sqlalchemy.engine import make_url

    try:
        return make_url(url).render_as_string(hide_password=True)
    except Exception:
        return "(unreadable URL)"
