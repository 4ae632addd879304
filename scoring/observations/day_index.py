"""Shanghai calendar days as integers, so that panels can be indexed by day. Pure."""

from __future__ import annotations

import datetime as dt

import numpy as np
from numpy.typing import NDArray

from store.china_time import SHANGHAI

MICROSECONDS = 86_400_000_000
_OFFSET = 8 * 3600 * 1_000_000
_EPOCH = dt.date(1970, 1, 1).toordinal()
_EPOCH_TIME = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def day_number(day: dt.date) -> int:
    """Days since 1970-01-01."""
    return day.toordinal() - _EPOCH


def date_of(number: int) -> dt.date:
    """The date of a day number."""
    return dt.date.fromordinal(int(number) + _EPOCH)


def microseconds(moment: dt.datetime) -> int:
    """Microseconds since 1970-01-01 00:00 in Shanghai, so that whole days are whole multiples."""
    return (moment - _EPOCH_TIME) // dt.timedelta(microseconds=1) + _OFFSET


def end_of_day(day: dt.date) -> dt.datetime:
    """The first moment after `day` in Shanghai, in UTC."""
    return dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), SHANGHAI).astimezone(dt.UTC)


def days_of(stamps: NDArray[np.int64]) -> NDArray[np.int64]:
    """Day numbers of Shanghai microsecond stamps."""
    return np.floor_divide(stamps, MICROSECONDS)
