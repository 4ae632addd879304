"""Which host lives at which address. The addresses look public, so that the product's guard lets them pass."""

from __future__ import annotations

import ipaddress

from rehearsal.state import CARRIER_ADDRESS

IDN = "xn--hlru4x2knl82b.com"
"""卡店预演.com"""
PLAIN = "dingdong-rehearsal.com"
LATER_GONE = "baihe-rehearsal.com"
CHINESE_NAME = "yunfan-rehearsal.cn"
SIX = "sixnet-rehearsal.com"
BARE = "bare-rehearsal.com"
PATH = "path-rehearsal.com"
SICK_ROBOTS = "sick-robots-rehearsal.com"
HTTP_ONLY = "http-only-rehearsal.com"
LATER_DIVERTED = "diverted-rehearsal.com"
LATER_EXPIRED = "expired-rehearsal.com"
MALL = "mall-rehearsal.com"
SHOPS = (PLAIN, LATER_GONE, CHINESE_NAME, IDN, SIX, BARE, PATH, SICK_ROBOTS, HTTP_ONLY, LATER_DIVERTED, LATER_EXPIRED,
         MALL)  # fmt: skip
MERCHANTS = (f"{MALL}/shop/ALPHA1", f"{MALL}/shop/BETA22")

HEIMAO, REDNET, XIAOFEIBAO = "tousu.sina.com.cn", "rapi.rednet.cn", "api.xfb315.com"
BOOTSTRAP, RDAP, WHOIS = "data.iana.org", "rdap.verisign.com", "whois.cnnic.cn"
NETWORKS, REGION = "rdap.arin.net", "rdap.apnic.net"
GITHUB, CERTIFICATE_LOG = "api.github.com", "crt.sh"
WAYBACK, COMMONCRAWL, SEARCH, FEED, FORBIDDEN_FEED, CHANNELS = (
    "web.archive.org", "index.commoncrawl.org", "www.sov2ex.com", "www.v2ex.com", "linux.do", "t.me",
)  # fmt: skip
SOURCES = (HEIMAO, REDNET, XIAOFEIBAO, BOOTSTRAP, RDAP, WHOIS, GITHUB, CERTIFICATE_LOG, WAYBACK, COMMONCRAWL, SEARCH, FEED,
           FORBIDDEN_FEED, CHANNELS, NETWORKS, REGION)  # fmt: skip
ICP_PORT = 16181
CONTROL_ADDRESS = "93.184.217.1"
_SIX_ONLY = "2606:2800:21f:cb07::10"


def addresses() -> dict[str, str]:
    """Host name -> its address, `www.` names included."""
    found = {host: f"93.184.215.{n}" for n, host in enumerate(SHOPS, 10) if host != SIX}
    found |= {f"www.{host}": address for host, address in found.items()}
    found |= {SIX: _SIX_ONLY, f"www.{SIX}": _SIX_ONLY}
    return found | {host: f"93.184.216.{n}" for n, host in enumerate(SOURCES, 10)}


def every_address() -> list[str]:
    """All addresses of the world, each once."""
    return sorted({*addresses().values(), CONTROL_ADDRESS, CARRIER_ADDRESS}, key=_by_family)


def _by_family(text: str) -> tuple[int, int]:
    address = ipaddress.ip_address(text)
    return address.version, int(address)
