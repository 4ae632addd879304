"""The operator's key for a query service: added where the request leaves, so that nothing before or after ever holds it.

Requests, logs, the archive and exports know only the address without the key; where an answer repeats it, it is taken out.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import ipaddress
import uuid
from urllib.parse import parse_qsl, quote, urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.http.headers import Headers

from crawler.download.clock import Clock

KEYED = "keyed"
"""The request meta that asks for the key."""
SIGNED = ("aliyun",)
"""Services that want each request signed (crawler.formats.icp)."""
SHORTEST = 4
"""A shorter value is no key: taking it out would spoil the answer."""
_OUT = b"[key]"


class Secret:
    """One key, as query parameters (`id=1&key=abc`) or as a header (`Authorization: Bearer abc`); empty means none.

    With `clock` the service wants each request signed: the key is `AccessKeyId=…&AccessKeySecret=…`, and the secret
    itself is never sent.
    """

    def __init__(self, text: str, clock: Clock | None = None, service: str = "") -> None:
        """Read the setting; raises ValueError when it is none of the forms. `service`: the address the key is for."""
        self._service = _origin(service)
        self._query, self._header = "", ("", "")
        self._clock, self._pair = clock, ("", "")
        text = text.strip()
        if clock is not None:
            given = dict(parse_qsl(text.lstrip("?&")))
            self._pair = (given.get("AccessKeyId", ""), given.get("AccessKeySecret", ""))
            if not all(self._pair):
                raise ValueError("this service wants AccessKeyId=…&AccessKeySecret=…")
        name, colon, value = text.partition(":")
        if colon and "=" not in name and "&" not in name:
            self._header = (name.strip(), value.strip())
            words = [value.strip(), *value.split()]
        elif text:
            pairs = parse_qsl(text.lstrip("?&"), keep_blank_values=False)
            if not pairs:
                raise ValueError("the key must be name=value or Header: value")
            self._query = text.lstrip("?&")
            words = [
                self._query,
                *(value for _, value in pairs),
                *(p.partition("=")[2] for p in self._query.split("&")),
            ]
        else:
            words = []
        self._words = sorted({w.encode() for w in words if len(w) >= SHORTEST}, key=len, reverse=True)

    @classmethod
    def of(cls, crawler: Crawler) -> Secret:
        """The key of the filing query service, the only source that has one."""
        signed = crawler.settings.get("ICP_PROVIDER") in SIGNED
        return cls(
            crawler.settings.get("ICP_KEY") or "",
            Clock.of(crawler) if signed else None,
            crawler.settings.get("ICP_BASE") or "",
        )

    def is_for(self, url: str) -> bool:
        """Whether `url` is of the service the key is for: the same scheme, host and port, also after a redirect."""
        return _origin(url) == self._service

    def applied(self, request: Request) -> Request:
        """The request as it leaves."""
        if self._clock is not None:
            return request.replace(url=signed(request.url, *self._pair, self._clock.now(), str(uuid.uuid4())))
        if self._header[0]:
            headers = request.headers.copy()
            headers[self._header[0]] = self._header[1]
            return request.replace(headers=headers)
        if not self._query:
            return request
        sign = "&" if urlsplit(request.url).query else "?"
        return request.replace(url=f"{request.url}{sign}{self._query}")

    def scrubbed(self, response: Response) -> Response:
        """The answer without the key."""
        body, headers = self._without(response.body), Headers()
        for name, values in response.headers.items():
            headers[name] = [self._without(value) for value in values]
        return response.replace(body=body, headers=headers)

    def is_in(self, text: str) -> bool:
        """Whether `text` holds the key."""
        return any(word in text.encode() for word in self._words)

    def _without(self, text: bytes) -> bytes:
        for word in self._words:
            text = text.replace(word, _OUT)
        return text


def sent_in_clear(base: str, key: str, provider: str) -> bool:
    """Whether the key would leave this machine where anybody on the way can read it; a signed request does not hold its secret."""
    parts = urlsplit(base)
    if parts.scheme != "http" or not key.strip() or provider in SIGNED:
        return False
    return not _is_loopback(parts.hostname or "")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def signed(url: str, key_id: str, secret: str, at: dt.datetime, nonce: str) -> str:
    """The address of a GET with the parameters and signature that Alibaba Cloud's RPC interfaces want.

    Source: help.aliyun.com, "Signature mechanism" of RPC APIs: Base64(HMAC-SHA1(secret + "&", "GET&%2F&" + encoded query)).
    """
    address, _, query = url.partition("?")
    values = {
        "Format": "JSON",
        **dict(parse_qsl(query)),
        "AccessKeyId": key_id,
        "SignatureMethod": "HMAC-SHA1",
        "SignatureVersion": "1.0",
        "SignatureNonce": nonce,
        "Timestamp": f"{at.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}",
    }
    told = "&".join(f"{_escaped(name)}={_escaped(values[name])}" for name in sorted(values))
    text = f"GET&%2F&{_escaped(told)}"
    made = base64.b64encode(hmac.digest(f"{secret}&".encode(), text.encode(), hashlib.sha1)).decode()
    return f"{address}?{told}&Signature={_escaped(made)}"


def _escaped(text: str) -> str:
    return quote(text, safe="-_.~")


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    usual = {"https": 443, "http": 80}.get(parts.scheme)
    return parts.scheme, (parts.hostname or "").lower(), usual if parts.port is None else parts.port


class SecretMiddleware:
    """Takes the key out of answers to keyed requests, decompressed and not yet kept."""

    def __init__(self, secret: Secret) -> None:
        """The key to take out."""
        self._secret = secret

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> SecretMiddleware:
        """Scrapy's constructor."""
        return cls(_readable(crawler))

    def process_response(self, request: Request, response: Response) -> Response:
        """The answer as it may be kept."""
        return self._secret.scrubbed(response) if request.meta.get(KEYED) else response


def _readable(crawler: Crawler) -> Secret:
    """The key, or none where the setting is malformed: the spider says so and asks nothing."""
    try:
        return Secret.of(crawler)
    except ValueError:
        return Secret("")
