"""A registry's WHOIS service and the name server of the played world, as they answer on the simulated day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

import dns.flags
import dns.message
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.market.goods import scatter
from sandbox.market.parameters import SHANGHAI
from sandbox.market.platforms import Platform
from sandbox.market.stage import SOURCE_HOSTS, Stage

WHOIS_HOST, DNS_HOST = "whois.sandbox.test", "dns.sandbox.test"
TTL = 600


def whois(stage: Stage, asked: bytes) -> bytes | None:
    """CNNIC's form: `name CRLF` in, text out; times of China without a zone. None while the line is not whole."""
    line, end, _ = asked.partition(b"\r\n")
    if not end:
        return None
    if stage.outage("registration"):
        return b"Queried interval is too short.\r\n"
    platform = _registered(stage, line.decode("ascii", "replace").strip().lower())
    if platform is None:
        return b"No matching record.\r\n"
    began = datetime.combine(platform.registered_on, time(12), SHANGHAI)
    ends = datetime.combine(platform.expires_on, time(12), SHANGHAI)
    return (
        f"Domain Name: {platform.host}\r\nROID: {began:%Y%m%d}s10001s{scatter(platform.index, 5) % 10**8:08d}-cn\r\n"
        f"Domain Status: ok\r\nRegistrant: {platform.person}\r\nRegistrant Contact Email: {platform.word}@mail.test\r\n"
        f"Sponsoring Registrar: {platform.registrar}\r\nName Server: ns1.dns-demo.test\r\nName Server: ns2.dns-demo.test\r\n"
        f"Registration Time: {began:%Y-%m-%d %H:%M:%S}\r\nExpiration Time: {ends:%Y-%m-%d %H:%M:%S}\r\nDNSSEC: unsigned\r\n"
    ).encode()


def resolve(stage: Stage, asked: bytes) -> bytes | None:
    """DNS over TCP: a length of two bytes, then the message. None while it is not whole; other hosts do not exist."""
    if len(asked) < 2 or len(asked) < 2 + int.from_bytes(asked[:2], "big"):
        return None
    query = dns.message.from_wire(asked[2 : 2 + int.from_bytes(asked[:2], "big")])
    answer = dns.message.make_response(query)
    answer.flags |= dns.flags.AA
    question = query.question[0]
    name = question.name.to_text().rstrip(".").lower()
    platform = _registered(stage, name.removeprefix("www."))
    if platform is None:
        answer.set_rcode(dns.rcode.NXDOMAIN)
    else:
        for owner, kind, values in _records(platform, name, dns.rdatatype.to_text(question.rdtype)):
            answer.answer.append(dns.rrset.from_text(owner + ".", TTL, "IN", kind, *values))
    wire = answer.to_wire()
    return len(wire).to_bytes(2, "big") + wire


PLAYED: dict[tuple[str, str], Callable[[Stage, bytes], bytes | None]] = {
    (WHOIS_HOST, "43"): whois,
    (DNS_HOST, "53"): resolve,
}
"""(host, port) -> what answers there."""


def _registered(stage: Stage, name: str) -> Platform | None:
    platform = stage.market.by_host.get(name)
    known = (
        platform is not None
        and platform.registered_on <= stage.local.date() < platform.expires_on + timedelta(days=30)
    )
    return platform if known else None


def _records(platform: Platform, name: str, kind: str) -> list[tuple[str, str, list[str]]]:
    """Two in three behind a delivery network, some with IPv6, some with mail; addresses are of RFC 5737 and 3849."""
    roll = scatter(platform.index, 31)
    if kind == "NS":
        return [(name, "NS", ["ns1.dns-demo.test.", "ns2.dns-demo.test."])]
    if kind == "MX":
        return [(name, "MX", ["10 mx.dns-demo.test."])] if roll % 4 == 0 else []
    if kind not in ("A", "AAAA") or (kind == "AAAA" and roll % 5):
        return []
    values = {
        "A": [f"203.0.113.{1 + roll % 200}", f"203.0.113.{2 + roll % 200}"][: 1 + roll % 2],
        "AAAA": ["2001:db8::7"],
    }
    if roll % 3 == 0:
        return [(name, kind, values[kind])]
    edge = f"{name}.cdn-demo.test"
    return [(name, "CNAME", [edge + "."]), (edge, kind, values[kind])]


# A registry's RDAP service: /domain/<name>, 404 with an empty body when the name is not registered.

HOST = SOURCE_HOSTS["rdap"]


async def answer(stage: Stage, request: Request) -> Response:
    """One request to the RDAP host."""
    if stage.outage("registration"):
        return Response("", 429, {"retry-after": "3600"})
    path = request.url.path
    if path.startswith("/ip/"):
        return network(path.removeprefix("/ip/"))
    if not path.startswith("/domain/"):
        return JSONResponse(
            {"errorCode": 400, "title": "Bad Request"}, 400, media_type="application/rdap+json"
        )
    platform = stage.market.by_host.get(path.removeprefix("/domain/").rstrip("/").lower())
    if platform is None or platform.registered_on > stage.local.date():
        return Response("", 404)
    return JSONResponse(_domain(stage, platform), media_type="application/rdap+json")


def network(address: str) -> Response:
    """Whose network an address is in. Some are refused, some damaged, some registered by a person; the rest by a host."""
    kind = "application/rdap+json"
    roll = int(address.rpartition(".")[2]) if "." in address else 7
    if roll % 17 == 0:
        return Response("", 429, {"retry-after": "60"})
    if roll % 13 == 0:
        return Response('{"objectClassName": "ip net', 200, media_type=kind)
    person = roll % 11 == 0
    shown = "示例人" if person else ("云上示例网络有限公司", "Demo Hosting Ltd.")[roll % 2]
    desk = {"objectClassName": "entity", "roles": ["abuse"], "vcardArray": ["vcard", [
        ["version", {}, "text", "4.0"], ["kind", {}, "text", "individual" if person else "group"], ["fn", {}, "text", shown],
        ["email", {}, "text", "shiliren@mail.test" if person else "abuse@hosting-demo.test"]]]}  # fmt: skip
    owner = {"objectClassName": "entity", "roles": ["registrant"], "entities": [desk], "vcardArray": ["vcard", [
        ["version", {}, "text", "4.0"], ["kind", {}, "text", "individual" if person else "org"], ["fn", {}, "text", shown]]]}  # fmt: skip
    return JSONResponse(
        {"objectClassName": "ip network", "handle": "NET-DEMO", "startAddress": address, "endAddress": address, "ipVersion": "v4",
         "name": "DEMO-NET", "country": "ZZ", "entities": [owner], "rdapConformance": ["rdap_level_0"]}, media_type=kind,
    )  # fmt: skip


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
