"""What became of forms: a report is counted and its words deleted, a response or objection is taken up once its sender is proved.

An accepted report is published as evidence of tier D, its kind and day alone, and has no weight in any score: anybody can write one,
and nothing about it can be checked.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, func, insert, select, update

from dashboard.forms.records import proof_text
from dashboard.presenters.translations import plain, word
from kamengwatch.config import Config, UserError, require_contact
from kamengwatch.console import log_line
from kamengwatch.review import queue
from kamengwatch.review.responses import platform_of
from store.china_time import SHANGHAI
from store.db.tables import Dispute, Response, Review

if TYPE_CHECKING:
    from crawler.ownership_check import Proof

ANSWERS = ("response", "dispute", "feed")
"""Forms of a rated site; each needs the proof that its sender runs it. `feed` asks to hand in orders (kamengwatch/intake/order_feeds.py)."""
FORMS = ("report", *ANSWERS)
PROOF_DAYS = 14
"""A token is looked for this long after the form was handed in; then the form has to be handed in again."""

Prove = Callable[[str, str], "Proof"]
"""(host, content) to what was found; the crawler's guarded one unless a test brings its own."""


def guarded(host: str, content: str) -> Proof:
    """Ask the site and its DNS through the crawler's guard."""
    from crawler.guard import Guard
    from crawler.ownership_check import prove

    require_contact()
    return prove(host, content, Guard(sandbox=False, allowed_hosts=[]))


def prove(config: Config, ids: Iterable[int], ask: Prove = guarded) -> None:
    """Look for the proof of each response or objection among `ids` and note when it was found; other entries are passed over."""
    with config.engine.connect() as connection:
        rows = connection.execute(
            select(Review).where(
                Review.id.in_(list(ids)), Review.kind.in_(ANSWERS), Review.decision.is_(None)
            )
        ).all()
    for row in rows:
        if "proved" in row.detail:
            continue
        host = row.detail["host"]
        late = config.today() > dt.date.fromisoformat(row.detail["received_on"]) + dt.timedelta(PROOF_DAYS)
        if late:
            raise UserError(
                f"#{row.id} {host}: 超过 {PROOF_DAYS} 天没有证明 not proved within {PROOF_DAYS} days; 请对方重新提交，或 have it handed in again, or: kamengwatch review reject {row.id}"
            )
        found = ask(host, proof_text(row.detail["proof"]))
        if found.found is None:
            raise UserError(
                f"#{row.id} {host}: 没找到证明 no proof found ({'; '.join(found.tried)}); 请对方放好后再试 try again once it is in place"
            )
        proved = {"by": found.found, "at": config.now().isoformat()}
        with config.engine.begin() as connection:
            connection.execute(
                update(Review).where(Review.id == row.id).values(detail={**row.detail, "proved": proved})
            )
        log_line(
            config.say(
                f"#{row.id} {host}：已证明（{found.found}）", f"#{row.id} {host}: proved ({found.found})"
            )
        )


def accept(config: Config, connection: Connection, row: Row[Any]) -> None:
    """What accepting a form does, inside the caller's transaction; raises UserError for an answer that is not proved."""
    if row.kind == "report":
        if host := row.detail.get("host"):
            queue.ask(connection, [queue.Question(host, True, "report", "report")], config.now())
        return
    if "proved" not in row.detail:
        raise UserError(
            f"#{row.id} {row.subject}: 还没有证明 not proved yet; 先 first: kamengwatch review prove {row.id}"
        )
    id_, _ = platform_of(connection, row.detail["host"])
    if row.kind == "feed":
        return  # from now on `kamengwatch import --from-platform` takes its orders
    values = {"platform_id": id_, "received_at": _received(row), "text": row.detail["text"]}
    if row.kind == "response":
        connection.execute(insert(Response).values(**values))
    else:
        taken_up = {"about": row.detail["about"][:80], "acknowledged_at": config.now()}
        connection.execute(insert(Dispute).values(**values, **taken_up))


def decided(connection: Connection, row: Row[Any]) -> None:
    """Forget what is not needed any more: a report's words, a refused answer's words, every token."""
    kept = {k: v for k, v in row.detail.items() if k not in ("text", "about", "proof")}
    connection.execute(update(Review).where(Review.id == row.id).values(detail=kept))


def described(config: Config, row: Row[Any], accepted: int) -> str:
    """A form in words, for the person who decides."""
    detail, lang = row.detail, config.lang
    if row.kind in ANSWERS:
        state = (
            config.say("已证明", "proved") if "proved" in detail else config.say("未证明", "not proved yet")
        )
        return " · ".join(filter(None, (state, *_words(detail))))
    count = config.say(f"已采纳 {accepted} 条", f"{accepted} accepted so far") if accepted else ""
    facts = (
        word(lang, "report_kind", detail["happened"]),
        word(lang, "report_band", detail["amount_band"]),
        detail["on"],
        word(lang, "report_state", detail["state"]),
    )
    settled = (
        config.say(f"提交人 {row.settled_on} 说已解决", f"settled on {row.settled_on}, its sender says")
        if row.settled_on
        else ""
    )
    return " · ".join(filter(None, (*facts, settled, *_words(detail), count)))


def accepted_reports(connection: Connection) -> dict[str, int]:
    """Accepted reports by the site they are about."""
    query = (
        select(Review.subject, func.count())
        .where(Review.kind == "report", Review.decision == "confirmed", Review.withdrawn_on.is_(None))
        .group_by(Review.subject)
    )
    return dict(connection.execute(query).all())


def _words(detail: dict[str, Any]) -> list[str]:
    """Free text, made harmless for a terminal."""
    return [plain(detail[key]) for key in ("about", "text") if key in detail]


def _received(row: Row[Any]) -> dt.datetime:
    """The time the clocks run from: the day the form was handed in, of which only the day is kept."""
    day = dt.date.fromisoformat(row.detail["received_on"])
    return min(row.opened_at, dt.datetime.combine(day, dt.time(23, 59), SHANGHAI).astimezone(dt.UTC))
