"""The rehearsal: the product in production mode, typed as the docs say, in a world of its own that then misbehaves.

No sandbox switch, no bound clock, the guard on, the shipped settings. What is said of every shop on every day is asserted.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from typing import Any

import pytest

from rehearsal import sources
from tests.support.programs.rehearsal_days import ANOTHER_PLACE, SEARCHED, Day, Played
from tests.support.programs.rehearsal_world import ROOT, impossible, places

pytestmark = [pytest.mark.rehearsal, pytest.mark.timeout(900)]
ENDED = re.compile(r"[1-9]\d* 次打不开|停止服务|停运")
"""What tells a reader that a site is down."""


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Played]:
    if reason := impossible():
        pytest.skip(f"rehearsal: {reason}")
    ours = [item for item in request.session.items if item.path == request.path]
    heavy = any(item.get_closest_marker("soak") for item in ours)
    played = Played(tmp_path_factory.mktemp("rehearsal"), heavy)
    yield played
    played.close()


def days(played: Played, name: str) -> list[Day]:
    found = played.days(name)
    if found is None:
        reason = "rehearsal: no libfaketime, so no day can pass (run `make rehearsal`, or install faketime)"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    return found


def test_without_a_contact_nothing_is_asked(played: Played) -> None:
    early = played.typed[0]
    assert early.code == 2 and "kamengwatch init" in early.err


def test_what_is_typed_is_what_the_page_for_beginners_says(played: Played) -> None:
    page = (ROOT / "docs/getting-started.md").read_text("utf-8")
    typed = {" ".join(t.words[: 2 if t.words[0] == "watch" else 1]) for t in played.typed}
    assert {"init", "watch add", "run", "sources"} <= typed
    assert not [words for words in typed if f"kamengwatch {words}" not in page]


def test_the_first_run_asks_every_source_that_is_set(played: Played) -> None:
    sources = played.first.sources
    set_up = ("availability", "storefront", "registration", "icp", "heimao", "rednet", "xiaofeibao", "github_issues",
              "archives", "forums", "channel")  # fmt: skip
    assert {name: sources[name]["last_outcome"] for name in set_up} == dict.fromkeys(set_up, "ok")


def test_a_source_without_its_setting_is_not_configured_and_no_failure(played: Played) -> None:
    lists = played.first.sources["blocklists"]
    assert lists["health"] == "not_configured" and "KAMENGWATCH_BLOCKLISTS" in lists["last_reason"]
    assert any("公开名单：没有设置" in said for said in played.first.card(places.PLAIN)["blind_spots"])
    assert re.search("blocklists: 未配置.*KAMENGWATCH_BLOCKLISTS", played.typed[-2].err)
    doctor = days(played, "outage")[0].doctor
    assert doctor is not None
    unset, ill = (next(line for line in doctor.out.splitlines() if f"{what}:" in line)
                  for what in ("未配置的信息源 sources not configured", "信息源 sources"))  # fmt: skip
    assert "KAMENGWATCH_BLOCKLISTS" in unset and "blocklists" not in ill


def test_the_terminal_and_the_status_page_tell_the_same_of_every_source(played: Played) -> None:
    terminal = {row["source"]: row["health"] for row in played.typed[-1].json if row["how"] == "crawled"}
    assert terminal == {name: row["health"] for name, row in played.first.sources.items() if name in terminal}


def test_what_is_seen_is_dated_when_it_is_seen(played: Played) -> None:
    """A registry is asked a dozen names, two seconds and more apart: its crawl cannot have ended when it began."""
    for source in ("registration", "icp"):
        assert played.first.lasted[source] > 10, source


def test_a_watched_shop_gets_its_first_card(played: Played) -> None:
    card = played.first.card(places.PLAIN)
    assert card["verdict"] == "灰", "after one day nobody is rated"
    assert played.first.sites[places.PLAIN]["rating"]["filing_state"] == "filed"
    assert "粤ICP备2024111222号" in card["filing"]
    assert played.first.sites[places.PLAIN]["rating"]["complaints_total"] >= 2
    assert card["as_of"] in played.first.pages[places.PLAIN]


def test_the_terminal_the_first_bytes_and_the_page_show_one_card(played: Played) -> None:
    said = played.first.checked[places.PLAIN]
    assert said.code == 14 and "灰" in said.out and played.first.card(places.PLAIN)["as_of"] in said.out
    for host in places.SHOPS:
        card = played.first.card(host)
        for shown in (played.first.shells[host], played.first.pages[host]):
            assert card["as_of"] in shown and card["word"] in shown, host


@pytest.mark.parametrize(
    "play", ["outage", "unchecked", "trouble", pytest.param("sleep", marks=pytest.mark.soak)]
)
def test_on_every_day_the_first_bytes_show_the_card_of_that_day(played: Played, play: str) -> None:
    for day in days(played, play):
        for host, shown in day.shells.items():
            card = day.card(host)
            assert card["as_of"] in shown and card["word"] in shown, host


def test_a_browser_shows_the_card(played: Played) -> None:
    if played.first.drawn is None:
        pytest.skip("rehearsal: no Chromium, so no page is drawn (run `make browser`)")
    card = played.first.card(places.PLAIN)
    assert card["word"] in played.first.drawn and card["as_of"] in played.first.drawn


@pytest.mark.parametrize("asked", SEARCHED)
def test_a_company_and_its_code_found_on_a_shops_page_lead_to_the_shop(played: Played, asked: str) -> None:
    assert places.PLAIN in played.first.answers[asked]
    rating = played.first.sites[places.PLAIN]["rating"]
    assert asked in (rating["operator"], rating["operator_uscc"])


def test_shops_of_one_company_are_linked(played: Played) -> None:
    assert set(played.first.answers[SEARCHED[0]]) == {places.PLAIN, places.SIX}
    pairs = [{row["host"], row["other"]} for row in played.first.tables["links"]]
    assert {places.PLAIN, places.SIX} in pairs
    assert not [pair for pair in pairs if places.CHINESE_NAME in pair]


def test_their_cluster_their_certificate_and_whom_to_tell_of_them_are_published(played: Played) -> None:
    tables = played.first.tables
    assert {row["site"] for row in tables["clusters"]} == {places.PLAIN, places.SIX}
    moves = [(row["host"], row["to_host"], row["via"]) for row in tables["moves"]]
    assert moves == [(places.PLAIN, places.SIX, "certificate")], "logged twice, told once"
    told = {row["role"]: row["name"] for row in tables["notify"] if row["host"] == places.PLAIN}
    assert told["registrar"] == "Rehearsal Registrar" and told["filing_authority"] == "广东省通信管理局"
    assert told["network"] == "Rehearsal Hosting Ltd.", "by the owner of its address"


def test_what_others_know_of_a_shop_is_told_as_theirs(played: Played) -> None:
    """First seen by an archive; a forum's topic and a registry's entry, without who wrote them; its own channel's new rules."""
    said = played.first.said(places.CHINESE_NAME)
    assert "2024-02-05" in said and "余额" in said
    ids = [str(row["id"]) for row in played.first.evidence[places.CHINESE_NAME]]
    assert {"forums", "github_issues", "channel", "archives"} <= {
        i.split(":")[1] for i in ids if i.startswith("mention:")
    }
    old = next(
        row
        for row in played.first.evidence[places.CHINESE_NAME]
        if str(row["id"]).startswith("mention:archives:")
    )
    assert "京ICP备2020000007号-1" in str(old) and "2024-02-05" in str(old), "the footer of then, dated"
    kept = json.dumps([played.first.sites, played.first.evidence], ensure_ascii=False) + said
    assert sources.MEMBER not in kept and sources.TELEPHONE not in kept


