"""Earlier snapshots by date, in the words of Memento (RFC 7089): a resource of the API, and a page that can be read of a day, is its own
TimeGate, each kept snapshot a Memento.

`Accept-Datetime` on a resource leads (302) to the newest snapshot published by then; `as_of=YYYY-MM-DD` answers at once from the newest
that covers no later day; `snapshot=<id>` is the address of one Memento. `/api/v1/timemap/<resource>` lists them. It must not import streamlit.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from email.utils import format_datetime, parsedate_to_datetime
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote, urlencode

import pyarrow.parquet as pq
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from dashboard.presenters import current_snapshot, html
from scoring.snapshot.reader import Kept

PREFIX = "/api/v1/"
TIMEMAP = f"{PREFIX}timemap/"
_ADDRESSES_OF_ANY_DAY = (PREFIX, "/snapshot/", "/download/")
"""Where files and answers of earlier snapshots are asked for by `as_of` or `snapshot`."""
_LONGEST = 1_000
"""Characters of a query that headers repeat; what somebody pasted into a search is longer, and proxies refuse long headers."""


def chosen(request: Request) -> current_snapshot.Chosen:
    """The snapshot `as_of` or `snapshot` name, else the latest; raises as `current_snapshot.chosen`."""
    asked = request.query_params if request.url.path.startswith(_ADDRESSES_OF_ANY_DAY) else {}
    return current_snapshot.chosen(**{key: asked.get(key, "") for key in html.CHOOSING})


def negotiated(request: Request) -> Response | None:
    """Where Accept-Datetime leads: to the newest snapshot published by then, of an earlier date to the first. None without one.

    Raises ValueError for what is no date of HTTP (RFC 9110).
    """
    asked = request.headers.get("accept-datetime")
    if asked is None or not _gate(request) or any(request.query_params.get(key) for key in html.CHOOSING):
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


def describe(request: Request, headers: MutableHeaders, memento: Kept | None) -> None:
    """The headers of RFC 7089: which moment an answer is of, and where the others are."""
    if not _gate(request) or len(request.url.query) > _LONGEST:
        return
    if memento is not None:
        headers["Memento-Datetime"] = _http(memento)
        headers["Link"] = _links(request, current_snapshot.kept(), memento)
        headers["Content-Location"] = _address(request, snapshot=memento.id)
        headers["X-Robots-Tag"] = "noindex"  # a search engine shows what holds today
    else:
        headers["Link"] = _links(request, (), None)
        headers.add_vary_header("Accept-Datetime")


def _gate(request: Request) -> bool:
    """Whether a path is a resource of the API or a page that is kept by date."""
    path = request.url.path
    return path.startswith(PREFIX) or path.removeprefix("/") in html.PAGES_OF_ANY_DAY


def timemap(request: Request, host: str) -> Response:
    """The kept snapshots that hold a site, in application/link-format; every address in it is whole."""
    resource = str(request.base_url).rstrip("/") + quote(request.url.path.replace("/timemap/", "/", 1))
    kept = [one for one in current_snapshot.kept() if _holds(one.ratings, host)]
    if not kept:
        raise current_snapshot.NotKept(host)
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
    query = [(name, value) for name, value in request.query_params.multi_items() if name not in html.CHOOSING]
    query += list(more.items())
    return quote(request.url.path) + (f"?{urlencode(query)}" if query else "")
