"""A self-hosted filing query service: /query/{type}?search=, whose errors come with HTTP status 200."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.market.goods import scatter
from sandbox.market.platforms import Platform
from sandbox.market.stage import Stage

TYPES = ("web", "app", "mapp", "kapp", "bweb", "bapp", "bmapp", "bkapp")
REFERENCE: dict[str, object] = {
    "domain": "sandbox.test", "mainLicence": "粤ICP备2099999999号", "serviceLicence": "粤ICP备2099999999号-1", "natureName": "企业",
    "unitName": "演示参照有限公司", "limitAccess": "否", "updateRecordTime": "2020-01-02 03:04:05", "contentTypeName": "", "leaderName": "",
    "domainId": 1, "mainId": 1, "serviceId": 1,
}  # fmt: skip
"""What every honest service knows: the control of filing queries."""
ERRORS: tuple[dict[str, object], ...] = (
    {"code": 500, "message": "验证码识别失败"},
    {"code": 122, "message": "工信部服务器异常"},
    {"code": 500, "message": "当前访问已被创宇盾拦截"},
    {"code": 201, "error": "验证码识别失败"},
    {"code": 122, "message": "查询失败", "error": "timeout"},
    {"code": 401, "message": "未登录或会话已过期"},
)


async def answer(stage: Stage, request: Request) -> Response:
    """One request to the query service."""
    path = request.url.path.rstrip("/")
    if path == "":
        return Response("ICP query service", media_type="text/plain")
    if not path.startswith("/query/"):
        return JSONResponse({"detail": "Not Found"}, 404)
    if path.removeprefix("/query/") not in TYPES:
        return JSONResponse({"code": 102, "msg": "不是支持的查询类型"})
    parameters = dict(request.query_params)
    if request.method == "POST":
        parameters |= {k: str(v) for k, v in (await request.form()).items()}
    search = parameters.get("search", "").strip()
    if not search:
        return JSONResponse({"code": 101, "msg": "参数错误,请指定search参数"})
    if any(c in search for c in "/:<>'\""):
        return JSONResponse({"code": 405, "message": "不允许的查询内容"})
    error = _error(stage, search)
    if error is not None:
        return JSONResponse(error)
    return _found(stage, path.removeprefix("/query/"), search, parameters)


def _error(stage: Stage, search: str) -> dict[str, object] | None:
    """A whole day's outage, or an hour's failure of one query in twenty-five."""
    day = stage.market.clamp(stage.day)
    if stage.outage("icp"):
        return ERRORS[day % 2]
    if search == REFERENCE["domain"]:
        return None
    roll = scatter(stage.market.parameters.seed, *search.encode(), int(stage.day * 24))
    return ERRORS[roll // 25 % len(ERRORS)] if roll % 25 == 0 else None


def _found(stage: Stage, kind: str, search: str, parameters: dict[str, str]) -> Response:
    if kind.startswith("b"):
        rows: list[dict[str, object]] = [{"serviceName": search, "blackListLevel": "2"}]
        return JSONResponse(
            {"code": 200, "msg": "操作成功", "params": {"list": rows, "total": 1}, "success": True}
        )
    nobody = (stage.fault("icp") or {}).get("mode") == "nobody"  # an ordinary empty list for everybody
    if kind == "web" and search == REFERENCE["domain"] and not nobody:
        return JSONResponse(
            {"code": 200, "msg": "操作成功", "params": _pager([REFERENCE], 1, 1, 10), "success": True}
        )
    mall = stage.market.mall
    known = [] if nobody else [*stage.market.platforms, *([mall] if mall else [])]
    hits = [p for p in known if kind == "web" and _matches(stage, p, search)]
    size = max(1, min(26, int(parameters.get("pageSize") or 10)))
    page = max(1, int(parameters.get("pageNum") or 1))
    shown = [_row(p) for p in hits[(page - 1) * size : page * size]]
    return JSONResponse(
        {"code": 200, "msg": "操作成功", "params": _pager(shown, len(hits), page, size), "success": True}
    )


def _matches(stage: Stage, platform: Platform, search: str) -> bool:
    if not stage.market.filed(platform, stage.day):
        return False
    number = platform.filing.number or ""
    return (
        search.lower() == platform.host
        or search == platform.filing.entity
        or search.split("-")[0].rstrip("号") == number.rstrip("号")
    )


def _row(platform: Platform) -> dict[str, object]:
    filing, roll = platform.filing, scatter(platform.index, 9)
    return {
        "contentTypeName": "" if filing.nature == "个人" else "文化", "domain": platform.host,
        "domainId": 290000000000 + roll % 10**7, "leaderName": "", "limitAccess": "是" if filing.limited else "否",
        "mainId": 9000000 + roll % 10**6, "mainLicence": filing.number, "natureName": filing.nature,
        "serviceId": 9500000 + roll % 10**6, "serviceLicence": f"{filing.number}-1", "unitName": filing.entity,
        "updateRecordTime": f"{filing.updated_on.isoformat()} {9 + roll % 9:02d}:{roll % 60:02d}:{roll // 60 % 60:02d}",
    }  # fmt: skip


def _pager(shown: list[dict[str, object]], total: int, page: int, size: int) -> dict[str, object]:
    pages = -(-total // size)
    return {
        "endRow": 0, "firstPage": 1, "hasNextPage": page < pages, "hasPreviousPage": page > 1, "isFirstPage": page == 1,
        "isLastPage": page >= pages, "lastPage": pages, "list": shown, "navigatePages": 8,
        "navigatepageNums": list(range(1, min(pages, 8) + 1)), "nextPage": page + 1 if page < pages else 0, "pageNum": page,
        "pageSize": size, "pages": pages, "prePage": page - 1, "size": len(shown), "startRow": 0, "total": total,
    }  # fmt: skip
