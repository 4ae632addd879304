"""POST /api/v1/report tells by its code what became of a report; with `say` its sender says that it was settled or takes it back.

A code never stands in an address, where logs would keep it. A wrong code costs a pause and tokens, and looks like one that was let go.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dashboard.forms import inbox, report_codes
from dashboard.presenters import current_snapshot
from dashboard.presenters.formatting import SHANGHAI
from dashboard.presenters.translations import language, say
from dashboard.web import rate_limit
from dashboard.web.rate_limit import problem

PATH = "/api/v1/report"
_LONGEST = 1_000


async def report(request: Request) -> Response:
    """What became of the report whose `code` is posted, and what its sender said of it."""
    given = await rate_limit.posted(request, _LONGEST)
    if given is None:
        return problem(413, say(language(request.query_params.get("lang")), "api.body_too_long"))
    lang, what = language(given.get("lang")), given.get("say", "")
    if what and what not in report_codes.SAID:
        return problem(400, say(lang, "api.bad_query"), f"say={what[:20]}")
    address = request.client.host if request.client else None
    if wait := rate_limit.code_wait(time.monotonic(), address):
        answer = problem(429, say(lang, "report.wait"))
        answer.headers["Retry-After"] = str(int(wait) + 1)
        return answer
    try:
        known = await run_in_threadpool(_told, given.get("code", ""), what)
    except inbox.InboxClosed:
        return problem(503, say(lang, "form.closed"))
    if known is None:
        rate_limit.code_wrong(time.monotonic(), address)
        await asyncio.sleep(rate_limit.WRONG_CODE_SECONDS)
        return problem(404, say(lang, "report.no_such"))
    told = known | {"said": report_codes.lines(known, lang)}
    return JSONResponse(told, 202 if what else 200, headers={"Cache-Control": "no-store"})


def _told(code: str, what: str) -> dict[str, Any] | None:
    folder = current_snapshot.data_dir()
    hashed = report_codes.keyed(folder, code)
    known = report_codes.state_of(folder, hashed)
    if known is not None and what and hashed:
        now = current_snapshot.now(current_snapshot.facts(current_snapshot.current()))
        report_codes.say(folder, hashed, what, now.astimezone(SHANGHAI).date())
        known = known | {"noted": what}
    return known


ROUTES = [Route(PATH, report, methods=["POST"])]
