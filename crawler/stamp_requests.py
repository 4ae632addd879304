"""Requests for time stamps: RFC 3161 authorities and OpenTimestamps calendars the operator named, under the crawler's guard.

What is sent is the hash of a published manifest and nothing else. One question, one short answer, no redirect; nothing is archived, for
the answer itself is what is kept. A service the operator named for this purpose is asked without robots.txt: it is no page.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from urllib.parse import urlsplit

import aiohttp

from crawler.download.handlers import GuardedResolver
from crawler.guard import Guard, Refused
from crawler.settings import USER_AGENT

LONGEST = 128 * 1024
SECONDS = 30.0


class NotStamped(Exception):
    """A service that did not give what it was asked for; the message names it and says why."""


def guard_for(services: Sequence[str], contact: str, allowed: Sequence[str] = ()) -> Guard:
    """The guard of these requests: the services' own ports are open, addresses inside only where `allowed` names the host."""
    return Guard(sandbox=False, allowed_hosts=allowed, contact=contact, services=services)


def request_token(url: str, manifest: bytes, guard: Guard) -> tuple[bytes, bytes]:
    """(the authority's answer, the SHA-256 it is of) for the bytes of a manifest; raises NotStamped.

    Asks for the certificate chain inside the token, and checks status, nonce and imprint; the signature is for the caller to check.
    """
    from rfc3161_client import HashAlgorithm, TimestampRequestBuilder, decode_timestamp_response

    asked = TimestampRequestBuilder(data=manifest, hash_algorithm=HashAlgorithm.SHA256).build()
    body = _asked(url, guard, asked.as_bytes(), "application/timestamp-query", "application/timestamp-reply")
    try:
        answer = decode_timestamp_response(body)
        if answer.status != 0:
            raise NotStamped(f"{_host(url)}: 拒绝了 refused (status {answer.status})")
        said = answer.tst_info
    except ValueError as error:
        raise NotStamped(f"{_host(url)}: 不是时间戳应答 no time stamp answer ({error})"[:200]) from error
    if said.nonce != asked.nonce or said.message_imprint.message != asked.message_imprint.message:
        raise NotStamped(f"{_host(url)}: 答的是另一个请求 answered another request")
    return body, asked.message_imprint.message


def submit(calendar: str, digest: bytes, guard: Guard) -> bytes:
    """A calendar's promise for a digest, as OpenTimestamps serialises it; raises NotStamped."""
    return _asked(f"{calendar.rstrip('/')}/digest", guard, digest, "application/x-www-form-urlencoded", OTS)


def completed(calendar: str, commitment: bytes, guard: Guard) -> bytes | None:
    """What the calendar knows by now of a commitment; None while no block holds it. Raises NotStamped."""
    try:
        return _asked(f"{calendar.rstrip('/')}/timestamp/{commitment.hex()}", guard, None, None, OTS)
    except NotStamped as error:
        if "HTTP 404" in str(error):
            return None
        raise


def block_header(service: str, height: int, guard: Guard) -> bytes:
    """The 80 bytes of a block's header from a public index of the chain (Esplora's addresses); raises NotStamped."""
    base = service.rstrip("/")
    name = (
        _asked(f"{base}/block-height/{height}", guard, None, None, "text/plain")
        .decode("ascii", "replace")
        .strip()
    )
    if len(name) != 64 or set(name) - set("0123456789abcdef"):
        raise NotStamped(f"{_host(service)}: 没有答区块哈希 answered no block hash")
    text = _asked(f"{base}/block/{name}/header", guard, None, None, "text/plain").decode("ascii", "replace")
    try:
        return bytes.fromhex(text.strip())
    except ValueError as error:
        raise NotStamped(f"{_host(service)}: 没有答区块头 answered no block header") from error


OTS = "application/vnd.opentimestamps.v1"


def _host(url: str) -> str:
    return urlsplit(url).hostname or url


def _asked(url: str, guard: Guard, body: bytes | None, kind: str | None, accept: str) -> bytes:
    try:
        guard.check_url(url)
        return asyncio.run(_exchange(url, guard, body, kind, accept))
    except NotStamped:
        raise
    except (aiohttp.ClientError, OSError, TimeoutError, Refused, ValueError) as error:
        cause = error.__cause__ if isinstance(error.__cause__, Refused) else error
        raise NotStamped(f"{_host(url)}: {str(cause)[:120] or type(cause).__name__}") from error


async def _exchange(url: str, guard: Guard, body: bytes | None, kind: str | None, accept: str) -> bytes:
    headers = {"User-Agent": USER_AGENT, "Accept": accept} | ({"Content-Type": kind} if kind else {})
    connector = aiohttp.TCPConnector(resolver=GuardedResolver(guard), limit=1)
    async with (
        asyncio.timeout(SECONDS),
        aiohttp.ClientSession(
            connector=connector, headers=headers, cookie_jar=aiohttp.DummyCookieJar()
        ) as session,
        session.request("GET" if body is None else "POST", url, data=body, allow_redirects=False) as response,
    ):
        if response.status != 200:
            raise NotStamped(f"{_host(url)}: HTTP {response.status}")
        out = b""
        while part := await response.content.read(LONGEST + 1 - len(out)):
            out += part
            if len(out) > LONGEST:
                raise NotStamped(f"{_host(url)}: 应答过长 too long an answer")
        return out
