"""IP addresses as people and programs spell them, and which of them lie in the open internet. Pure, no network."""

from __future__ import annotations

import ipaddress
import socket

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_COMPATIBLE = ipaddress.IPv6Network("::/96")
# Special-purpose networks (IANA registries) that Python 3.11 still counts as open internet.
_SPECIAL = [ipaddress.ip_network(n) for n in ("192.0.0.0/24", "192.88.99.0/24", "fec0::/10", "3fff::/20")]


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open internet (not private, loopback, link-local, reserved or mapped so)."""
    ip = ipaddress.ip_address(address.split("%", 1)[0])
    if isinstance(ip, ipaddress.IPv6Address) and (inner := _carried(ip)):
        ip = inner
    special = any(ip in network for network in _SPECIAL if network.version == ip.version)
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or special)


def _carried(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address an IPv6 one leads to: mapped, compatible (::a.b.c.d), 6to4, Teredo, or through a NAT64 gateway."""
    low = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    if ip in _NAT64 or ip in _COMPATIBLE:
        return low
    return ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)


def address_spelled(host: str) -> str | None:
    """The address a host part spells, in any of the forms resolvers accept (127.1, 2130706433, 0x7f.1, [::1]); None for a name."""
    bare = host.strip("[]").split("%", 1)[0]
    try:
        return str(ipaddress.ip_address(bare))
    except ValueError:
        pass
    if not bare.isascii():  # the C library would take it as far as the first digit that is none
        return None
    try:
        return socket.inet_ntoa(socket.inet_aton(bare))
    except (OSError, ValueError):  # a zero byte is no end of a name
        return None