def test_an_index_that_fails_a_channel_that_hides_and_a_feed_that_forbids_say_nothing(played: Played) -> None:
    """An error page is not “no certificate”, a preview that is off is no silence, and of what robots.txt forbids nothing is asked."""
    assert not evidence(played.first, places.LATER_GONE, "sighting:registration")
    assert not evidence(played.first, places.LATER_EXPIRED, "mention")
    assert [a for a in played.asked_first if f"//{places.FORBIDDEN_FEED}/" in a] == [
        f"https://{places.FORBIDDEN_FEED}/robots.txt"
    ]


@pytest.mark.parametrize(
    "host",
    [places.PLAIN, places.CHINESE_NAME, places.IDN, places.SIX, places.BARE, places.PATH, places.HTTP_ONLY],
)
def test_every_way_a_shop_answers_is_read(played: Played, host: str) -> None:
    """Over HTTPS or HTTP only, by IPv6 only, an IDN, behind a redirect to www or to a path: the goods are seen."""
    assert evidence(played.first, host, "page"), host
    assert not down(played.first, host)


def test_a_robots_txt_that_fails_is_no_outage(played: Played) -> None:
    assert not evidence(played.first, places.SICK_ROBOTS, "page")
    assert not down(played.first, places.SICK_ROBOTS)


