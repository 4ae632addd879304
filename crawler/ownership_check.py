"""Does whoever answers for a site control it: a token in its DNS, or in one small file on it.

Asked for by the site itself, and still a guest's question: robots.txt is obeyed, addresses are checked and pinned, redirects are not
followed, and a few kilobytes are read. Nothing is archived: the answer is yes or no.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import aiohttp
import dns.asyncresolver
import dns.exception
from protego import Protego

from crawler.download.handlers import GuardedResolver
from crawler.guard import Guard, Refused
from crawler.settings import ROBOTSTXT_USER_AGENT, USER_AGENT
from store.text.hosts import url_host
from store.text.malls import host_part, is_merchant, merchant_part

FILE = "/.well-known/kamengwatch.txt"
PREFIX = "_kamengwatch"
LONGEST = 64 * 1024
LONGEST_PAGE = 1024 * 1024
SECONDS = 15.0

Texts = Callable[[str], Awaitable[list[str]]]
"""A name to the strings of its TXT records; raises dns.exception.DNSException."""


@dataclass(frozen=True)
class Proof:
    """Where the token was found: "dns", "file", for a merchant of a mall "page", or None; `tried` says of each place what was there."""

    found: str | None
    tried: tuple[str, ...]


def prove(
    host: str, content: str, guard: Guard, texts: Texts | None = None, seconds: float = SECONDS
) -> Proof:
    """Look for `content`, whole, in the TXT records of `host` and `_kamengwatch.host`, then as a line of FILE. Never raises for the site's sake.

    A merchant of a mall has neither: the token must stand on its own page.
    """
    return asyncio.run(_prove(host, content, guard, texts or _txt, seconds))


async def _prove(host: str, content: str, guard: Guard, texts: Texts, seconds: float) -> Proof:
    if is_merchant(host):
        return await _on_page(host, content, guard, seconds)
    tried = []
    for name in (host, f"{PREFIX}.{host}"):
        try:
            async with asyncio.timeout(seconds):
                found = await texts(name)
        except (dns.exception.DNSException, TimeoutError, ValueError) as error:
            tried.append(f"TXT {name}: {type(error).__name__}")
            continue
        if content in (text.strip() for text in found):
            return Proof("dns", (*tried, f"TXT {name}: ok"))
        tried.append(f"TXT {name}: none of its records is it")
    for scheme in ("https", "http"):
        answer = await _in_file(f"{scheme}://{url_host(host)}", FILE, content, guard, seconds)
        tried.append(f"{scheme}://{host}{FILE}: {answer}")
        if answer == "ok":
            return Proof("file", tuple(tried))
    return Proof(None, tuple(tried))


async def _on_page(key: str, content: str, guard: Guard, seconds: float) -> Proof:
    tried = []
    for scheme in ("https", "http"):
        answer = await _in_file(
            f"{scheme}://{url_host(host_part(key))}", f"/{merchant_part(key)}", content, guard, seconds
        )
        tried.append(f"{scheme}://{key}: {answer}")
        if answer == "ok":
            return Proof("page", tuple(tried))
    return Proof(None, tuple(tried))


async def _in_file(base: str, path: str, content: str, guard: Guard, seconds: float) -> str:
    """ "ok", or why not; of a page the token may stand anywhere, of FILE it is a line."""
    connector = aiohttp.TCPConnector(resolver=GuardedResolver(guard), limit=1)
    headers = {"User-Agent": USER_AGENT, "Accept": "text/plain", "Accept-Encoding": "identity"}
    try:
        guard.check_url(base + path)
        async with (
            asyncio.timeout(seconds),
            aiohttp.ClientSession(
                connector=connector,
                headers=headers,
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
            ) as session,
        ):
            status, kind, body = await _get(session, base + "/robots.txt")
            if not _allowed(status, kind, body, base + path):
                return "robots.txt does not allow it"
            status, _, body = await _get(session, base + path, LONGEST if path == FILE else LONGEST_PAGE)
    except (aiohttp.ClientError, OSError, TimeoutError, Refused, ValueError) as error:
        cause = error.__cause__ if isinstance(error.__cause__, Refused) else error
        return str(cause)[:120] or type(cause).__name__
    finally:
        await connector.close()
    if status != 200:
        return f"status {status}"
    lines = body.decode("utf-8-sig", "replace").splitlines()
    if path != FILE:
        whole = re.compile(rf"(?<![\w=-]){re.escape(content)}(?![\w=-])")
        return "ok" if any(map(whole.search, lines)) else "the token is not on the page"
    return "ok" if content in (line.strip() for line in lines) else "the line is not in it"


async def _get(session: aiohttp.ClientSession, url: str, longest: int = LONGEST) -> tuple[int, str, bytes]:
    """Status, media type, and the first `longest` bytes."""
    async with session.get(url, allow_redirects=False) as response:
        body = b""
        while len(body) < longest and (part := await response.content.read(longest - len(body))):
            body += part
        return response.status, response.content_type, body


def _allowed(status: int, kind: str, body: bytes, url: str) -> bool:
    """A missing robots.txt allows; one that fails, moves or is a web page does not."""
    if status in (404, 410):
        return True
    if status != 200 or kind == "text/html":
        return False
    rules = Protego.parse(body.decode("utf-8", "replace"))
    return bool(rules.can_fetch(url, ROBOTSTXT_USER_AGENT))


async def _txt(name: str) -> list[str]:
    resolver = dns.asyncresolver.Resolver()
    resolver.lifetime = SECONDS / 2
    answer = await resolver.resolve(name, "TXT", raise_on_no_answer=False)
    return [b"".join(record.strings).decode("utf-8", "replace") for record in answer.rrset or ()]
