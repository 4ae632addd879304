"""Commands that are given several things do each: what goes wrong with one is told on its line, and keeps no other from being done."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from kamengwatch.config import Config, UserError
from kamengwatch.console import log_line

Item = TypeVar("Item")


@dataclass
class Outcome(Generic[Item]):
    """What was done, and what was refused with its reason, both in the order given."""

    done: list[Item] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


def one_by_one(
    items: Iterable[Item], do: Callable[[Item], object], outcome: Outcome[Item] | None = None
) -> Outcome[Item]:
    """Call `do` with every item; a UserError of one is kept as its refusal and the next is taken."""
    outcome = outcome or Outcome()
    for item in items:
        try:
            do(item)
        except UserError as error:
            outcome.refused.append(str(error))
        else:
            outcome.done.append(item)
    return outcome


def tell_refused(config: Config, outcome: Outcome[Item]) -> None:
    """Name what was refused, each on its own line; raises UserError (exit 2) when there is any. The only one is that error itself."""
    refused, total = outcome.refused, len(outcome.done) + len(outcome.refused)
    if not refused:
        return
    if total == 1:
        raise UserError(refused[0])
    name_refused(config, outcome)
    if not outcome.done:
        raise UserError(config.say(f"{total} 个都没有办（见上）", f"none of {total} was done (see above)"))
    raise UserError(
        config.say(
            f"{total} 个里有 {len(refused)} 个没有办（见上），其余已办",
            f"{len(refused)} of {total} item(s) [was|were] not done (see above); the rest is done",
        )
    )


def name_refused(config: Config, outcome: Outcome[Item]) -> None:
    """Name what was refused, each on its own line."""
    for reason in outcome.refused:
        log_line(config.say(f"未办：{reason}", f"not done: {reason}"))
