"""The operator's key for a query service: added where the request leaves, so that nothing before or after ever holds it.

Requests, logs, the archive and exports know only the address without the key; where an answer repeats it, it is taken out.
"""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.http.headers import Headers

KEYED = "keyed"
"""The request meta that asks for the key."""
SHORTEST = 4
"""A shorter value is no key: taking it out would spoil the answer."""
_OUT = b"[key]"


class Secret:
    """One key, as query parameters (`id=1&key=abc`) or as a header (`Authorization: Bearer abc`); empty means none."""

    def __init__(self, text: str) -> None:
        """Read the setting; raises ValueError when it is neither form."""
        self._query, self._header = "", ("", "")
        text = text.strip()
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
        return cls(crawler.settings.get("ICP_KEY") or "")

    def applied(self, request: Request) -> Request:
        """The request as it leaves."""
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
