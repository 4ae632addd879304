"""The rated may answer: their responses, and the public register of corrections.

Words are redacted and shown before they are stored (at most 800 characters); nothing here is sold, and nothing changes a
score: only evidence does.
"""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import typer
from sqlalchemy import Connection, insert, select, update

from kamengwatch.batch_items import one_by_one, tell_refused
from kamengwatch.config import Config, UserError
from kamengwatch.console import log_line, print_answer, tell_json
from store.china_time import SHANGHAI
from store.db.tables import OUTCOMES, Correction, Platform, Response
from store.evidence.entity_matching import Directory
from store.redaction.redact import redact
from store.text.query import parse_query

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

LONGEST = 800
"""Characters of a response or an objection."""
OUTCOMES_EN = {"upheld": "upheld", "amended": "amended", "withdrawn": "withdrawn", "refused": "not accepted"}


def respond(
    config: Config, site: str, text: str | None, file: Path | None, link: str | None, yes: bool
) -> None:
    """Store the platform's own words after showing them as they will appear. Raises UserError and stores nothing otherwise."""
    words = words_of(text, file)
    where = _link(link) if link else None
    with config.engine.begin() as connection:
        id_, host = platform_of(connection, site)
        kept = agreed(config, host, words, yes)
        made = connection.execute(
            insert(Response)
            .values(platform_id=id_, received_at=config.now(), text=kept, link=where)
            .returning(Response.id)
        ).scalar_one()
    log_line(
        config.say(
            f"已收下 {host} 的回应 #{made}，随下一次发布公开：kamengwatch rate、kamengwatch publish",
            f"Response #{made} of {host} is kept; the next publication shows it: kamengwatch rate, kamengwatch publish",
        )
    )


def responses(config: Config, site: str | None, as_json: bool) -> None:
    """List what platforms answered, newest first; withdrawn ones are marked."""
    query = select(Platform.host, *Response.__table__.columns).join(
        Platform, Platform.id == Response.platform_id
    )
    with config.engine.connect() as connection:
        if site:
            query = query.where(Response.platform_id == platform_of(connection, site)[0])
        rows = connection.execute(query.order_by(Response.id.desc())).mappings().all()
    if as_json:
        print_rows(rows)
        return
    if not rows:
        print_answer(
            config.say(
                "还没有平台回应。登记一条：kamengwatch response add 网站 --text 内容",
                "No response yet. To record one: kamengwatch response add SITE --text WORDS",
            )
        )
    for row in rows:
        gone = config.say("（已撤下）", " (withdrawn)") if row["withdrawn_at"] else ""
        print_answer(f"#{row['id']} {day_of(row['received_at'])} {row['host']}{gone}  {row['link'] or ''}")
        print_answer(f"   {row['text']}")


def unrespond(config: Config, site: str, numbers: Sequence[int]) -> None:
    """Take responses of a site (the only one, where no number is given) out of coming snapshots; they stay in the register as withdrawn."""
    chosen: list[int | None] = [*dict.fromkeys(numbers)] or [None]
    tell_refused(config, one_by_one(chosen, lambda number: _unrespond(config, site, number)))


def _unrespond(config: Config, site: str, number: int | None) -> None:
    with config.engine.begin() as connection:
        id_, host = platform_of(connection, site)
        standing = connection.scalars(
            select(Response.id)
            .where(Response.platform_id == id_, Response.withdrawn_at.is_(None))
            .order_by(Response.id)
        ).all()
        if not standing:
            raise UserError(f"{host}: 没有可撤下的回应 there is no response to withdraw")
        if number is None and len(standing) > 1:
            listed = ", ".join(f"#{n}" for n in standing)
            raise UserError(f"{host}: 有几条回应 several responses ({listed}); 请指定 give --id")
        chosen = standing[0] if number is None else number
        if chosen not in standing:
            raise UserError(
                f"{host} #{chosen}: 没有这条回应 no such response; 查看 see `kamengwatch response list {host}`"
            )
        connection.execute(update(Response).where(Response.id == chosen).values(withdrawn_at=config.now()))
    log_line(config.say(f"已撤下 {host} 的回应 #{chosen}", f"Response #{chosen} of {host} is withdrawn"))


