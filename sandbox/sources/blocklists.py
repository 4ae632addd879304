"""A host of open lists: three block lists in the usual notations, and the operator's own list of brand numbers."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response

from sandbox.market.goods import scatter
from sandbox.market.outages import out
from sandbox.market.stage import Stage
from sandbox.sources.xiaofeibao import brand_of

FILLERS = ("prize", "parcel", "wallet", "invest", "refund", "bonus")
LAG = 12
"""Days from a shop's end to its first mention on a list."""


async def answer(stage: Stage, request: Request) -> Response:
    """One request to the list host."""
    path = request.url.path
    if path == "/xiaofeibao-brands.json":
        return JSONResponse({p.host: n for p in stage.market.platforms if (n := brand_of(p)) is not None})
    if out(stage, "blocklists"):
        return HTMLResponse("<html><head><title>Sign in</title></head><body>please log in</body></html>")
    written = FORMS.get(path)
    if written is None:
        return PlainTextResponse("404: Not Found", 404)
    return PlainTextResponse(written(stage, listed(stage)))


def listed(stage: Stage) -> list[str]:
    """Hosts on the lists today: invented ones, and every third shop that has ended."""
    invented = [
        f"{w}-{scatter(stage.market.parameters.seed, i) % 9000}.test" for i in range(60) for w in FILLERS
    ]
    shops = [
        p.host for p in stage.market.platforms
        if p.end_day is not None and stage.day >= p.end_day + LAG and p.index % 3 == 0
    ]  # fmt: skip
    return sorted({*invented, *shops})


def _stamp(stage: Stage) -> str:
    return stage.local.strftime("%Y-%m-%d")


def _wildcard(stage: Stage, hosts: list[str]) -> str:
    head = f"# Title: Demo list\n# Syntax: Wildcard Domains\n# Last modified: {_stamp(stage)}\n# Number of entries: {len(hosts)}\n"
    return head + "".join(f"{host}\n" for host in hosts)


def _adblock(stage: Stage, hosts: list[str]) -> str:
    head = f"[Adblock Plus]\n! Title: Demo list\n! Last modified: {_stamp(stage)}\n"
    return head + "".join(f"||{host}^\n" for host in hosts) + "@@||kept-anyway.test^\n"


def _hosts(stage: Stage, hosts: list[str]) -> str:
    return f"# {_stamp(stage)}\n127.0.0.1 localhost\n" + "".join(f"0.0.0.0 {host}\n" for host in hosts)


FORMS = {"/lists/wildcard.txt": _wildcard, "/lists/adblock.txt": _adblock, "/lists/hosts.txt": _hosts}
