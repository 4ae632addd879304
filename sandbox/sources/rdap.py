"""A registry's RDAP service: /domain/<name>, 404 with an empty body when the name is not registered."""

from __future__ import annotations

from datetime import date, timedelta

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.market.goods import scatter
from sandbox.market.platforms import Platform
from sandbox.market.stage import SOURCE_HOSTS, Stage

HOST = SOURCE_HOSTS["rdap"]


async def answer(stage: Stage, request: Request) -> Response:
    """One request to the RDAP host."""
    if stage.outage("registration"):
        return Response("", 429, {"retry-after": "3600"})
    path = request.url.path
    if not path.startswith("/domain/"):
        return JSONResponse(
            {"errorCode": 400, "title": "Bad Request"}, 400, media_type="application/rdap+json"
        )
    platform = stage.market.by_host.get(path.removeprefix("/domain/").rstrip("/").lower())
    if platform is None or platform.registered_on > stage.local.date():
        return Response("", 404)
    return JSONResponse(_domain(stage, platform), media_type="application/rdap+json")


def _domain(stage: Stage, platform: Platform) -> dict[str, object]:
    name = platform.host.upper()
    address = f"http://{HOST}/domain/{name}"
    changed = max(
        platform.registered_on,
        stage.market.parameters.starts_on - timedelta(days=scatter(platform.index) % 300),
    )
    return {
        "objectClassName": "domain", "handle": f"{scatter(platform.index, 5) % 10**7}_DOMAIN_TEST", "ldhName": name,
        "links": [{"value": address, "rel": "self", "href": address, "type": "application/rdap+json"}],
        "status": ["client transfer prohibited"],
        "entities": [{
            "objectClassName": "entity", "handle": str(scatter(platform.index, 6) % 4000), "roles": ["registrar"],
            "publicIds": [{"type": "IANA Registrar ID", "identifier": str(9000 + platform.index % 3)}],
            "vcardArray": ["vcard", [["version", {}, "text", "4.0"], ["fn", {}, "text", platform.registrar]]],
        }],
        "events": [
            {"eventAction": "registration", "eventDate": _midnight(platform.registered_on)},
            {"eventAction": "expiration", "eventDate": _midnight(platform.expires_on)},
            {"eventAction": "last changed", "eventDate": _midnight(changed)},
            {"eventAction": "last update of RDAP database", "eventDate": stage.now.strftime("%Y-%m-%dT%H:%M:%SZ")},
        ],
        "secureDNS": {"delegationSigned": False},
        "nameservers": [{"objectClassName": "nameserver", "ldhName": f"NS{i}.DNS-DEMO.TEST"} for i in (1, 2)],
        "rdapConformance": ["rdap_level_0", "icann_rdap_technical_implementation_guide_0", "icann_rdap_response_profile_0"],
    }  # fmt: skip


def _midnight(day: date) -> str:
    return f"{day.isoformat()}T04:00:00Z"
