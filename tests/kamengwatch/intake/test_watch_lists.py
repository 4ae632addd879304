"""A real start: lists and finds wait in the review queue with their source; nothing is watched until a person says so."""

from __future__ import annotations

import datetime as dt
import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from openpyxl import Workbook
from sqlalchemy import insert

from kamengwatch.config import Config, Failure, UserError
from kamengwatch.intake import watchlist
from kamengwatch.pipeline import crawl, deferred_crawls, scheduler
from store.db.tables import Crawl
from store.evidence.crawl_ledger import NOT_CONFIGURED, register_sources
from tests.support.markets.records import complaint, platform
from tests.support.programs.in_process_cli import command

Capsys = pytest.CaptureFixture[str]
SPELLINGS = """# 某某群里收集的名单
example.com
HTTPS://www.Shop-Two.example:443/a?b#c
例子.中国
ｔｈｒｅｅ．ｅｘａｍｐｌｅ
four。example
hxxp://five[.]example
【某某卡盟】http://six.example/abc 快来
[点这里](https://seven.example/x)
12.34.56.78:8080

某某卡盟
粤ICP备18046372号-1
。。。
今天天气很好我们去公园散步顺便买点东西回来给大家吃这一行没有网址也不是任何网站的名称请忽略它谢谢
"""


def queue(capsys: Capsys, *words: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(command(capsys, "review", "--json", *words).out)
    return found


def watched(capsys: Capsys) -> list[str]:
    return [row["host"] for row in json.loads(command(capsys, "watch", "list", "--json").out)]


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_every_spelling_is_taken_wrong_lines_are_named_and_nothing_is_watched(
    encoding: str, data_dir: Path, tmp_path: Path, capsys: Capsys
) -> None:
    file = tmp_path / "名单.txt"
    file.write_text(SPELLINGS, encoding)
    said = command(capsys, "watch", "import", file, expect=2).err
    assert "名单.txt 第 14 行" in said and "名单.txt 第 15 行" in said
    assert watched(capsys) == []
    subjects = [row["subject"] for row in queue(capsys)]
    assert subjects == ["example.com", "shop-two.example", "xn--fsqu00a.xn--fiqs8s", "three.example", "four.example", "five.example",
                        "six.example", "seven.example", "12.34.56.78:8080", "某某卡盟", "粤ICP备18046372号"]  # fmt: skip
    again = json.loads(command(capsys, "watch", "import", file, "--json", expect=2).out)[0]
    assert (again["queued"], again["waiting"], again["asked_before"]) == (0, 11, 0)
    assert "名单.txt" in command(capsys, "review").out


def test_a_sheet_with_names_and_accepting_at_once(data_dir: Path, tmp_path: Path, capsys: Capsys) -> None:
    book = Workbook()
    for line in (
        ["平台名称", "网址"],
        ["甲卡盟", "https://a.example/x"],
        ["乙卡盟", None],
        [None, "b.example"],
    ):
        book.active.append(line)
    book.save(tmp_path / "list.xlsx")
    report = json.loads(command(capsys, "watch", "import", tmp_path / "list.xlsx", "--accept", "--json").out)[
        0
    ]
    assert (report["watched"], report["queued"], report["refused"]) == (2, 1, [])
    rows = json.loads(command(capsys, "watch", "list", "--json").out)
    assert [(row["host"], row["name"]) for row in rows] == [("a.example", "甲卡盟"), ("b.example", None)]
    number = queue(capsys)[0]["id"]
    assert "--host" in command(capsys, "review", "accept", number, expect=2).err, (
        "a name alone cannot be watched"
    )
    command(capsys, "review", "accept", number, "--host", "hxxp://c[.]example")
    rows = json.loads(command(capsys, "watch", "list", "--json").out)
    assert ("c.example", "乙卡盟") in [(row["host"], row["name"]) for row in rows]


def test_a_site_that_was_removed_can_be_watched_again(data_dir: Path, capsys: Capsys) -> None:
    command(capsys, "watch", "add", "a.example", "--name", "甲卡盟")
    command(capsys, "watch", "remove", "a.example")
    assert watched(capsys) == []
    command(capsys, "watch", "add", "a.example")
    assert json.loads(command(capsys, "watch", "list", "--json").out)[0]["name"] == "甲卡盟"


@pytest.fixture
def collected(data_dir: Path, tmp_path: Path, capsys: Capsys) -> Path:
    """A watched site; complaints that name others; a page whose notice names another address."""
    notice = {"kind": "page", "source": "storefront", "host": "a.example", "observed_at": "2026-03-05T03:00:00Z", "role": "notice",
              "text": "备用网址", "signs": {"other_hosts": ["jia-new.example"], "moved_to": "https://jia-moved.example/"}}  # fmt: skip
    records = [
        platform(),
        complaint(1, "在 yi-faka.example 买卡密，付款后不发货"),
        complaint(2, "yi-faka.example 发卡网不退款，客服在 a.example", host=None, platform="某家卡盟"),
        complaint(3, "买了双鞋，在 shoes.example 不发货", host=None, platform="某鞋店"),
        notice,
    ]
    file = tmp_path / "evidence.jsonl"
    file.write_text("".join(json.dumps(r) + "\n" for r in records), "utf-8")
    command(capsys, "import", file)
    return data_dir


def test_suggestions_say_where_they_were_found_and_rate_nothing(collected: Path, capsys: Capsys) -> None:
    found = {row["subject"]: row for row in json.loads(command(capsys, "watch", "suggest", "--json").out)}
    assert watched(capsys) == ["a.example"]
    assert (found["yi-faka.example"]["kind"], found["yi-faka.example"]["detail"]["times"]) == ("candidate", 2)
    assert found["yi-faka.example"]["detail"]["source"] == "heimao"
    assert found["jia-new.example"]["detail"]["via"] == "notice"
    assert found["jia-moved.example"]["detail"]["via"] == "redirect"
    assert found["jia-new.example"]["detail"]["candidates"] == ["a.example"]
    assert "某家卡盟" in found and not {"shoes.example", "a.example"} & set(found)
    table = command(capsys, "review").out
    assert "投诉正文提到" in table and "备用网址公告" in table and "网站跳转" in table and "黑猫投诉" in table
    assert "named in complaints" in command(capsys, "review", "--lang", "en").out


def test_a_decision_stands_and_is_not_asked_again(collected: Path, capsys: Capsys) -> None:
    command(capsys, "watch", "suggest")
    numbers = {row["subject"]: row["id"] for row in queue(capsys)}
    command(capsys, "review", "accept", numbers["jia-moved.example"], numbers["yi-faka.example"])
    command(capsys, "review", "reject", numbers["jia-new.example"], "--note", "广告")
    assert watched(capsys) == ["a.example", "yi-faka.example"], (
        "a move becomes another address of the same site"
    )
    command(capsys, "watch", "suggest")
    assert [row["subject"] for row in queue(capsys)] == ["某家卡盟", "某鞋店"]
    assert "已于" in command(capsys, "review", "reject", numbers["jia-new.example"], expect=2).err


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("watch", "import", "nowhere.txt"), "nowhere.txt"),
        (("watch", "import", "{empty}"), "empty.txt"),
        (("watch", "import", "{headless}"), "网址"),
        (("review", "accept"), "编号"),
        (("review", "accept", "x"), "x"),
        (("review", "accept", "1", "2", "--host", "a.example"), "--host"),
        (("review", "perhaps", "1"), "perhaps"),
        (("review", "--kind", "zzz"), "zzz"),
    ],
)
def test_wrong_input_is_named(
    words: tuple[str, ...], named: str, data_dir: Path, tmp_path: Path, capsys: Capsys
) -> None:
    files = {"empty": tmp_path / "empty.txt", "headless": tmp_path / "h.xlsx"}
    files["empty"].write_text("\n", "utf-8")
    book = Workbook()
    book.active.append(["甲", "乙"])
    book.active.append(["1", "2"])
    book.save(files["headless"])
    assert named in command(capsys, *(word.format(**files) for word in words), expect=2).err


