"""有变化时提醒我 follow: how to hear of changes without an account, for one site or for all."""

from __future__ import annotations

from urllib.parse import quote

from dashboard import search
from dashboard.view import View
from store.names import file_stem

title_zh = "有变化时提醒我"
title_en = "Tell me when it changes"
url_path = "follow"
order = 3
group = "browse"
visible = False


def render(view: View) -> None:
    """What a feed is, how one uses it, and the address of this one."""
    asked = view.param("host").strip()
    found = view.ask(search.find, asked).matches if asked else ()
    host = found[0]["host"] if len(found) == 1 else ""
    view.title(
        f"{view.t('follow.title')} · {host}" if host else view.t("follow.title"), view.t("follow.intro")
    )
    if asked and not host:
        view.note(view.t("follow.unknown"))
    ways = [(view.t("follow.of_all"), "./feeds/all.atom")]
    if host:
        ways.insert(0, (view.t("follow.of_site", host=host), f"./feeds/{quote(file_stem(host))}.atom"))
    view.html("linklist.html", links=ways, lead=view.t("follow.address"))
    view.heading(view.t("follow.how"))
    view.html(
        "lines_plain.html", lines=[view.t("follow.step_1"), view.t("follow.step_2"), view.t("follow.step_3")]
    )
    view.heading(view.t("follow.what"))
    view.html("lines_plain.html", lines=[view.t("follow.what_text")])
    if host:
        view.html("linkline.html", href=view.link("site", host=host), words=view.t("site.title"))
