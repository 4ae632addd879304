"""Rate and publish from the command line."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from kamengwatch import logs, notifying
from kamengwatch.config import SHANGHAI, Config, Failure, UserError
from kamengwatch.progress import bar, say, tell_json

if TYPE_CHECKING:
    from scoring.publish import WrongDay


def rate(config: Config, as_of: str | None, engine: str, as_json: bool, master: str | None = None) -> None:
    """Compute ratings and warnings up to a Shanghai day (default: today), in this process or on a Spark cluster."""
    from scoring.engines import EngineError, EngineFailed, chosen
    from scoring.processes import ProcessLost
    from scoring.rate import rate as run

    config.check_database()
    now = config.now()
    day = _day(config, as_of, now.astimezone(SHANGHAI).date())
    try:
        on = chosen(engine, master)
        with bar(config.say("评级", "rating")) as progress:
            rated = run(config.engine, config.data_dir, day, now, on, progress=progress.note)
    except EngineError as error:
        raise UserError(config.say(error.zh, error.en)) from error
    except (EngineFailed, ProcessLost) as error:
        raise Failure(config.say(error.zh, error.en)) from error
    logs.event("rated", as_of=day.isoformat(), platforms=rated.platforms, folder=rated.folder.name)
    if as_json:
        tell_json({"as_of": day.isoformat(), "folder": rated.folder.name, "platforms": rated.platforms})
    else:
        say(
            config.say(
                f"已评级 {rated.platforms} 个平台，截至 {day}（方法 {rated.method_version}）。下一步：kamengwatch publish",
                f"Rated {rated.platforms} platforms as of {day} (method {rated.method_version}). Next: kamengwatch publish",
            )
        )


def publish(config: Config, as_json: bool, allow_older: bool = False) -> None:
    """Write the snapshot of the last rating and point `latest` at it; back to an earlier day only with `allow_older`."""
    from scoring.processes import ProcessLost
    from scoring.publish import NothingRated, RatingDamaged, WrongDay
    from scoring.publish import publish as write
    from scoring.signing import KeyUnusable

    config.check_database()
    if not allow_older:
        _check_clock(config)
    try:
        with bar(config.say("发布", "publishing")) as progress:
            path = write(
                config.engine, config.data_dir, config.now(), progress=progress.note, allow_older=allow_older
            )
    except WrongDay as error:
        raise UserError(_wrong_day(config, error)) from error
    except KeyUnusable as error:
        raise UserError(str(error)) from error
    except ProcessLost as error:
        raise Failure(config.say(error.zh, error.en)) from error
    except RatingDamaged as error:
        raise Failure(
            config.say(
                f"rated/{error}: 评级文件被改动或缺失，没有发布；再运行 kamengwatch rate，它会重新写好",
                f"rated/{error}: files of the rating were changed or are missing, nothing was published; run kamengwatch rate again, which writes them anew",
            )
        ) from error
    except NothingRated as error:
        raise UserError(
            config.say(
                "还没有评级可发布；先运行 kamengwatch rate",
                "nothing is rated yet; run kamengwatch rate first",
            )
        ) from error
    logs.event("published", snapshot=path.name)
    if as_json:
        tell_json({"snapshot": path.name})
    else:
        say(config.say(f"已发布快照 {path.name}", f"Published snapshot {path.name}"))
    notifying.after_publish(config)


def _check_clock(config: Config) -> None:
    """Raise UserError where the clock is behind something already written down: what is published is dated by it."""
    from kamengwatch.wrong_clock import newest_record

    behind = newest_record(config)
    if behind is None:
        return
    now, moment = (f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" for at in (config.now(), behind.at))
    raise UserError(
        config.say(
            f"本机时钟是 {now}，而{behind.zh}记在 {moment}：时钟慢了，或当时快了，没有发布；校准时钟（timedatectl set-ntp true），确认无误仍要发布：kamengwatch publish --allow-older",
            f"the clock says {now}, but {behind.en} is dated {moment}: it is behind, or was ahead then; nothing was published; set the clock (timedatectl set-ntp true), or to publish on purpose: kamengwatch publish --allow-older",
        )
    )


def _day(config: Config, text: str | None, today: dt.date) -> dt.date:
    if text is None:
        return today
    try:
        day = dt.date.fromisoformat(text)
    except ValueError as error:
        raise UserError(f"--as-of {text}: 不是日期 not a date; 例 e.g. 2026-11-15") from error
    if day.year == dt.MAXYEAR:
        raise UserError(f"--as-of {text}: 没有下一天 no such day can end; 例 e.g. {today}")
    if day > today:
        raise UserError(
            config.say(
                f"--as-of {day}: 还没有到这一天（今天 {today}），没有评级；请给出今天或更早的日期",
                f"--as-of {day} lies in the future (today is {today}), nothing was rated; give today or an earlier day",
            )
        )
    return day


def _wrong_day(config: Config, error: WrongDay) -> str:
    if error.rated > error.today:
        return config.say(
            f"最近一次评级截至 {error.rated}，还没有到这一天（今天 {error.today}），没有发布；核对本机时钟，再运行 kamengwatch rate",
            f"the last rating is as of {error.rated}, a day to come (today is {error.today}): nothing was published; check this machine's clock, then run kamengwatch rate",
        )
    return config.say(
        f"最近一次评级截至 {error.rated}，早于已发布的 {error.published}，没有发布；先 kamengwatch rate，或确要退回：kamengwatch publish --allow-older",
        f"the last rating is as of {error.rated}, earlier than the published {error.published}: nothing was published; run kamengwatch rate first, or to go back on purpose: kamengwatch publish --allow-older",
    )