def test_a_merchant_is_not_told_as_the_mall(played: Played) -> None:
    """Each merchant has a card of its own; none of their goods may stand on the mall's page."""
    said = played.first.said(places.MALL)
    assert "甲铺" not in said and "乙铺" not in said
    assert [played.first.answers[key] for key in places.MERCHANTS] == [[key] for key in places.MERCHANTS]


def test_a_day_without_network_changes_no_card_but_its_date(played: Played) -> None:
    before, after = played.first, days(played, "outage")[0]
    for host in places.SHOPS:
        assert undated(after.card(host)) == undated(before.card(host)), host
        assert after.state(host) == before.state(host), host
        assert not down(after, host), host


def test_the_operator_is_told_of_a_day_without_network(played: Played) -> None:
    after = days(played, "outage")[0]
    assert after.sources["availability"]["last_outcome"] == "failed"
    assert after.sources["storefront"]["last_outcome"] == "failed"
    assert after.run.code != 0 or "availability" in after.run.err
    assert after.doctor is not None and "availability" in after.doctor.out + after.doctor.err
    assert after.checked[places.PLAIN].code == played.first.checked[places.PLAIN].code


def test_without_a_control_nobody_is_said_to_be_down(played: Played) -> None:
    after = days(played, "unchecked")[0]
    assert after.sources["availability"]["last_outcome"] == "failed"
    for host in places.SHOPS:
        assert not down(after, host), host
        assert after.state(host) == played.first.state(host), host


def test_one_shop_that_is_gone_is_told_with_how_many_answered(played: Played) -> None:
    for day in days(played, "trouble"):
        assert down(day, places.LATER_GONE)
        assert [host for host in places.SHOPS if down(day, host)] == [places.LATER_GONE]


def test_down_is_what_most_of_the_places_say_and_a_diversion_is_no_voice(played: Played) -> None:
    """Our line alone does not reach one shop, and is led elsewhere for another; a place on another line sees both."""
    looks = {
        (row["host"], row["place"]): row for row in days(played, "trouble")[0].tables["places"]
    }  # fmt: skip
    seen = {
        host: {
            place: looks[host, place]["outcome"] for place in ("", ANOTHER_PLACE) if (host, place) in looks
        }
        for host in (places.LATER_GONE, places.BARE, places.LATER_DIVERTED)
    }
    assert seen[places.LATER_GONE] == {"": "down", ANOTHER_PLACE: "down"}
    assert (
        looks[places.LATER_GONE, ANOTHER_PLACE]["agreed"] and not looks[places.BARE, ANOTHER_PLACE]["agreed"]
    )
    assert seen[places.BARE][ANOTHER_PLACE] in ("ok", "slow")
    assert seen[places.LATER_DIVERTED][ANOTHER_PLACE] in ("ok", "slow")
    assert looks[places.LATER_DIVERTED, ""]["class"] == "diverted"


