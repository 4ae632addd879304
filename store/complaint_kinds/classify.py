"""What a complaint text is about: one primary kind and further kinds.

Pure: the same text always gets the same answer, and after the model file has been read once nothing is read.
It must not import a database or know any site; the dashboard uses it too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from store.complaint_kinds.lexicon import normalise, refused
from store.complaint_kinds.model import load

KINDS = (
    "drop.payment_not_synced",
    "drop.stuck",
    "drop.record_lost",
    "drop.unspecified",
    "out_of_stock_after_payment",
    "invalid_card",
    "account_taken_back",
    "guarantee_not_kept",
    "refund_delayed",
    "refund_refused",
    "withdrawal_blocked",
    "balance_frozen",
    "unreachable",
    "site_gone",
    "upstream_funds",
    "price_bait",
    "not_a_drop.not_renewed",
    "not_a_drop.payment_failed",
    "not_a_drop.wrong_item",
    "spam",
    "other",
)


# What a story with several grievances has come to; the first group with a kind the text is of holds the primary kind. The
# order is what the writers of the corpora did, counted pair by pair (docs/classifier.md); groups not named come before silence.
_CAME_TO = (
    ("site_gone",),
    ("upstream_funds",),
    ("withdrawal_blocked", "balance_frozen", "price_bait", "refund_refused", "refund_delayed"),
)
# Silence is the main grievance only where there is no other; so it gives way from this summed probability on.
_YIELDS_FROM = 0.15
_SPECIFIC = [KINDS.index(f"drop.{kind}") for kind in ("payment_not_synced", "stuck", "record_lost")]
_UNREACHABLE = KINDS.index("unreachable")
_GRIEVANCES = [
    i for i, kind in enumerate(KINDS) if kind == "upstream_funds" or kind == "price_bait" or i < _UNREACHABLE
]
_REFUSED, _REFUSED_FROM = KINDS.index("refund_refused"), 0.3
_OTHER = KINDS.index("other")
_RANKED = tuple(tuple(KINDS.index(kind) for kind in group) for group in _CAME_TO)
_ALONE = frozenset({"other", "spam"})
_WORD = re.compile(r"[^\W\d_]")
_MERCHANT_ANSWERS = re.compile(
    r"\W*(?:商家|卖家|店家|客服|平台|官方)(?:回复|答复|回应)\W{1,3}(?:您好|你好|亲|尊敬|感谢)"
    r"(?!.*(?:我(?![们司店方处站家])|俺|咱|结果|至今|到现在|现在还|可是|但是|然而|还是?[没不]|都[没不]|就是[没不]|呵呵|骗))",
    re.DOTALL,
)
"""A merchant's answer, pasted whole: no complaint. Where a buyer speaks after it, it is one."""


@dataclass(frozen=True)
class Classified:
    """The primary kind first, then every further kind found."""

    primary: str
    kinds: tuple[str, ...]


# A further kind is named from this probability on; chosen by cross-validation (docs/classifier.md).
FURTHER_FROM = 0.5
# An unspecified drop needs less to be of a kind that is named in it: likelier than not.
_SPECIFIC_FROM = 0.5
_BATCH = 2000


def classify(text: str) -> Classified:
    """The kinds of one complaint text; an empty or meaningless text is "other"."""
    return classify_many([text])[0]


def classify_many(texts: Sequence[str]) -> list[Classified]:
    """The kinds of many texts, in their order; the same answers as classify, several times faster."""
    found: list[Classified] = []
    for start in range(0, len(texts), _BATCH):
        found += _classify_batch(texts[start : start + _BATCH])
    return found


def primaries(texts: Sequence[str], probabilities: NDArray[np.float32]) -> list[str]:
    """The primary kind of each text, from its row of a (texts × kinds) array.

    The likeliest kind, but for two conventions of the corpora that a few examples do not teach a model: silence gives
    way to any other grievance, and a drop whose refund was refused is by now a refusal.
    """
    found = []
    for text, row, likeliest in zip(texts, probabilities, probabilities.argmax(axis=1).tolist(), strict=True):
        best = likeliest if _WORD.search(text) and not _MERCHANT_ANSWERS.match(text) else _OTHER
        if best == _UNREACHABLE and row[_GRIEVANCES].sum() >= _YIELDS_FROM:
            best = _GRIEVANCES[int(row[_GRIEVANCES].argmax())]
        if KINDS[best].startswith("drop.") and row[_REFUSED] >= _REFUSED_FROM and refused(normalise(text)):
            best = _REFUSED
        found.append(KINDS[best])
    return found


def came_to(primary: str, main: NDArray[np.float32], members: NDArray[np.float32]) -> str:
    """The primary kind of a text of several grievances, by the order of `_CAME_TO`; of a text of one it is `primary`."""
    if primary in _ALONE or primary.startswith("not_a_drop."):
        return primary
    for group in _RANKED:
        if primary in (KINDS[kind] for kind in group):
            return primary
        if found := [kind for kind in group if members[kind] >= FURTHER_FROM]:
            return KINDS[max(found, key=lambda kind: main[kind])]
    return primary


def specified(primary: str, members: NDArray[np.float32]) -> str:
    """An unspecified drop whose text also names a kind of drop is of that kind: unspecified says that none is named."""
    if primary != "drop.unspecified":
        return primary
    best = max(_SPECIFIC, key=lambda kind: members[kind])
    return KINDS[best] if members[best] >= _SPECIFIC_FROM else primary


def further(primary: str, members: NDArray[np.float32], limit: float = FURTHER_FROM) -> list[str]:
    """At most two kinds besides the primary, likeliest first, from one row of membership probabilities.

    Other and spam stand alone; an unspecified drop adds nothing to a drop whose kind is known.
    """
    likely = () if primary in _ALONE else np.flatnonzero(members >= limit).tolist()
    if not likely:
        return []
    idle = {primary, *_ALONE} | ({"drop.unspecified"} if primary.startswith("drop.") else set())
    return [KINDS[i] for i in sorted(likely, key=lambda i: -members[i]) if KINDS[i] not in idle][:2]


def _classify_batch(texts: Sequence[str]) -> list[Classified]:
    main, members = load().judge(texts)
    found = [
        specified(came_to(primary, of_main, row), row)
        for primary, of_main, row in zip(primaries(texts, main), main, members, strict=True)
    ]
    return [
        Classified(primary, (primary, *further(primary, row)))
        for primary, row in zip(found, members, strict=True)
    ]
