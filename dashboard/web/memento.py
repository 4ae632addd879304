"""Earlier snapshots by date, in the words of Memento (RFC 7089): a resource of the API is its own TimeGate, each kept snapshot a Memento.

`Accept-Datetime` on a resource leads (302) to the newest snapshot published by then; `as_of=YYYY-MM-DD` answers at once from the newest
that covers no later day; `snapshot=<id>` is the address of one Memento. `/api/v1/timemap/<resource>` lists them. It must not import streamlit.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import format_datetime, parsedate_to_datetime
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote, urlencode

import pyarrow.parquet as pq
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from dashboard.presenters import current_snapshot
from scoring.snapshot.reader import Kept, Snapshot, SnapshotError, snapshot_on

PREFIX = "/api/v1/"
TIMEMAP = f"{PREFIX}timemap/"
_CHOOSING = ("as_of", "snapshot")
"""Parameters that choose a snapshot; what is left of an address is the resource."""


class NotKept(Exception):
    """No snapshot is kept of the time asked for; one line that says which are."""


@dataclass(frozen=True)
class Chosen:
    """The snapshot a request is about; `memento` where one was asked for and not simply the latest."""

    snapshot: Snapshot
    memento: Kept | None = None


def chosen(request: Request) -> Chosen:
    """The snapshot `as_of` or `snapshot` name, else the latest. Raises ValueError for what is no date, NotKept where none is kept."""
    day, name = (request.query_params.get(key, "") for key in _CHOOSING)
    if not (day or name) or not request.url.path.startswith(PREFIX):
        return Chosen(current_snapshot.current())
    kept = current_snapshot.kept()
    if name:
        one = next((k for k in kept if k.id == name), None)
        if one is None:
            raise NotKept(f"snapshot={name[:60]}: {_which(kept)}")
        return Chosen(current_snapshot.opened(one), one)
    try:
        one = snapshot_on(kept, dt.date.fromisoformat(day))
    except ValueError:
        raise ValueError(f"as_of={day[:20]} (YYYY-MM-DD)") from None
    except SnapshotError as error:
        raise NotKept(f"as_of={error}") from error
    return Chosen(current_snapshot.opened(one), one)


def negotiated(request: Request) -> Response | None:
    """Where Accept-Datetime leads: to the newest snapshot published by then, of an earlier date to the first. None without one.

    Raises ValueError for what is no date of HTTP (RFC 9110).
    """
    asked = request.headers.get("accept-datetime")
    if (
        asked is None
        or not request.url.path.startswith(PREFIX)
        or any(request.query_params.get(key) for key in _CHOOSING)
    ):
        return None
    try:
        moment = parsedate_to_datetime(asked)
    except ValueError:
        raise ValueError(f"Accept-Datetime: {asked[:60]} (Tue, 15 Nov 2026 12:45:26 GMT)") from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    kept = current_snapshot.kept()
    if not kept:
        return None
    one = next((k for k in reversed(kept) if k.published_at <= moment), kept[0])
    answer = RedirectResponse(_address(request, snapshot=one.id), 302)
    answer.headers["Vary"] = "Accept-Datetime"
    answer.headers["Link"] = _links(request, kept, one)
    return answer


def describe(request: Request, response: Response, memento: Kept | None) -> None:
    """The headers of RFC 7089: which moment an answer is of, and where the others are."""
    if not request.url.path.startswith(PREFIX):
        return
    if memento is not None:
        response.headers["Memento-Datetime"] = format_datetime(
            memento.published_at.astimezone(dt.UTC).replace(microsecond=0), usegmt=True
        )
        response.headers["Link"] = _links(request, current_snapshot.kept(), memento)
        response.headers["Content-Location"] = _address(request, snapshot=memento.id)
    else:
        response.headers["Link"] = _links(request, (), None)
        response.headers.add_vary_header("Accept-Datetime")


def timemap(request: Request, host: str) -> Response:
    """The kept snapshots that hold a site, in application/link-format; every address in it is whole."""
    resource = str(request.base_url).rstrip("/") + quote(request.url.path.replace("/timemap/", "/", 1))
    kept = [one for one in current_snapshot.kept() if _holds(one.ratings, host)]
    if not kept:
        raise NotKept(host)
    lines = [f'<{resource}>; rel="original timegate"',
             f'<{request.url}>; rel="self"; type="application/link-format"; from="{_http(kept[0])}"; until="{_http(kept[-1])}"']  # fmt: skip
    lines += [
        f'<{resource}?snapshot={one.id}>; rel="{_rel(kept, one)}"; datetime="{_http(one)}"' for one in kept
    ]
    return Response(",\n".join(lines) + "\n", media_type="application/link-format")


@lru_cache(maxsize=5_000)
def _holds(ratings: Path, host: str) -> bool:
    try:
        return bool(pq.read_table(ratings, columns=["host"], filters=[("host", "=", host)]).num_rows)
    except (OSError, ValueError):
        return False


def _links(request: Request, kept: Sequence[Kept], one: Kept | None) -> str:
    resource = _address(request)
    path = quote(request.url.path.removeprefix(PREFIX))
    found = [f'<{resource}>; rel="original timegate"']
    if path.startswith("sites/"):
        found.append(f'<{TIMEMAP}{path}>; rel="timemap"; type="application/link-format"')
    if one is not None:
        named = {k.id: k for k in (kept[0], one, kept[-1])} if kept else {one.id: one}
        found += [
            f'<{_address(request, snapshot=k.id)}>; rel="{_rel(kept or [one], k)}"; datetime="{_http(k)}"'
            for k in named.values()
        ]
    return ", ".join(found)


def _rel(kept: Sequence[Kept], one: Kept) -> str:
    return " ".join(
        [*(["first"] if one == kept[0] else []), *(["last"] if one == kept[-1] else []), "memento"]
    )


def _http(one: Kept) -> str:
    return format_datetime(one.published_at.astimezone(dt.UTC).replace(microsecond=0), usegmt=True)


def _address(request: Request, **more: str) -> str:
    """The resource of a request, below our own root; what chooses a snapshot is left out, or is `more`."""
    query = [(name, value) for name, value in request.query_params.multi_items() if name not in _CHOOSING]
    query += list(more.items())
    return quote(request.url.path) + (f"?{urlencode(query)}" if query else "")


def _which(kept: Sequence[Kept]) -> str:
    if not kept:
        return "没有可读的快照 no snapshot is kept"
    return f"没有这个快照；现有 no such snapshot; kept are {kept[0].id} … {kept[-1].id}（{len(kept)}）"
