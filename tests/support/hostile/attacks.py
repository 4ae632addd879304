"""What is tried to lead the crawler inside or to spend it: addresses, redirects, answers no server should give, and bombs.

Each stands for one attack by its own name; test_refused.py holds that every one is refused and how many there are.
"""

from __future__ import annotations

import gzip
import itertools
import zlib
from collections.abc import Callable, Iterable
from ipaddress import IPv4Address

URLS = (
    "http://127.0.0.1/", "http://[::1]/", "http://[fd00::1]/", "http://[::ffff:127.0.0.1]/", "http://[2002:7f00:1::]/", "http://127.1/", "http://0x7f.1/",
    "file:///etc/passwd", "ftp://a.example/", "data:text/html,x", "gopher://a.example", "javascript:alert(1)", "view-source:http://a.example",
    "ws://a.example/", "jar:http://a.example!/", "dict://a.example:11211/", "ldap://a.example/", "smb://a.example/", "http://", "http:///x",
    "http://localhost.localdomain@127.0.0.1/", "http://127.0.0.1#@a.example/", "http://127.0.0.1:80\\@a.example/", "http://a.example@127.0.0.1/",
    "http://169.254.169.254/latest/meta-data/", "http://100.100.100.200/latest/meta-data/", "http://[fd00:ec2::254]/latest/meta-data/",
    "http://192.0.0.192/opc/v1/", "http://a.example/order/../login", "http://a.example/pay/", "http://a.example/%6cogin", "http://a.example/?mod=query",
)  # fmt: skip
"""Schemes, user parts, metadata services, and pages that are a buyer's."""
INSIDE = ("127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.254", "192.168.0.1",
          "192.168.255.254", "169.254.169.254", "169.254.0.1", "100.64.0.1", "100.100.100.200", "100.127.255.254", "192.0.0.8", "192.0.2.7",
          "198.18.0.1", "198.19.255.254", "198.51.100.9", "203.0.113.9", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255")  # fmt: skip
INSIDE_V6 = ("::", "::1", "fc00::1", "fd12:3456::1", "fe80::1", "fe80::1%25eth0", "fec0::1", "ff02::1", "2001:db8::1", "100::1", "2001:10::1",
             "64:ff9b:1::1")  # fmt: skip


def spellings(address: str) -> list[str]:
    """One IPv4 address as resolvers, browsers and attackers write it."""
    a, b, c, d = (int(part) for part in address.split("."))
    whole = int(IPv4Address(address))
    return [address, str(whole), hex(whole), f"0{whole:o}", f"{a}.{b}.{c * 256 + d}", f"{a}.{(b << 16) + (c << 8) + d}",
            f"0x{a:x}.0x{b:x}.0x{c:x}.0x{d:x}", f"0{a:o}.0{b:o}.0{c:o}.0{d:o}", f"user@{address}", f"[::ffff:{address}]", f"[::{address}]",
            f"[64:ff9b::{address}]", f"[2002:{a:02x}{b:02x}:{c:02x}{d:02x}::1]", f"{address}."]  # fmt: skip


SPELT = [url for address in INSIDE for url in spellings(address)] + [f"[{address}]" for address in INSIDE_V6]

_OK = b"HTTP/1.1 200 OK\r\n"
_TEXT = _OK + b"Content-Type: text/html\r\n"
_CHUNKED = _TEXT + b"Transfer-Encoding: chunked\r\n\r\n"
_FOREVER = itertools.repeat
Answer = Iterable[bytes]
"""The parts a server sends, one after another; endless ones are sent until the crawler leaves."""


def _length(said: bytes, body: bytes = b"hello") -> Answer:
    return [_TEXT + b"Content-Length: " + said + b"\r\n\r\n" + body]


ANSWERS: dict[str, Answer] = {
    "120 headers": [_OK + b"".join(b"X-%d: a\r\n" % n for n in range(120)) + b"\r\nbody"],
    "50,000 headers": [_OK + b"".join(b"X-%d: a\r\n" % n for n in range(50_000)) + b"\r\nbody"],
    "200 cookies": [_OK + b"Set-Cookie: a=b\r\n" * 200 + b"\r\nbody"],
    "a header of 9,000 bytes": [_OK + b"X: " + b"a" * 9_000 + b"\r\n\r\nbody"],
    "a header's name of 9,000 bytes": [_OK + b"x" * 9_000 + b": a\r\n\r\nbody"],
    "a status line of 9,000 bytes": [b"HTTP/1.1 200 " + b"a" * 9_000 + b"\r\n\r\nbody"],
    "headers without end": itertools.chain([_OK], _FOREVER(b"X: a\r\n")),
    "a header without end": itertools.chain([_OK + b"X: "], _FOREVER(b"a" * 1000)),
    "trailers without end": itertools.chain([_CHUNKED + b"0\r\n"], _FOREVER(b"X: a\r\n")),
    "a body without end": itertools.chain([_TEXT + b"\r\n"], _FOREVER(b"a" * 10_000)),
    "chunks without end": itertools.chain([_CHUNKED], _FOREVER(b"2710\r\n" + b"a" * 10_000 + b"\r\n")),
    "nothing": [],
    "half a status": [b"HTTP/1.1 2"],
    "half a header": [_OK + b"Content-T"],
    "less than promised": _length(b"100"),
    "more than is read, promised": _length(b"99999999"),
    "a length of 31 digits": _length(b"9" * 31),
    "a negative length": _length(b"-5"),
    "a length in hex": _length(b"0x5"),
    "a length with a sign": _length(b"+5"),
    "a length in words": _length(b"five"),
    "two lengths in one": _length(b"5, 6"),
    "two lengths": [_TEXT + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!"],
    "a length and chunks": [_TEXT + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
    "a negative chunk": [_CHUNKED + b"-5\r\nhello\r\n0\r\n\r\n"],
    "a chunk of no number": [_CHUNKED + b"zz\r\nhello\r\n0\r\n\r\n"],
    "a chunk beyond 64 bits": [_CHUNKED + b"F" * 20 + b"\r\nhello\r\n0\r\n\r\n"],
    "a chunk cut off": [_CHUNKED + b"ff\r\nhello"],
    "a chunk without its end": [_CHUNKED + b"5\r\nhelloHELLO\r\n0\r\n\r\n"],
    "no last chunk": [_CHUNKED + b"5\r\nhello\r\n"],
    "a header without a colon": [_OK + b"nonsense\r\n\r\nbody"],
    "a header with a null": [_OK + b"X: a\x00b\r\n\r\nbody"],
    "a null in a header's name": [_OK + b"X\x00: a\r\n\r\nbody"],
    "a space in a header's name": [_OK + b"X Y: a\r\n\r\nbody"],
    "an empty header name": [_OK + b": a\r\n\r\nbody"],
    "status 99": [b"HTTP/1.1 99 Low\r\n\r\nbody"],
    "status 20": [b"HTTP/1.1 20 OK\r\n\r\nbody"],
    "status 2000": [b"HTTP/1.1 2000 High\r\n\r\nbody"],
    "status -200": [b"HTTP/1.1 -200 OK\r\n\r\nbody"],
    "a status in words": [b"HTTP/1.1 OK OK\r\n\r\nbody"],
    "a version in words": [b"HTTP/x.y 200 OK\r\n\r\nbody"],
    "no version": [b"HTTP 200 OK\r\n\r\nbody"],
    "HTTP/0.9": [b"<html><body>hello</body></html>"],
    "HTTP/2": [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"],
    "a radio": [b"ICY 200 OK\r\n\r\nbody"],
    "SSH": [b"SSH-2.0-OpenSSH_9.2\r\n"],
    "FTP": [b"220 ready\r\n"],
    "SMTP": [b"220 mail ESMTP\r\n"],
    "Redis": [b"-ERR unknown command 'GET'\r\n"],
    "MySQL": [b"J\x00\x00\x00\x0a5.7.0\x00"],
    "TLS": [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 200],
    "TLS refused": [b"\x15\x03\x01\x00\x02\x02\x28"],
    "nulls": [b"\x00" * 5_000],
    "noise": [bytes(n * 7 % 256 for n in range(5_000))],
    "a request": [b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"],
}  # fmt: skip
POINTLESS: dict[str, Answer] = {
    "interim answers without end": _FOREVER(b"HTTP/1.1 100 Continue\r\n\r\n"),
    "processing without end": _FOREVER(b"HTTP/1.1 102 Processing\r\n\r\n"),
    "an extension without end": itertools.chain([_CHUNKED + b"5;"], _FOREVER(b"a" * 1000)),
    "line ends without end": _FOREVER(b"\r\n" * 100),
}  # fmt: skip
"""Streams that never become an answer; only the clock ends them."""
SILENT: dict[str, Answer] = {
    "silence": [b""],
    "silence after the status": [_OK, b""],
    "silence in a header": [_OK + b"X: ", b""],
    "silence after the headers": [_TEXT + b"Content-Length: 9\r\n\r\n", b""],
    "silence in the body": [*_length(b"100"), b""],
    "silence in a chunk": [_CHUNKED + b"ff\r\nhello", b""],
    "a byte now and then": itertools.chain([_OK], itertools.chain.from_iterable(_FOREVER((b"X", b"")))),
}
"""An empty part is a pause; after the last one nothing more comes, and nobody hangs up."""

MOVED = (
    *(f"http://{spelt}/" for spelt in ("127.0.0.1", "2130706433", "0x7f.1", "[::1]", "[::ffff:10.0.0.1]", "169.254.169.254", "192.168.1.1", "0")),
    "//169.254.169.254/latest", "http:\\\\127.0.0.1\\x", "file:///etc/passwd", "ftp://shop.example/", "javascript:alert(1)", "data:text/html,x",
    "gopher://shop.example/", "http://shop.example@127.0.0.1/", "http://127.0.0.1/.shop.example", "http://other.example/", "https://shop.example.evil/",
    "/login", "/pay/alipay", "/orderquery", "?act=query", "/%70ay/",
)  # fmt: skip
"""Where a shop's redirect may want to lead: inside, to another scheme, off the site, to a buyer's page."""


BOMBS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "gzip": ("gzip", lambda: gzip.compress(bytes(20_000_000), 9)),
    "deflate": ("deflate", lambda: zlib.compress(bytes(20_000_000), 9)),
    "gzip in gzip": ("gzip, gzip", lambda: gzip.compress(gzip.compress(bytes(50_000_000), 9), 9)),
    "many gzip members": ("gzip", lambda: gzip.compress(bytes(1_000_000), 9) * 20),
}
"""Bodies of a few kilobytes that unpack to more than is ever read; made where they are used, for that takes its time."""
