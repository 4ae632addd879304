"""A provincial message board read by public offices: search by POST, detail by number, replies with their state."""

from __future__ import annotations

import html
import json
from datetime import timedelta
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from sandbox.market.goods import scatter
from sandbox.market.market import Market
from sandbox.market.outages import out
from sandbox.market.parameters import SHANGHAI
from sandbox.market.platforms import Platform
from sandbox.market.stage import CAPTCHA, Stage

REDNET_SHARE = 1
"""Per cent of the complaints about shops that are also written here."""
FIRST = 4_000_000
OFFICES = ("长沙市市场监督管理局", "株洲市公安局", "湘潭市商务局", "衡阳市市场监督管理局")
PAGE = 10


async def rednet_answer(stage: Stage, request: Request) -> Response:
    """One request to the board."""
    if out(stage, "rednet"):
        return HTMLResponse(CAPTCHA)
    path = request.url.path.rstrip("/")
    if path == "/front/msg/index" and request.method == "POST":
        try:
            asked = json.loads(await request.body())
        except ValueError:
            return JSONResponse({"status": "0", "msg": "参数错误", "data": []})
        result = _search(stage, asked)
        request.state.shown = [str(row["id"]) for row in result["data"]["rows"]]
        return JSONResponse(result)
    if path == "/front/msg/detail":
        return JSONResponse(_detail(stage, request.query_params.get("id", "")))
    return JSONResponse({"status": "0", "msg": "not found", "data": []}, 404)


@lru_cache(maxsize=4)
def written(market: Market) -> tuple[int, ...]:
    """Complaints that are written here at any time, oldest first."""
    own = np.flatnonzero(market.complaints.platform >= 0)
    return tuple(int(i) for i in own if scatter(market.parameters.seed, int(i), 47) % 100 < REDNET_SHARE)


def posts(stage: Stage) -> list[int]:
    """Complaints written here until the simulated present, newest first."""
    filed = stage.market.complaints.filed
    return [i for i in reversed(written(stage.market)) if filed[i] <= stage.day]


def _search(stage: Stage, asked: dict[str, Any]) -> dict[str, Any]:
    word = str(asked.get("search") or "").strip()
    page, size = max(1, int(asked.get("page") or 1)), min(50, int(asked.get("page_num") or PAGE))
    hits = [i for i in posts(stage) if word in _title(stage, i) + stage.market.words(i).text]
    rows = [_row(stage, i) for i in hits[(page - 1) * size : page * size]]
    return {"status": "1", "data": {"rows": rows, "total": len(hits)}}


def _detail(stage: Stage, number: str) -> dict[str, Any]:
    index = int(number) - FIRST if number.isdigit() else -1
    if index not in posts(stage):
        return {"status": "0", "msg": "留言不存在", "data": []}
    row = _row(stage, index)
    replied = row["is_reply"] == 1
    text = "<p>您好，来信已转办，商家表示将核实订单并处理退款。</p>"
    reply = [{"content": text, "reply_time": row["reply_time"], "name": row["reply_name"]}] if replied else []
    words = html.escape(stage.market.words(index).text, quote=False)
    message = {"content": f"<div>\n<p>{words}</p>\n</div>", "reply": reply, "comment": []}
    return {
        "status": "1",
        "data": row | {"mobile": f"138{scatter(index, 2) % 10**8:08d}"} | message,
    }


def _title(stage: Stage, index: int) -> str:
    """Most messages name the shop in their title."""
    platform = stage.market.platforms[int(stage.market.complaints.platform[index])]
    return f"投诉{platform.name}：{stage.market.words(index).title}"[:60]


def _row(stage: Stage, index: int) -> dict[str, Any]:
    c, market = stage.market.complaints, stage.market
    filed = market.parameters.moment(c.filed[index]).astimezone(SHANGHAI)
    answered = c.filed[index] + 3 + scatter(index, 5) % 25
    state = (
        1 if scatter(index, 6) % 3 and answered <= stage.day else 2 if stage.day > c.filed[index] + 2 else 3
    )
    reply = filed + timedelta(days=3 + scatter(index, 5) % 25) if state == 1 else None
    return {
        "id": FIRST + index, "title": _title(stage, index), "created_at": filed.strftime("%Y-%m-%d %H:%M:%S"),
        "type_name": "投诉", "nickname": "湘" + "江"[: index % 2] + "网友", "city_id": "430100",
        "area_id": "430102", "click_num": scatter(index, 7) % 400, "is_reply": state, "reply_name": OFFICES[index % len(OFFICES)] if reply else "",
        "reply_time": reply.strftime("%Y-%m-%d %H:%M:%S") if reply else None,
    }  # fmt: skip


# A second complaint site of which only brand totals are open: volume and share solved; its lists want an encrypted form.

XIAOFEIBAO_SHARE = 35
"""Per cent of all complaints that are told here as well."""


def brand_of(platform: Platform) -> int | None:
    """The number of a shop's brand page; about every second known company has one."""
    return 20_000 + 7 * platform.index if platform.couid and platform.index % 2 == 0 else None


async def xiaofeibao_answer(stage: Stage, request: Request) -> Response:
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
    return own[
        np.array(
            [scatter(market.parameters.seed, int(i), 31) % 100 < XIAOFEIBAO_SHARE for i in own], dtype=bool
        )
    ]
