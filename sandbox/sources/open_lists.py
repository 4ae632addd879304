"""The issue lists of the shop-software repositories, in the form of the documented REST API; pull requests stand among them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response

from sandbox.market.goods import scatter
from sandbox.market.outages import out
from sandbox.market.stage import Stage
from sandbox.sources.complaint_boards import brand_of

REPOSITORIES = {
    # repository: (versions, oldest first; issues a hundred days)
    "assimon/dujiaoka": (("2.0.4", "2.0.5", "2.0.6"), 34), "lizhipay/acg-faka": (("3.5.2", "3.6.0"), 26),
    "zlkbdotnet/zfaka": (("1.4.4", "1.4.5"), 9), "Tai7sy/card-system": (("3.14", "3.15"), 12),
    "Baiyuetribe/kamiFaka": (("1.8", "2.0"), 8),
}  # fmt: skip
TOPICS = (
    ("支付成功但订单状态不更新", "扫码付款成功，后台订单一直显示待支付，异步通知没有收到。", "drop"),
    ("支付后不发卡", "用户付款成功，订单处理中，卡密没有发出来，只能手动补单。", "drop"),
    ("订单丢失", "升级之后部分已付款订单查询不到了，数据库里没有记录。", "drop"),
    ("安装时报 500", "按文档安装，访问首页报 500，日志见下。", "other"),
    ("希望支持新的支付方式", "建议增加一种支付接口。", "other"),
    ("模板样式错位", "手机端商品列表排版错位。", "other"),
    ("Docker 部署后无法登录后台", "反向代理之后登录跳回首页。", "other"),
)


async def github_answer(stage: Stage, request: Request) -> Response:
    """One request to the API host."""
    if out(stage, "github_issues"):
        message = {
            "message": "API rate limit exceeded",
            "documentation_url": "https://docs.github.test/rate-limits",
        }
        return JSONResponse(message, 403, {"x-ratelimit-limit": "60", "x-ratelimit-remaining": "0"})
    parts = request.url.path.strip("/").split("/")
    repository = "/".join(parts[1:3])
    if parts[0] != "repos" or parts[3:] != ["issues"] or repository not in REPOSITORIES:
        return JSONResponse({"message": "Not Found", "status": "404"}, 404)
    size = max(1, min(100, int(request.query_params.get("per_page", "30"))))
    page = max(1, int(request.query_params.get("page", "1")))
    shown = issues(stage, repository)[(page - 1) * size : page * size]
    return JSONResponse([_item(stage, repository, i) for i in shown], headers={"x-ratelimit-remaining": "40"})


def issues(stage: Stage, repository: str) -> list[int]:
    """Numbers of the issues opened until the simulated present, newest first."""
    rate = REPOSITORIES[repository][1]
    return list(range(int((stage.day + 400) * rate / 100), 0, -1))


def topic(repository: str, number: int) -> tuple[str, str, str]:
    """Title, text and true topic of one issue."""
    return TOPICS[scatter(number, *repository.encode()) % len(TOPICS)]


def _item(stage: Stage, repository: str, number: int) -> dict[str, Any]:
    versions, rate = REPOSITORIES[repository]
    title, text, _ = topic(repository, number)
    day = number * 100 / rate - 400
    opened = stage.market.parameters.moment(day)
    version = versions[min(len(versions) - 1, max(0, int((day + 400) / 670 * len(versions))))]
    closed = opened + timedelta(days=4) if number % 3 else None
    link = f"https://github.test/{repository}/issues/{number}"
    item = {
        "id": 9_000_000 + number, "number": number, "title": title, "state": "closed" if closed else "open", "html_url": link,
        "body": f"版本：{version}\n\n{text}", "labels": [{"name": "bug"}] if number % 2 else [], "comments": number % 5,
        "user": {"login": f"demo-user-{scatter(number) % 90}", "id": number}, "author_association": "NONE",
        "created_at": opened.strftime("%Y-%m-%dT%H:%M:%SZ"), "updated_at": (closed or opened).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "closed_at": closed.strftime("%Y-%m-%dT%H:%M:%SZ") if closed else None,
    }  # fmt: skip
    return item | ({"pull_request": {"url": link.replace("issues", "pull")}} if number % 11 == 0 else {})


# A host of open lists: three block lists in the usual notations, and the operator's own list of brand numbers.

FILLERS = ("prize", "parcel", "wallet", "invest", "refund", "bonus")
LAG = 12
"""Days from a shop's end to its first mention on a list."""


async def blocklists_answer(stage: Stage, request: Request) -> Response:
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
