"""Evidence that turned out wrong: it is taken back with a reason, counts no more from that day on, and the register of corrections says so.

Nothing is deleted: what was said until then was said with it, and `verify` still finds the capture.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
from sqlalchemy import Connection, select, update

from kamengwatch.batch_items import one_by_one, tell_refused
from kamengwatch.config import Config, UserError
from kamengwatch.console import log_line
from kamengwatch.review.responses import correct
from scoring.tables.evidence import code, resolve
from store.db.tables import OBSERVATIONS, Platform
from store.redaction.redact import redact

SHORTEST_ID = 3
"""Parts of an evidence id: kind, source, and the source's number or the host."""


def withdraw(config: Config, ids: Sequence[str], reason: str, reason_en: str | None) -> None:
    """Take pieces of evidence back and publish it as a correction; an id that names nothing standing is named and keeps no other from it."""
    zh, en = redact(reason.strip()).text, redact((reason_en or "").strip()).text
    if not zh:
        raise UserError("--reason: 撤回要写明理由 taking evidence back needs its reason")

    def take_back(id_: str) -> None:
        with config.engine.begin() as connection:
            name, (platform_id, host) = next(iter(taken_back(connection, [id_], config.now()).items()))
            sentences = (
                f"撤回一条证据（{name}）：{zh}",
                f"One piece of evidence is withdrawn ({name}): {en or f'reason, in Chinese: {zh}'}",
            )
            correct(connection, platform_id, config.now(), "withdrawn", *sentences)
        log_line(
            config.say(
                f"已撤回 {name}（{host}）；下一次评级起不再计入，随下一次发布公开",
                f"{name} ({host}) is withdrawn: it counts no more from the next rating on, and the next snapshot says so",
            )
        )

    tell_refused(config, one_by_one(dict.fromkeys(id_.strip() for id_ in ids), take_back))


def taken_back(connection: Connection, ids: Sequence[str], at: dt.datetime) -> dict[str, tuple[int, str]]:
    """Mark what these evidence ids name as withdrawn at `at`; gives each id's (platform id, host).

    All of them or none: raises UserError naming the first that names nothing. Several answers of one day may bear one id
    (scoring/tables/evidence.py): it names all of them.
    """
    out = {}
    for name in dict.fromkeys(i.strip() for i in ids):
        kind, numbers, platform_id, host = _standing(connection, name)
        table = OBSERVATIONS[kind]
        connection.execute(update(table).where(table.id.in_(numbers)).values(withdrawn_at=at))
        out[name] = (platform_id, host)
    return out


def _standing(connection: Connection, name: str) -> tuple[str, list[int], int, str]:
    """(kind, rows, platform id, host) of the evidence with this id that was not withdrawn before."""
    parts = name.split(":")
    table = OBSERVATIONS.get(parts[0])
    unknown = UserError(
        f"{name[:120]}: 没有这条证据，或已撤回；编号见网站页面的证据表 "
        "no such evidence, or withdrawn already; the site's page and `kamengwatch explain HOST` list the ids"
    )
    if table is None or len(parts) < SHORTEST_ID:
        raise unknown
    query = (
        select(table.id, table.platform_id, Platform.host)
        .join(Platform, Platform.id == table.platform_id)
        .where(table.source_id == parts[1], table.withdrawn_at.is_(None))
    )
    if parts[0] in ("complaint", "mention"):
        query = query.where(table.source_key == ":".join(parts[2:]))
    else:  # An IP address may carry its port.
        query = query.where(Platform.host.in_((parts[2], ":".join(parts[2:4]))))
    rows = {code((parts[0], r.id)): r for r in connection.execute(query)}
    found, named = resolve(connection, np.array(sorted(rows), dtype=np.int64))
    chosen = [rows[int(of)] for of, id_ in zip(found, named["id"].to_pylist(), strict=True) if id_ == name]
    if not chosen:
        raise unknown
    return parts[0], [row.id for row in chosen], chosen[0].platform_id, chosen[0].host
