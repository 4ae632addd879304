"""Which entries of the review queue a command means: numbers, ranges (1-200), a source, a kind, or all that wait."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from kamengwatch.config import SHANGHAI, UserError
from kamengwatch.moderating import FORMS
from store.tables import Review

SITES = ("match", "candidate")
"""What `--all` and `--source` mean without `--kind`: hosts and names. What is published by itself, or comes from a person, is decided by number or kind."""
DECIDED = {"confirmed": ("接受", "accepted"), "rejected": ("不接受", "rejected")}
_RANGE = re.compile(r"#?(\d{1,9})(?:(?:-|–|—|~|\.\.|至|到)#?(\d{1,9}))?")
_SEE = "查看 see `kamengwatch review`"


@dataclass(frozen=True)
class Selection:
    """Words for numbers and ranges, or `every`, narrowed to a source and kinds."""

    words: Sequence[str] = ()
    every: bool = False
    source: str | None = None
    kinds: Sequence[str] = ()

    def numbers(self, connection: Connection) -> tuple[list[int], list[str]]:
        """The numbers meant, in order, each once, and what is wrong with the words that name none.

        A number must wait for a decision; of a range those that do are meant. Raises UserError where nothing is named at all.
        """
        if self.every and self.words:
            raise UserError("--all: 不和编号一起用 is not given with numbers")
        if not (self.every or self.words or self.source):
            raise UserError(
                "缺少编号 give the number shown by `kamengwatch review`, or 1-200, --source, --all"
            )
        if not self.words:
            return self._of_all(connection)
        found: dict[int, None] = {}
        wrong: list[str] = []
        for first, last, word in _ranges(self.words, wrong):
            if last is None:
                try:
                    row = waiting(connection, first)
                    found.update({first: None} if self.takes(row) else {})
                    if not self.takes(row):
                        wrong.append(f"#{first} {row.subject}: 不属于 --source/--kind does not belong to it")
                except UserError as error:
                    wrong.append(str(error))
                continue
            rows = connection.execute(
                select(Review)
                .where(Review.decision.is_(None), Review.id.between(first, last))
                .order_by(Review.id)
            )
            chosen = [row.id for row in rows if self.takes(row)]
            if not chosen:
                wrong.append(f"{word}: 其中没有等待决定的事项 nothing in it waits for a decision; {_SEE}")
            found.update(dict.fromkeys(chosen))
        return list(found), wrong

    def takes(self, row: Row[Any]) -> bool:
        """Whether an entry is of the source and kinds asked for."""
        return (self.source is None or self.source in sources_of(row)) and (
            not self.kinds or row.kind in self.kinds
        )

    def _of_all(self, connection: Connection) -> tuple[list[int], list[str]]:
        kinds = self.kinds or SITES
        rows = connection.execute(select(Review).where(Review.decision.is_(None)).order_by(Review.id)).all()
        chosen = [row.id for row in rows if row.kind in kinds and self.takes(row)]
        if not chosen:
            named = ", ".join(sorted({source for row in rows for source in sources_of(row)})) or "—"
            raise UserError(
                f"{f'--source {self.source}' if self.source else '--all'}: 没有等待决定的这类事项 nothing such waits; "
                f"现有来源 sources there are: {named}; {_SEE}"
            )
        return chosen, []


def sources_of(row: Row[Any]) -> list[str]:
    """Who named an entry: source ids or names of lists; a form of the web page is `form`."""
    if row.kind in FORMS:
        return ["form"]
    return [source for source in str(row.detail.get("source", "")).split("、") if source]


def waiting(connection: Connection, id_: int) -> Row[Any]:
    """The entry with this number, which waits for a decision; raises UserError where there is none or it was decided."""
    row = connection.execute(select(Review).where(Review.id == id_)).one_or_none()
    if row is None:
        raise UserError(f"#{id_}: 队列里没有 not in the queue; {_SEE}")
    if row.decision is not None:
        zh, en = DECIDED.get(row.decision, (row.decision, row.decision))
        raise UserError(
            f"#{id_} {row.subject}: 已于 {row.decided_at.astimezone(SHANGHAI):%Y-%m-%d} 决定：{zh} was decided already: {en}"
        )
    return row


def _ranges(words: Iterable[str], wrong: list[str]) -> Iterable[tuple[int, int | None, str]]:
    """(first, last or None, word) of each number and range; a word that is none goes to `wrong`."""
    for given in words:
        for word in re.split(r"[,，、;\s]+", unicodedata.normalize("NFKC", given).strip()):
            match = _RANGE.fullmatch(word)
            if match is None:
                wrong.append(f"{word}: 编号是数字或范围 a number or a range such as 1-200 is needed; {_SEE}")
            elif match[2] is None:
                yield int(match[1]), None, word
            elif int(match[1]) > int(match[2]):
                wrong.append(f"{word}: 范围的前一个数应较小 the first number of a range is the smaller one")
            else:
                yield int(match[1]), int(match[2]), word
