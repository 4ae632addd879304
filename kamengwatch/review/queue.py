"""The review queue as others fill it: a question is asked once, whatever became of it, and never about what is known."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, insert, select

from store.db.tables import Review
from store.evidence.entity_matching import Directory
from store.text.refused_hosts import Refusal, refusal


@dataclass(frozen=True)
class Question:
    """What a person is asked: is this host or name a site to watch, or one of those watched already?

    `source` says who named it, `via` how (complaint, redirect, notice, list), `times` how often; `candidates` are watched
    hosts it may belong to, where that is known better than from its spelling.
    """

    subject: str
    host: bool
    source: str
    via: str
    times: int = 1
    name: str | None = None
    candidates: tuple[str, ...] = ()
    like: str = ""
    """The first part of a path that looks like a merchant's, at a host that is no known mall; of the path nothing else is kept."""


@dataclass
class Asked:
    """How many questions are new, concern what is watched already, wait in the queue already, or were answered before."""

    new: list[str] = field(default_factory=list)
    known: int = 0
    waiting: int = 0
    before: int = 0
    refused: dict[str, Refusal] = field(default_factory=dict)
    """Hosts that can be no site of their own, of which nobody is asked, with the reason."""

    def as_dict(self) -> dict[str, Any]:
        """For --json."""
        return {
            "queued": len(self.new),
            "known": self.known,
            "waiting": self.waiting,
            "asked_before": self.before,
        }


def ask(connection: Connection, questions: Iterable[Question], now: dt.datetime) -> Asked:
    """Put the questions into the queue."""
    directory = Directory(connection)
    sites = select(Review.subject, Review.decision.is_not(None)).where(
        Review.kind.in_(("match", "candidate"))
    )
    answered: dict[str, bool] = {}
    for subject, decided in connection.execute(sites):
        answered[subject] = answered.get(subject, False) or bool(decided)
    now_asked: set[str] = set()
    asked = Asked()
    rows = []
    for question in questions:
        found = directory.resolve(*((question.subject, None) if question.host else (None, question.subject)))
        if found.platform_id is not None and found.platform_id not in directory.candidates:
            asked.known += 1
        elif question.host and (reason := refusal(question.subject)):
            asked.refused[question.subject] = reason
        elif question.subject in answered:
            asked.before += answered[question.subject]
            asked.waiting += not answered[question.subject]
        elif question.subject not in now_asked:
            now_asked.add(question.subject)
            asked.new.append(question.subject)
            rows.append(_row(question, question.candidates or found.candidates, now))
    if rows:
        connection.execute(insert(Review), rows)
    return asked


def _row(question: Question, candidates: tuple[str, ...], now: dt.datetime) -> dict[str, Any]:
    kind = "match" if candidates else "candidate"
    detail: dict[str, Any] = {
        "candidates": list(candidates),
        "source": question.source,
        "via": question.via,
        "times": question.times,
        "mentions": [],
    }
    if question.name:
        detail["name"] = question.name
    if question.like:
        detail["like"] = question.like
    return {
        "kind": kind,
        "key": f"{kind}:{question.subject}"[:253],
        "subject": question.subject[:253],
        "detail": detail,
        "opened_at": now,
    }
