"""The five written scenarios of docs/scenarios.md as data, and one walk through the help page in a real browser."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from playwright.sync_api import TimeoutError

from dashboard.help.letters import Fields, title
from dashboard.help.texts import text
from dashboard.help.triage import Answers, asked
from tests.support.markets import snapshots

NOW = "2026-11-22T12:00:00+08:00"
TODAY = dt.date(2026, 11, 22)
PAGE = b"\xe7\xbd\xb2\xe5\x90\x8d\xe7\x9a\x84\xe9\xa6\x96\xe9\xa1\xb5"


@dataclass(frozen=True)
class Scenario:
    """What a person tells, and what the product must answer: letters in order, dates, words that must and must not stand."""

    name: str
    site: str
    state: str
    answers: Answers
    fields: Fields
    complained_on: dt.date | None
    province: str
    case: str
    letters: tuple[str, ...]
    clocks: dict[str, str]
    says: dict[str, tuple[str, ...]]
    never: tuple[str, ...]
    court: str


def _paid(product: str, amount: str, paid_on: str, **more: Any) -> Fields:
    return Fields(product=product, amount=Decimal(amount), paid_on=dt.date.fromisoformat(paid_on),
                  payee="某某网络科技有限公司", channel="支付宝", **more)  # fmt: skip


ALL = ("platform", "explanation", "payment", "r12315", "heimao", "day15", "small_claims")
SCENARIOS = (
    Scenario(
        "支付未同步", snapshots.BLUE, "normal", Answers(order="paid_not_active"),
        _paid("腾讯视频VIP月卡", "168", "2026-11-18", order_no="KM20261118001"), None, "北京",
        "payment_not_synced", ALL, {"reply_24h": "2026-11-19", "limitation": "2029-11-18"},
        {"platform": ("所购商品至今没有到账", "核实并补发，不能补发的退款至原支付账户", "第四十九条", "KM20261118001"),
         "payment": ("第五十三条",)},
        ("退款 168 元至原支付账户，",), "没有核实到",
    ),
    Scenario(
        "一直处理中", snapshots.ORANGE, "warning", Answers(order="processing"),
        _paid("网易云音乐年卡", "66", "2026-11-10", order_no="A77", demanded_on=dt.date(2026, 11, 12)),
        dt.date(2026, 11, 14), "江苏", "stuck", ALL,
        {"reply_24h": "2026-11-13", "accept_7wd": "2026-11-24", "refund_15d": "2026-11-28",
         "mediate_45wd": "2027-01-18", "limitation": "2029-11-10"},
        {"platform": ("退款 66 元至原支付账户",), "day15": ("2026-11-12", "第八条", "第五十三条"),
         "r12315": ("诉求：退款 66 元",)},
        ("补发",), "64610 元以下",
    ),
    Scenario(
        "订单记录不见了", snapshots.YELLOW, "watch", Answers(order="gone"),
        _paid("QQ音乐豪华绿钻季卡", "45", "2026-11-15"), None, "上海", "record_lost", ALL,
        {"reply_24h": "2026-11-16", "limitation": "2029-11-15"},
        {"explanation": ("第三十一条、第六十二条", "订单记录也消失了", "异常原因"), "platform": ("已查不到",)},
        ("订单页截图",), "68378.50 元以下",
    ),
    Scenario(
        "网站打不开了", snapshots.CLOSED, "closed", Answers(order="no_site"),
        _paid("芒果TV年卡", "98", "2026-11-01", order_no="M5"), None, "江苏", "site_gone",
        ("payment", "r12315", "heimao", "platform"), {"reply_24h": "2026-11-02", "limitation": "2029-11-01"},
        {"payment": ("网站已打不开", "第五十三条"), "r12315": ("退款 98 元",)},
        ("补发",), "下落不明或者在境外",
    ),
    Scenario(
        "代理进货", snapshots.BLUE, "normal", Answers(branches=frozenset({"reseller", "prepaid"})),
        _paid("点卡 100 元面额 50 张", "4700", "2026-11-16", order_no="P-88", demanded_on=dt.date(2026, 11, 19)),
        None, "浙江", "stuck", ("platform", "explanation", "payment", "heimao", "small_claims"),
        {"reply_24h": "2026-11-20", "limitation": "2029-11-16"},
        {"platform": ("第四十九条", "4700"), "small_claims": ("第一百六十五条",)},
        ("消费者权益保护法", "十五日"), "较早的限额",
    ),
)  # fmt: skip


def prepare(data: Path) -> None:
    """A published snapshot with one archived page of every site, and the states the scenarios need."""
    rows = snapshots.tables()
    for site in rows["ratings"]:
        for scenario in SCENARIOS:
            if site["host"] == scenario.site:
                site["warning_state"] = scenario.state
    digest = hashlib.sha256(PAGE).hexdigest()
    for claim in rows["evidence"]:
        claim["sha256"] = digest
    folder = snapshots.build(data, rows=rows)
    (folder / "captures").mkdir()
    (folder / "captures" / f"{digest}.txt").write_bytes(PAGE)


def walk(
    page: Any,
    scenario: Scenario,
    original: Path,
    letters: tuple[str, ...],
    marks: dict[str, str] | None = None,
) -> dict[str, bytes]:
    """Go through the help page as a person does; returns what was downloaded by name.

    `letters` are those taken away, `marks` is typed beside the rest.
    """
    page.locator("#kw-early").wait_for(state="detached")
    _fill(page, text("ui", "site", "zh"), f"https://{scenario.site}/order?id=1")  # Enter goes on
    page.wait_for_function("() => document.activeElement.tagName === 'H2'")
    given = vars(scenario.answers)
    for name in asked(given):
        _press(page, text("answer", f"{name}_{given[name]}", "zh"))
        page.wait_for_function("() => document.activeElement.tagName === 'H2'")  # the next question
    for branch in sorted(given["branches"]):
        page.locator("label").filter(has_text=text("branch", branch, "zh")).click()
        _settled(page)
    _press(page, text("ui", "to_result", "zh"))
    page.locator(
        ".st-key-tool-letters summary"
    ).first.wait_for()  # the last: a slow run has drawn the first few
    _settled(page)
    for tool in page.locator("[class*=st-key-tool-]").all():
        _open(tool)
    _settled(page)
    fields = scenario.fields
    for name in ("product", "payee", "channel", "order_no", "company"):
        if value := (marks or {}).get(name, getattr(fields, name)):
            _fill(page, text("ui", name, "zh"), value)
    _fill(page, text("ui", "amount", "zh"), f"{fields.amount:f}")
    days = {
        "paid_on": fields.paid_on,
        "demanded_on": fields.demanded_on,
        "complained_on": scenario.complained_on,
    }
    for name, day in days.items():
        if day:
            page.get_by_role("group", name=text("ui", name, "zh")).get_by_role("spinbutton").first.click()
            page.keyboard.type(f"{day:%Y%m%d}")
            page.keyboard.press("Tab")
            _settled(page)
    if marks:
        page.get_by_label(text("ui", "said", "zh")).fill(marks["said"])
        page.get_by_label(text("ui", "said", "zh")).press("Control+Enter")
        _settled(page)
    _select(page, text("ui", "province", "zh"), scenario.province)
    page.locator("input[type=file]").set_input_files(str(original))
    page.get_by_role("button", name=text("ui", "pack_file", "zh")).wait_for()
    _settled(page)
    taken = {}
    for letter in letters:
        shown = page.locator(".kw-letter pre").first.inner_text()
        if _select(
            page, text("ui", "letter", "zh"), title(letter, "zh", scenario.state in ("warning", "closed"))
        ):
            page.wait_for_function(
                "was => document.querySelector('.kw-letter pre').innerText !== was", arg=shown
            )
            _settled(page)
        for kind in ("text_file", "docx_file"):
            name, data = _download(page, text("ui", kind, "zh"))
            assert scenario.site in name and letter not in name, (
                "a letter is called what it is and whom it is about"
            )
            taken[f"{letter}{Path(name).suffix}"] = data
    for kind in ("ics_file", "pack_file"):
        name, data = _download(page, text("ui", kind, "zh"))
        taken[name] = data
    return taken


def _open(tool: Any) -> None:
    """Open a fold; the fold above it is still growing, so that a click may miss what has moved away: a person clicks again."""
    opened = tool.locator("details[open]").first
    for _ in range(5):
        if not opened.count():
            tool.locator("summary").first.click()
        try:
            opened.wait_for(timeout=6_000)
            return
        except TimeoutError:
            continue
    raise AssertionError("the fold does not open")


def _settled(page: Any) -> None:
    """Wait until the app stopped running, and the browser has looked whether the files it offers are there.

    A run that overtakes that look replaces the files, and the browser complains of one that nobody will ask for.
    """
    page.wait_for_timeout(60)
    page.wait_for_function(
        "() => document.querySelector('[data-testid=stApp]').dataset.testScriptState === 'notRunning'"
    )
    page.wait_for_timeout(250)


def _fill(page: Any, label: str, value: str) -> None:
    field = page.get_by_label(label, exact=True).first
    field.fill(value)
    field.press("Enter")
    _settled(page)


def _press(page: Any, words: str) -> None:
    """Press the button that begins with these words; what is known of a site may follow them."""
    page.get_by_role("button", name=re.compile(f"^{re.escape(words)}")).click()
    _settled(page)


def _select(page: Any, label: str, option: str) -> bool:
    """Choose an option; whether it was another before."""
    box = page.get_by_role("combobox", name=label)
    changed = bool(box.input_value() != option)
    for _ in range(20):  # a rerun of the page closes the list: open it again
        if box.input_value() == option:
            break
        box.click()
        box.fill(option)
        try:
            page.get_by_role("option", name=option, exact=True).click(timeout=1500)
        except TimeoutError:
            continue
        page.wait_for_timeout(100)
    _settled(page)
    assert box.input_value() == option
    return changed


def _download(page: Any, label: str) -> tuple[str, bytes]:
    with page.expect_download() as waiting:
        page.get_by_role("button", name=label, exact=True).click()
    return waiting.value.suggested_filename, Path(waiting.value.path()).read_bytes()
