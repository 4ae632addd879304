"""What the records of the open evidence format share: times with an offset, bounded texts and numbers, whom they are about."""

from __future__ import annotations

import datetime as dt
import math
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

Text = Annotated[str, Field(max_length=200_000)]
Short = Annotated[str, Field(max_length=400)]
Count = Annotated[int, Field(ge=0, le=10**15)]


def finite(value: Any) -> Any:
    """`value`, unless it is a number without end; raises ValueError."""
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("must be a finite number")
    return value


Money = Annotated[float, BeforeValidator(finite), Field(ge=0, le=1e12)]


def countable(moment: dt.datetime) -> dt.datetime:
    """`moment`, unless it is in the first or last year there is, where other time zones have no date for it; raises ValueError."""
    if not dt.MINYEAR < moment.year < dt.MAXYEAR:
        raise ValueError("the year must be between 2 and 9998")
    return moment


Moment = Annotated[AwareDatetime, AfterValidator(countable)]


class Record(BaseModel):
    """What every line may carry. Unknown keys are ignored, so that newer files stay readable."""

    model_config = ConfigDict(extra="ignore", str_strip_whitespace=True)
    host: Short | None = None
    seen_at: Moment | None = None

    def when(self) -> dt.datetime | None:
        """When it happened in the world, if the record says so."""
        return None


class Sourced(Record):
    """A record some source said."""

    source: Annotated[str, Field(min_length=1, max_length=40)]


class About(Sourced):
    """A record about one platform: by host, or by a name that still has to be matched."""

    platform: Short | None = None
    mentions: tuple[Short, ...] = ()
    capture: Annotated[int | None, Field(alias="_capture")] = None


class Observed(About):
    """A record with a moment of observation."""

    observed_at: Moment

    def when(self) -> dt.datetime:
        """The time of observation."""
        return self.observed_at