def test_the_sender_of_a_report_sees_what_became_of_it(played: Played) -> None:
    told = days(played, "trouble")[0].report
    assert told["state"] == "taken"
    assert told["received_on"] < told["decided_on"] < told["settled_on"]


def test_a_diverted_name_is_neither_down_nor_its_page_the_shop(played: Played) -> None:
    for day in days(played, "trouble"):
        assert not down(day, places.LATER_DIVERTED)
        assert "网络访问提醒" not in day.said(places.LATER_DIVERTED)
        assert "up" not in day.probes[places.LATER_DIVERTED]


def test_an_expired_certificate_is_no_outage(played: Played) -> None:
    for day in days(played, "trouble"):
        assert not down(day, places.LATER_EXPIRED)
        assert day.state(places.LATER_EXPIRED) == played.first.state(places.LATER_EXPIRED)


def test_a_walled_source_is_told_as_blocked_and_is_no_calm(played: Played) -> None:
    before = days(played, "unchecked")[0].sites[places.PLAIN]["rating"]["complaints_total"]
    for day in days(played, "trouble"):
        assert day.sources["heimao"]["last_outcome"] == "blocked"
        assert day.sites[places.PLAIN]["rating"]["complaints_total"] == before


def test_after_a_wall_nothing_more_is_asked(played: Played) -> None:
    """The feed asks for a login: what was waiting behind it, details and searches, is not sent."""
    for day in days(played, "trouble"):
        sent = [address for address in day.asked if address.startswith(f"https://{places.HEIMAO}/")]
        assert len(sent) == 2 and sent[0].endswith("/robots.txt") and "/feed?" in sent[1]


@pytest.mark.soak
def test_a_cadence_of_the_operators_holds(played: Played) -> None:
    """Two and a half hours after all was asked: availability again, which by itself is asked every six."""
    day = days(played, "sleep")[1]
    planned = {row["source"]: row["cadence_hours"] for row in day.run.json}
    assert planned["availability"] == 2 and planned["storefront"] == 24
    assert "availability" in day.crawled and "storefront" not in day.crawled


@pytest.mark.soak
def test_after_three_days_of_sleep_each_source_is_asked_once(played: Played) -> None:
    day = days(played, "sleep")[0]
    assert {
        source: day.crawled[source] for source in ("availability", "storefront", "heimao", "rednet")
    } == dict.fromkeys(("availability", "storefront", "heimao", "rednet"), 1)
    for host in places.SHOPS:
        assert not down(day, host), host


def down(day: Day, host: str) -> bool:
    """Whether anything said of the shop tells a reader that it is down."""
    findings = [str(row["sentence_zh"]) for row in day.sites[host]["findings"]]
    warnings = [str(row["reason_zh"]) for row in day.sites[host]["warnings"]]
    # What a buyer would lose "if it ended" says of no shop that it has.
    card = json.dumps({k: v for k, v in day.card(host).items() if k != "lose"}, ensure_ascii=False)
    return any(ENDED.search(said) for said in (*findings, *warnings, card))


def evidence(day: Day, host: str, kind: str) -> list[dict[str, Any]]:
    """What stands behind the shop's page, of one kind of record."""
    return [row for row in day.evidence[host] if str(row["id"]).startswith(f"{kind}:")]


def undated(card: dict[str, Any]) -> str:
    """The card without the day it was made, the windows that end on it, and how many days ago something was."""
    said = json.dumps(card | {"as_of": "DAY"}, ensure_ascii=False).replace(
        f"截至 {card['as_of']}", "截至 DAY"
    )
    window = re.sub(r"[\d-]{10} 至 [\d-]{10}", "WINDOW", said)
    return re.sub(r"\d+ 天前|评级当天|\d+ days? ago|on the day of the rating", "AGO", window)
