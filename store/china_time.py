"""The one time zone of what is rated. Pure."""

from __future__ import annotations

import datetime as dt

SHANGHAI = dt.timezone(dt.timedelta(hours=8), "Asia/Shanghai")
"""China has had one offset and no summer time since 1991."""