def test_a_name_cannot_steer_the_terminal(data_dir: Path, tmp_path: Path, capsys: Capsys) -> None:
    file = tmp_path / "sites.jsonl"
    evil = {
        "kind": "platform",
        "host": "evil.example",
        "name": "甲\x1b]0;x\x07\u202e卡盟\n乙",
        "aliases": ["丙\x1b[2J"],
    }
    file.write_text(json.dumps(evil))
    command(capsys, "import", file)
    shown = command(capsys, "watch", "list").out
    assert "evil.example" in shown and not {"\x1b", "\x07", "\u202e"} & set(shown)


# What is due, by the real clock: nothing here binds the time, so that every look at it gives another moment.


ALL = {card.id for card in crawl.cards()}


class AnyClock(Config):
    """A clock that shows another time at every look; `steps` are the seconds between two looks."""

    def now(self) -> dt.datetime:
        """The next reading."""
        return dt.datetime(2026, 11, 8, 12, tzinfo=dt.UTC) + dt.timedelta(
            seconds=next(self.__dict__["seconds"])
        )

    @classmethod
    def of(cls, data_dir: Path, *steps: float) -> AnyClock:
        """In `data_dir`, with one site watched."""
        config = cls(data_dir)
        config.__dict__["seconds"] = itertools.accumulate(itertools.cycle(steps))
        watchlist.add_sites(config, [("a.example", None, ())], demo=False)
        return config


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The words every crawl process would be started with; each source answers that all is well."""
    heard: list[list[str]] = []

    def events(words: list[str]) -> Iterator[dict[str, Any]]:
        heard.append(words)
        for source in sources_in(words):
            yield {"event": "crawl", "source": source, "outcome": "ok", "requests": 1, "records": 1}

    monkeypatch.setattr(crawl, "events", events)
    return heard


def sources_in(words: list[str]) -> list[str]:
    return [after for word, after in itertools.pairwise(words) if word == "--source"]


def test_the_first_crawl_of_what_is_due_crawls_everything(
    data_dir: Path,
    capsys: pytest.CaptureFixture[str],
    asked: list[list[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("KAMENGWATCH_NOW", raising=False)
    command(capsys, "watch", "add", "a.example")
    before = dt.datetime.now(dt.UTC)
    said = command(capsys, "crawl", "--due")
    assert "没有到期" not in said.err and [set(sources_in(words)) for words in asked] == [ALL]
    begun = dt.datetime.fromisoformat(asked[0][asked[0].index("--now") + 1])
    assert before <= begun <= dt.datetime.now(dt.UTC)
    assert asked[0][1].endswith(f"{begun:%Y%m%dT%H%M%S}"), "the job is named by the moment it is given"


def test_the_main_job_crawls_on_a_fresh_installation(
    data_dir: Path, capsys: pytest.CaptureFixture[str], asked: list[list[str]]
) -> None:
    command(capsys, "watch", "add", "a.example")
    command(capsys, "run", "--no-serve")
    assert [set(sources_in(words)) for words in asked] == [ALL]


def test_the_queue_is_given_everything_and_the_moment_it_was_asked(
    data_dir: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    put: list[tuple[Any, ...]] = []
    module = SimpleNamespace(name_of=lambda now: now, defer=lambda config, *given: put.append(given))
    monkeypatch.setattr(deferred_crawls, "workers", lambda: module)
    command(capsys, "watch", "add", "a.example")
    before = dt.datetime.now(dt.UTC)
    command(capsys, "crawl", "--due", "--defer")
    [(sources, hosts, moment, proxy, wait)] = put
    assert set(sources) == ALL and not hosts and not proxy and not wait
    assert before <= moment <= dt.datetime.now(dt.UTC)


@pytest.mark.parametrize("steps", [(0.000001,), (3600.0,), (-3600.0,), (86_400.0 * 30,), (5.0, -7.0)])
def test_a_source_never_crawled_is_due_at_once_on_every_clock(
    data_dir: Path, asked: list[list[str]], steps: tuple[float, ...]
) -> None:
    config = AnyClock.of(data_dir, *steps)
    crawl.crawl(config, [], [], True, None, False)
    crawl.visit(config, crawl.Visit("visit", None, lambda host: None))
    queued: list[list[str]] = []
    crawl.crawl(config, [], [], True, None, False, lambda _, now, sources, hosts: queued.append(sources))
    assert set(sources_in(asked[0])) == set(queued[0]) == ALL
    visited = [source for words in asked[1:] for source in sources_in(words)]
    assert sorted(visited) == sorted(ALL)
    assert len({words[words.index("--now") + 1] for words in asked[1:]}) == 1, "one visit has one moment"


def test_the_scheduler_lists_and_starts_at_once_what_was_never_crawled(
    data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = AnyClock.of(data_dir, 0.000001)
    clock = scheduler._clock(config, scheduler.Service(config))
    planned = {job.id: job.trigger.run_date for job in clock.get_jobs() if job.id in ALL}
    assert set(planned) == ALL and max(planned.values()) < config.now()
    assert command(capsys, "schedule", "--list").out.count("现在") == len(ALL)


def test_what_was_crawled_waits_for_its_cadence_and_the_rest_is_due(
    data_dir: Path, capsys: pytest.CaptureFixture[str], asked: list[list[str]]
) -> None:
    config = Config(data_dir)
    watchlist.add_sites(config, [("a.example", None, ())], demo=False)
    register_sources(config.engine, crawl.cards())
    with config.engine.begin() as connection:
        for source in sorted(ALL - {"heimao"}):
            at = config.now() - dt.timedelta(minutes=1)
            row = {"key": source, "source_id": source, "started_at": at, "finished_at": at, "outcome": "ok"}
            connection.execute(insert(Crawl).values(**row, whole_source=True, demo=False))
    command(capsys, "crawl", "--due")
    assert [sources_in(words) for words in asked] == [["heimao"]]
    asked.clear()
    with config.engine.begin() as connection:
        row |= {"key": "h", "source_id": "heimao"}
        connection.execute(insert(Crawl).values(**row, whole_source=True, demo=False))
    assert "没有到期" in command(capsys, "crawl", "--due").err and not asked


UNSET = {
    "source": "blocklists",
    "outcome": "failed",
    "reason": f"{NOT_CONFIGURED}: set KAMENGWATCH_BLOCKLISTS",
}
FAILED = {"source": "icp", "outcome": "failed", "reason": "no answer in time"}


def told(config: Config, ended: list[dict[str, Any]], planned: bool) -> None:
    crawl._tell(config, ended, False, planned)


def test_a_source_nobody_set_up_is_no_failure_but_asked_for_by_name_it_is_told(
    data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = Config(data_dir)
    told(config, [UNSET], planned=True)
    assert "blocklists: 未配置" in capsys.readouterr().err
    with pytest.raises(UserError, match="KAMENGWATCH_BLOCKLISTS"):
        told(config, [UNSET], planned=False)
    with pytest.raises(Failure) as failed:
        told(config, [UNSET, FAILED], planned=True)
    assert str(failed.value) == "icp: failed"
