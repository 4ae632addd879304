"""What is watched, rated and shown, as a type: a site by its host, or one merchant of a mall by host and path. Pure, no network.

`SiteKey.parse` reads whatever was typed, pasted or handed in; `str()` gives the text a platform is stored and named by, and
reading that text again gives the same key.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from store.text.hosts import host_key, is_key, key_of, url_host
from store.text.malls import Mall, host_part, mall_of, merchant_part, place_of


@dataclass(frozen=True, slots=True, order=True)
class SiteKey:
    """`host`: ASCII, lower case, a port only with an IP address; `merchant`: `section/name` in a mall, else empty."""

    host: str
    merchant: str = ""

    def __str__(self) -> str:
        return f"{self.host}/{self.merchant}" if self.merchant else self.host

    @classmethod
    def parse(cls, text: str) -> SiteKey:
        """The first site or merchant a text names; raises ValueError where it names none."""
        key = key_of(text) or host_key(text)
        if not is_key(key):
            raise ValueError(f"{text[:60]!r} names no site")
        return cls.of(key)

    @classmethod
    def of(cls, key: str) -> SiteKey:
        """A stored key in its two parts."""
        return cls(host_part(key), merchant_part(key))

    @property
    def mall(self) -> Mall | None:
        """The mall the host is, whether the key is the mall's own or a merchant's."""
        return mall_of(self.host)

    @property
    def unit(self) -> str:
        """site, mall or merchant."""
        return "merchant" if self.merchant else "mall" if self.mall else "site"

    def url(self, scheme: str, www: bool = False) -> str:
        """Where its first page is."""
        return f"{scheme}://{'www.' if www else ''}{url_host(self.host)}/{self.merchant}"

    def holds(self, url: str) -> bool:
        """Whether a page is this one's: of a merchant what lies at or below its path, of a mall what is no merchant's, of a site all."""
        parts, mall = urlsplit(url), self.mall
        if not self.merchant:
            return mall is None or not place_of(self.host, parts.path).merchant
        own, path = f"/{self.merchant}", parts.path.rstrip("/")
        if not path and parts.fragment:  # a page that routes itself
            path = f"/{parts.fragment.lstrip('!/')}".rstrip("/")
        if mall is not None and mall.folded:
            own, path = own.lower(), path.lower()
        there = mall_of((parts.hostname or "").lower())
        return there == mall and (path == own or path.startswith(f"{own}/"))
