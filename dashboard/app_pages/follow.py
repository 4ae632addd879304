"""有变化时提醒我 follow: how to hear of changes without an account, for one site or for all."""

from __future__ import annotations

from urllib.parse import quote

from dashboard.components.page_context import View
from dashboard.presenters import html, site_search
from store.settings import settings
from store.text.query import file_stem

title_zh = "有变化时提醒我"
title_en = "Tell me when it changes"
url_path = "follow"
order = 3
group = "browse"
visible = False


def render(view: View) -> None:
    """What a feed is, how one uses it, and the address of this one."""
    asked = view.param("host").strip()
    found = view.cached_query(site_search.find, asked).matches if asked else ()
    host = found[0]["host"] if len(found) == 1 else ""
    view.title(
        f"{view.translate('follow.title')} · {host}" if host else view.translate("follow.title"),
        view.translate("follow.intro"),
    )
    if asked and not host:
        view.note(view.translate("follow.unknown"))
    ways = [(view.translate("follow.of_all"), "./feeds/all.atom")]
    if host:
        ways.insert(
            0, (view.translate("follow.of_site", host=host), f"./feeds/{quote(file_stem(host))}.atom")
        )
    view.html("linklist.html", links=ways, lead=view.translate("follow.address"))
    view.heading(view.translate("follow.how"))
    view.html(
        "lines_plain.html",
        lines=[
            view.translate("follow.step_1"),
            view.translate("follow.step_2"),
            view.translate("follow.step_3"),
        ],
    )
    view.heading(view.translate("follow.what"))
    view.html("lines_plain.html", lines=[view.translate("follow.what_text")])
    if host:
        view.heading(view.translate("follow.embed"))
        at = html.public_address()
        example = [] if settings().public_address else [view.translate("follow.embed_example")]
        view.html("lines.html", lines=[view.translate("follow.embed_note"), *example])
        stem = quote(file_stem(host))
        view.letter(f'<a href="{at}s/{stem}.html"><img src="{at}badge/{quote(host)}.svg" alt="{host}"></a>')
        view.html("linkline.html", href=view.link("site", host=host), words=view.translate("site.title"))