def add_correction(config: Config, site: str, outcome: str, zh: str, en: str) -> None:
    """Publish with the next snapshot what we had wrong and what replaced it."""
    code = next((c for c, word in OUTCOMES.items() if outcome.strip() in (c, word)), None)
    if code not in ("amended", "withdrawn"):
        raise UserError(f"--outcome {outcome}: 可用 use 更正 amended, 撤回 withdrawn")
    sentences = [redact(text.strip()).text for text in (zh, en)]
    if not all(0 < len(text) <= LONGEST for text in sentences):
        raise UserError(
            f"--zh、--en: 中英文各写一句（1 至 {LONGEST} 字） one sentence each, 1 to {LONGEST} characters"
        )
    with config.engine.begin() as connection:
        id_, host = platform_of(connection, site)
        correct(connection, id_, config.now(), code, sentences[0], sentences[1])
    log_line(
        config.say(
            f"已登记 {host} 的更正，随下一次发布公开",
            f"Correction of {host} is kept; the next snapshot has it",
        )
    )


def corrections(config: Config, site: str | None, as_json: bool) -> None:
    """List every correction made, newest first."""
    query = select(Platform.host, *Correction.__table__.columns).join(
        Platform, Platform.id == Correction.platform_id
    )
    with config.engine.connect() as connection:
        if site:
            query = query.where(Correction.platform_id == platform_of(connection, site)[0])
        rows = connection.execute(query.order_by(Correction.id.desc())).mappings().all()
    if as_json:
        print_rows(rows)
        return
    if not rows:
        print_answer(config.say("还没有更正。", "Nothing was corrected yet."))
    for row in rows:
        word = config.say(OUTCOMES.get(row["outcome"], row["outcome"]), OUTCOMES_EN.get(row["outcome"], ""))
        print_answer(
            f"{day_of(row['made_at'])} {row['host']} {word}: {config.say(row['sentence_zh'], row['sentence_en'])}"
        )


def correct(connection: Connection, platform_id: int, at: dt.datetime, code: str, zh: str, en: str) -> None:
    """Put one line into the public register of corrections."""
    connection.execute(
        insert(Correction).values(
            platform_id=platform_id, made_at=at, outcome=code, sentence_zh=zh, sentence_en=en
        )
    )


def platform_of(connection: Connection, site: str) -> tuple[int, str]:
    """(id, host) of the watched site a text names; raises UserError when there is none."""
    query = parse_query(site)
    directory = Directory(connection)
    found = directory.resolve(query.host, query.name).platform_id
    if found is None:
        raise UserError(
            f"{(query.host or site)[:60]}: 不在观察名单里 not on the watchlist; 先 first: kamengwatch watch add …"
        )
    return found, directory.host(found)


def words_of(text: str | None, file: Path | None) -> str:
    """The words given as text or file, 1 to LONGEST characters; raises UserError otherwise."""
    if (text is None) == (file is None):
        raise UserError("--text 或 --file: 给出一个 give exactly one of --text and --file")
    try:
        words = (text if file is None else file.read_text("utf-8-sig")) or ""
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{file}: 读不了，需要 UTF-8 文本 cannot be read as UTF-8 text") from error
    words = words.strip()
    if not 0 < len(words) <= LONGEST:
        raise UserError(
            f"内容有 {len(words)} 字，须为 1 至 {LONGEST} 字 the length of the text is {len(words)}; 1 to {LONGEST} characters are allowed"
        )
    return words


def agreed(config: Config, host: str, words: str, yes: bool) -> str:
    """The redacted words, after a person has seen them as they will be shown."""
    kept = redact(words)
    log_line(config.say(f"{host} 将公开显示：", f"{host} will be shown as saying:"))
    log_line(f"  {kept.text}")
    if kept.counts:
        taken = "、".join(f"{kind}×{n}" for kind, n in sorted(kept.counts.items()))
        log_line(config.say(f"  已去掉个人信息：{taken}", f"  personal data taken out: {taken}"))
    if not yes and not (
        sys.stdin.isatty() and typer.confirm(config.say("这样保存？", "Keep it like this?"), err=True)
    ):
        raise UserError(
            config.say("没有保存；确认无误后加 --yes", "nothing was kept; add --yes when it is right")
        )
    return kept.text


def _link(text: str) -> str:
    """An http(s) address without its query, which may identify whoever copied it."""
    parts = urlsplit(text.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UserError(
            f"--link {text[:80]}: 不是网址 not a web address; 例 e.g. https://shop.example/notice"
        )
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def day_of(moment: dt.datetime) -> dt.date:
    """The Shanghai day of a moment."""
    return moment.astimezone(SHANGHAI).date()


def print_rows(rows: Iterable[Any]) -> None:
    """Rows as one JSON array, without the numbers that only this database knows."""
    out = [{k: v for k, v in row.items() if k != "platform_id"} for row in rows]
    tell_json(out)
