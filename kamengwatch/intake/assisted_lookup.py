"""Assisted look-ups: open the registry's page, say what to type, wait for the person, keep what the registry answered."""

from __future__ import annotations

from typing import Any

from kamengwatch.batch_items import one_by_one, tell_refused
from kamengwatch.config import Config, Failure, UserError, require_contact
from kamengwatch.console import log_line, tell_json
from kamengwatch.intake.evidence_import import register_known_sources
from kamengwatch.intake.watchlist import watched_in
from store.text.query import registrable

SECONDS = 600.0
"""How long one look-up may take the person."""


def assisted(
    config: Config,
    sources: list[str],
    platforms: list[str],
    as_json: bool,
    *,
    page_url: str | None = None,
    headless: bool = False,
    seconds: float = SECONDS,
) -> None:
    """Look the filings of `platforms` up with a person; raises UserError where no window can be shown.

    `page_url`, `headless` and `seconds` let a test play the person; raises Failure when nothing was answered.
    """
    from crawler.assisted_lookup import REGISTRY, NoBrowser, browser_page

    if sources != ["icp"] or not platforms:
        raise UserError(
            "--assisted: 只用于备案查询 is for filing look-ups: kamengwatch crawl icp --assisted --platform HOST"
        )
    require_contact()
    hosts: list[str] = []
    named = one_by_one(dict.fromkeys(platforms), lambda text: hosts.append(watched_in(config, text)))
    if not hosts:
        tell_refused(config, named)
    register_known_sources(config)
    try:
        with browser_page(page_url or REGISTRY, headless) as page:
            told = [_look_up(config, page, host, seconds) for host in hosts]
    except NoBrowser as error:
        raise UserError(
            f"--assisted: {error}；可人工查询后导入 look it up by hand and import it: kamengwatch import --template icp"
        ) from None
    if as_json:
        tell_json(told)
    if not any(row["state"] != "unknown" for row in told):
        raise Failure(
            config.say("没有取得任何结果，备案状态仍为未知", "nothing was answered; the filings stay unknown")
        )
    tell_refused(config, named)


def _look_up(config: Config, page: Any, host: str, seconds: float) -> dict[str, Any]:
    from crawler.assisted_lookup import answers, keep, read

    domain = registrable(host)
    log_line(
        config.say(
            f"请在打开的页面里查询：{domain}，并自行完成验证。等待结果（关闭窗口即放弃）…",
            f"Please search for {domain} in the page that opened, captcha included. Waiting (close the window to give up) …",
        )
    )

    for answered in answers(page, domain, seconds):
        try:
            if answered is None:
                raise ValueError(f"不是 {domain} 的结果 not about {domain}")
            now = config.now()
            record = read(answered, host, now)
        except ValueError as error:
            log_line(config.say(f"  {error}；继续等待", f"  {error}; still waiting"))
            continue
        keep(config.engine, config.data_dir, host, answered, record, now)
        if record["found"]:
            log_line(config.say(f"{host}：已备案 {record['number']}", f"{host}: filed, {record['number']}"))
        else:
            log_line(config.say(f"{host}：未查到备案", f"{host}: no filing found"))
        state = "filed" if record["found"] else "not_filed"
        return {"host": host, "state": state, "number": record.get("number")}
    log_line(config.say(f"{host}：没有结果，仍为未知", f"{host}: no answer, still unknown"))
    return {"host": host, "state": "unknown", "number": None}
