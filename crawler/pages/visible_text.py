"""Prose of a shop's pages: visible text, footer, notices, and links to its notice, terms and contact pages.

All of it is read with lexbor, which mends tag soup as browsers do (ADR 14).
"""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from crawler.errors import SourceChanged
from crawler.guard import NEVER
from crawler.pages.safe_parse import parse_html_bounded
from store.text.site_keys import SiteKey

LONGEST = 5_000
"""Characters of prose kept of a page."""
_NO_PROSE = "script, style, noscript, template, select, nav, footer"
_INLINE = [
    "a",
    "abbr",
    "b",
    "big",
    "code",
    "del",
    "em",
    "font",
    "i",
    "img",
    "ins",
    "label",
    "mark",
    "s",
    "small",
    "span",
    "strong",
    "u",
]
_FOOTER = "footer, .footer, #footer, .copyright, [class*=beian], [class*=icp], .content-icp"
_REGISTRY_LINK = "a[href*='beian.miit.gov.cn'], a[href*='miitbeian.gov.cn'], a[href*='beian.gov.cn'], a[href*='beian.mps.gov.cn']"
_ROLES = (
    ("terms", re.compile(r"条款|协议|退款|售后|声明|规则|免责")),
    ("notice", re.compile(r"公告|通知|须知|必读|新闻")),
    ("contact", re.compile(r"联系|关于我们|客服中心")),
)
_NOTICE = re.compile(r"公告|通知|必读|须知")
_SPACE = re.compile(r"[ \t\xa0\u3000]+")
_LINES = re.compile(r"\n\s*\n+")


def visible(tree: LexborHTMLParser) -> str:
    """The visible text of a page, for finding signs in. Scripts and styles are taken out of `tree` for good."""
    for node in tree.css("script, style, noscript, template"):
        node.decompose()
    body = tree.body
    return body.text(separator="\n", strip=True, skip_empty=True) if body is not None else ""


def prose(html: str) -> str:
    """The text of a notice or terms page or fragment, a block a line, without menus, scripts and the page's footer.

    Raises SourceChanged for a page nested beyond reading.
    """
    try:
        tree = parse_html_bounded(html)
    except ValueError as error:
        raise SourceChanged(str(error)) from None
    for node in tree.css(_NO_PROSE):
        node.decompose()
    if (body := tree.body) is None:
        return ""
    # Marks inside a line do not end it.
    tree.unwrap_tags(_INLINE)
    body.merge_text_nodes()
    text = _SPACE.sub(" ", body.text(separator="\n", strip=True, skip_empty=True))
    return _LINES.sub("\n", text)[:LONGEST]


def footer_of(tree: LexborHTMLParser, text: str) -> str:
    """What a visitor finds at the bottom: footer elements with their link targets, and the last of the visible text."""
    parts = [node.html or "" for node in tree.css(_FOOTER)[:6]]
    # The link to the registry marks a filing number wherever a theme prints it.
    parts += [link.parent.html or "" for link in tree.css(_REGISTRY_LINK)[:4] if link.parent is not None]
    marks = " ".join(_bare(part) for part in parts)
    links = " ".join(parts)
    return f"{marks}\n{text[-max(400, len(text) * 15 // 100) :]}\n{links}"


def notices_of(tree: LexborHTMLParser) -> list[str]:
    """HTML of blocks headed 公告, 通知 or 必读, where the shop's system is not known."""
    found = []
    for heading in tree.css("h1, h2, h3, h4, .title, .tit, .panel-title, .card-header, dt, legend"):
        title = heading.text(strip=True)
        if len(title) <= 20 and _NOTICE.search(title) and (block := _next_element(heading)) is not None:
            found.append(block.html or "")
    return found[:5]


def _next_element(node: LexborNode) -> LexborNode | None:
    """The element that follows in the page: the next of its parent, or of an element that holds nothing but the heading."""
    while True:
        following = node.next
        while following is not None and following.tag in ("-text", "-comment"):
            following = following.next
        parent = node.parent
        if following is not None or parent is None or parent.text(strip=True) != node.text(strip=True):
            return following
        node = parent


def role_links(tree: LexborHTMLParser, base: str, site: SiteKey) -> dict[str, str]:
    """role → address of the first link on the same host to a terms, notice or contact page; of a merchant only below its own path."""
    host = urlsplit(base).hostname
    found: dict[str, str] = {}
    for link in tree.css("a[href]"):
        href, label = link.attributes.get("href") or "", link.text(strip=True)
        if not label or len(label) > 16 or href.startswith(("#", "javascript", "mailto", "tel")):
            continue
        for role, pattern in _ROLES:
            if role not in found and pattern.search(label):
                url = urljoin(base, href)
                if (
                    urlsplit(url).hostname == host
                    and site.holds(url)
                    and not NEVER.search(
                        url[url.find("/", 8) :]
                    )  # of the path: a shop's name may be pay.example
                    and url.rstrip("/") != base.rstrip("/")
                ):
                    found[role] = url
                break
    return found


def _bare(html: str) -> str:
    """Text of a footer fragment joined without spaces inside: a number may be split over tags."""
    return re.sub(r"<[^>]+>", "", html)
