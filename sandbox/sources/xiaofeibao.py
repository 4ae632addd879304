"""A second complaint site of which only brand totals are open: volume and share solved; its lists want an encrypted form."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from sandbox.market.goods import scatter
from sandbox.market.market import Market
from sandbox.market.outages import out
from sandbox.market.platforms import Platform
from sandbox.market.stage import CAPTCHA, Stage

SHARE = 35
"""Per cent of all complaints that are told here as well."""


def brand_of(platform: Platform) -> int | None:
    """The number of a shop's brand page; about every second known company has one."""
    return 20_000 + 7 * platform.index if platform.couid and platform.index % 2 == 0 else None


async def answer(stage: Stage, request: Request) -> Response:
    """One request to the statistics host."""
    if out(stage, "xiaofeibao"):
        return HTMLResponse(CAPTCHA)
    path = request.url.path.rstrip("/")
    if path == "/v6.5.1/tousu_list":
        return JSONResponse({"code": 403, "msg": "签名错误", "data": None})
    if path != "/brand/getBrandStatistics":
        return JSONResponse({"code": 404, "msg": "not found", "data": None}, 404)
    wanted = request.query_params.get("brand_id", "")
    platform = next((p for p in stage.market.platforms if str(brand_of(p)) == wanted), None)
    if platform is None or stage.day < platform.opened_day:
        return JSONResponse({"code": 500, "msg": "品牌不存在", "data": None})
    total, solved = counted(stage, platform)
    rate = round(100 * solved / total, 2) if total else 0
    return JSONResponse({"code": 200, "msg": "success", "data": {"total": total, "solve_rate": rate}})


def counted(stage: Stage, platform: Platform) -> tuple[int, int]:
    """(complaints, solved) told here until the simulated present."""
    market = stage.market
    told = _told(market, platform.index)
    seen = market.complaints.filed[told] <= stage.day
    solved = market.complaints.completed[told] <= stage.day
    return int(seen.sum()), int(solved.sum())


@lru_cache(maxsize=2_000)
def _told(market: Market, platform: int) -> NDArray[np.int64]:
    own = market.mine[platform]
    return own[np.array([scatter(market.parameters.seed, int(i), 31) % 100 < SHARE for i in own], dtype=bool)]
