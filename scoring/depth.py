"""How far back complaint sources show everything: a first look brings the newest pages of a list, not its whole past.

Taking the days before as days without complaints would make every site look as if its complaints had just begun.
"""

from __future__ import annotations

import numpy as np

from scoring import method
from scoring.facts import NEVER, Floats, Ints, Rows


def complete_since(rows: Rows, days: int) -> Ints:
    """Per day, the filing day from which the complaints visible by then are complete (NEVER before the first).

    The earliest filing, unless what was filed before some day up to the first look came so much more rarely that it can
    only be stragglers: two Poisson rates against one, at a gain of DEPTH_GAIN in log likelihood and a ratio of DEPTH_RATIO.
    """
    out = np.full(days, NEVER, dtype=np.int64)
    visible = rows.seen < days
    if not visible.any():
        return out
    # Small numbers: they sort faster, and of a large market there are many.
    seen, day = np.maximum(rows.seen[visible], 0).astype(np.int16), rows.day[visible].astype(np.int32)
    first, origin = int(seen.min()), int(day.min())
    filed = np.zeros(days - origin + 1)
    order = np.argsort(seen, kind="stable")
    day, ends = day[order], np.searchsorted(seen[order], np.arange(days + 1))
    for now in range(first, days):
        new = day[ends[now] : ends[now + 1]]
        if len(new):
            filed += np.bincount(np.minimum(new - origin, len(filed) - 1), minlength=len(filed))
            out[now] = origin + _split(filed[: max(now - origin + 1, 1)], first - origin)
        else:
            out[now] = out[now - 1]
    return out


def _split(filed: Floats, latest: int) -> int:
    """Index of the first day of the complete part of daily counts, at most `latest`."""
    begin = int(np.argmax(filed > 0))
    filed, latest = filed[begin:], min(latest - begin, len(filed) - begin - 1)
    if latest < 1:
        return begin
    total, length = filed.sum(), len(filed)
    at = np.arange(1, latest + 1)
    before = np.cumsum(filed)[at - 1]
    after = total - before
    gain = _fit(before, at) + _fit(after, length - at) - _fit(total, length)
    clear = (gain >= method.DEPTH_GAIN) & (after / (length - at) >= method.DEPTH_RATIO * before / at)
    return begin + (int(at[np.argmax(np.where(clear, gain, -1.0))]) if clear.any() else 0)


def _fit(count: Floats | float, length: Ints | int) -> Floats:
    """Log likelihood of a Poisson rate at its best, up to what all splits share."""
    count = np.asarray(count, dtype=float)
    return np.where(count > 0, count * np.log(np.maximum(count, 1e-9) / length), 0.0)
