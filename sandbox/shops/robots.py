"""robots.txt of every played host: plain, partial, slow, forbidding, broken or absent."""

from __future__ import annotations

from starlette.responses import HTMLResponse, PlainTextResponse, Response

from sandbox.market.platforms import Platform

SOURCES = {
    "tousu.sina.test": "User-agent: *\nDisallow: /api/user/\nDisallow: /api/votes/\nDisallow: /api/complaint/\nDisallow: /api/sms/\n",
    "icp.sandbox.test": None,
    "rdap.sandbox.test": "User-agent: *\nAllow: /\n",
    "xiaofeibao.sandbox.test": "User-agent: *\nDisallow: /v6.5.1/\n",
    "rednet.sandbox.test": "User-agent: *\nDisallow: /admin/\n",
    "github.sandbox.test": None,
    "lists.sandbox.test": "User-agent: *\nAllow: /\n",
    "reference.sandbox.test": None,
}
QUERY_PATHS = (
    "/order-search",
    "/search-order-by-sn",
    "/user/index/query",
    "/user/index/secret",
    "/s",
    "/*mod=query",
    "/*act=query",
    "/orders/",
)


def of_source(host: str) -> Response:
    """robots.txt of a played source; absent means 404."""
    text = SOURCES[host]
    return PlainTextResponse(text) if text is not None else PlainTextResponse("not found", 404)


def of_shop(platform: Platform) -> Response:
    """robots.txt of a shop by its part to play."""
    kind = platform.robots
    if kind == "missing":
        return HTMLResponse(
            "<html><head><title>404 Not Found</title></head><body><h1>404</h1></body></html>", 404
        )
    if kind == "error":
        return PlainTextResponse("internal server error", 500)
    if kind == "html":
        return HTMLResponse(
            f"<!DOCTYPE html><html><head><title>{platform.name}</title></head><body>首页</body></html>"
        )
    rules = {
        "allow": "Allow: /\n",
        "disallow_query": "".join(f"Disallow: {path}\n" for path in QUERY_PATHS),
        "crawl_delay": "Disallow: /admin/\nCrawl-delay: 5\n",
        "forbid_all": "Disallow: /\n",
    }
    return PlainTextResponse(f"User-agent: *\n{rules[kind]}")
