"""掉单了怎么办 in a terminal, and the evidence pack on disk: the same triage, letters and pack as the help page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.prompt import IntPrompt, Prompt

from dashboard.help import evidence_pack
from dashboard.help.deadlines import Clock, clocks, fact, ics, read_in
from dashboard.help.letters import LETTERS, Fields, check, docx, title, write
from dashboard.help.texts import text
from dashboard.help.triage import BRANCHES, QUESTIONS, Answers, letters_for, path_for
from dashboard.help.triage import Path as Case
from kamengwatch.config import Config, Failure, UserError
from kamengwatch.console import log_line, tell_json
from kamengwatch.read import wacz
from store.private_files import open_private
from store.text.query import parse_query


@dataclass(frozen=True)
class Told:
    """What may be told besides the five answers: branches, letter fields, dates, province, where to write files."""

    also: tuple[str, ...] | None = None
    fields: Fields = field(default_factory=Fields)
    complained_on: dt.date | None = None
    expires_on: dt.date | None = None
    province: str | None = None
    ics: Path | None = None
    docx: Path | None = None


def help_me(
    config: Config, site: str, given: dict[str, str], letter: str | None, told: Told, as_json: bool
) -> None:
    """Ask what was not given, then print the path with the law it rests on, the deadlines, and a letter if one is named.

    Nothing is stored but the files asked for. Raises UserError for an answer, letter, date or province that does not exist.
    """
    if letter is not None and letter not in LETTERS:
        raise UserError(f"--letter {letter}: 没有这封信 no such letter; 可选 one of {', '.join(LETTERS)}")
    if told.docx and not letter:
        raise UserError("--docx: 只和 --letter 一起用 only goes with --letter")
    asking = any(not given.get(name) for name, _ in QUESTIONS)
    answers = {name: given.get(name) or _ask(config, name, options) for name, options in QUESTIONS}
    also = told.also if told.also is not None else _ask_branches(config) if asking else ()
    said, told, dates = advise(config, site, answers, letter, replace(told, also=tuple(also)))
    _files(config, told, letter, said["letter"], dates)
    if as_json:
        tell_json(said)
        return
    _print(config.lang, said, letter)


def advise(
    config: Config, site: str, answers: dict[str, str], letter: str | None, told: Told
) -> tuple[dict[str, Any], Told, list[Clock]]:
    """The path for these answers as plain data, the letter's fields as filled in, and the dates; nothing is asked or written.

    Raises UserError for an answer or province that does not exist.
    """
    host = parse_query(site).host if site else None
    lang, today = config.lang, config.today()
    try:
        path = path_for(
            Answers(**answers, branches=frozenset(told.also or ())),
            _warning_state(config, host) if host else None,
        )
        fields = replace(
            told.fields, site=host or "", case=path.case, refund=path.refund_first, branches=path.branches
        )
        court = (
            check(told.province, fields.amount, today, lang, path.barred)
            if told.province and path.loss
            else []
        )
        dates = _dates(path, fields, told)
    except ValueError as error:
        raise UserError(str(error)) from error
    said = {
        "case": path.case,
        "refund_first": path.refund_first,
        "steps": [text("step", step.id, lang) for step in path.steps],
        "laws": _rules(dict.fromkeys(name for step in path.steps for name in step.laws), today, lang),
        "letters": list(letters_for(path)),
        "court": court,
        "clocks": [{"on": clock.on.isoformat(), "what": clock.text(lang)} for clock in dates],
        "letter": write(letter, fields, today, lang) if letter else None,
    }
    return said, replace(told, fields=fields), dates


def _dates(path: Case, fields: Fields, told: Told) -> list[Clock]:
    """The clocks from the dates given; none without a day of payment, save the end of a membership."""
    if not fields.paid_on and not told.expires_on:
        return []
    paid_on = fields.paid_on or told.expires_on
    assert paid_on is not None
    found = clocks(
        paid_on, fields.demanded_on, told.complained_on, told.expires_on, "reseller" not in path.branches
    )
    wanted = path.loss and fields.paid_on is not None
    return [clock for clock in found if wanted or clock.id == "expiry_3d"]


def _rules(names: Iterable[str], today: dt.date, lang: str) -> list[str]:
    old = {name: text("ui", "old_law", lang) for name in names if fact(name).old(today)}
    return [f"{fact(name).text(lang)}{fact(name).cite(lang)}{old.get(name, '')}" for name in names]


def _print(lang: str, said: dict[str, Any], letter: str | None) -> None:
    print(f"\n{text('case', said['case'], lang)}\n")
    print("\n".join(f"{n}. {step}" for n, step in enumerate(said["steps"], 1)))
    if said["clocks"]:
        print(f"\n{text('ui', 'clocks', lang)}")
        print("\n".join(f"- {clock['on']} {clock['what']}" for clock in said["clocks"]))
    if said["court"]:
        print(f"\n{text('ui', 'court', lang)}")
        print("\n".join(f"- {line}" for line in said["court"]))
    print(f"\n{text('ui', 'laws', lang)}")
    print("\n".join(f"- {rule}" for rule in [*said["laws"], read_in(lang)]))
    if said["letters"]:
        print(f"\n{text('ui', 'letters', lang)} (--letter): {', '.join(said['letters'])}")
    if letter:
        print(f"\n{title(letter, lang, said['refund_first'])}\n\n{said['letter']}")


def _files(config: Config, told: Told, letter: str | None, body: Any, dates: list[Clock]) -> None:
    """Write the calendar and the letter where the person asked for them."""
    if told.ics and not dates:
        raise UserError("--ics: 没有日期 no dates to write; 先给出 give --paid-on 2026-11-20")
    wanted = ((told.ics, ics(dates, config.now(), config.lang) if told.ics else b""),
              (told.docx, docx(title(letter, config.lang, told.fields.refund), body) if told.docx and letter else b""))  # fmt: skip
    for file, data in wanted:
        if file is not None:
            try:
                file.write_bytes(data)
            except OSError as error:
                raise UserError(f"{file}: 写不了 cannot be written ({error.strerror})") from error


def _ask_branches(config: Config) -> tuple[str, ...]:
    log_line(f"\n{text('question', 'branches_terminal', config.lang)}")
    for number, name in enumerate(BRANCHES, 1):
        log_line(f"  {number}. {text('branch', name, config.lang)}")
    try:
        given = Prompt.ask(
            config.say("填数字", "numbers"), console=Console(stderr=True), default="", show_default=False
        )
    except EOFError:
        return ()
    numbers = [part.strip() for part in given.replace("，", ",").split(",") if part.strip()]
    wrong = [n for n in numbers if not n.isdecimal() or not 1 <= int(n) <= len(BRANCHES)]
    if wrong:
        raise UserError(f"{wrong[0]}: 没有这个编号 no such number; 1–{len(BRANCHES)}")
    return tuple(BRANCHES[int(n) - 1] for n in numbers)


def _ask(config: Config, name: str, options: tuple[str, ...]) -> str:
    log_line(f"\n{text('question', name, config.lang)}")
    for number, option in enumerate(options, 1):
        log_line(f"  {number}. {text('answer', f'{name}_{option}', config.lang)}")
    try:
        number = IntPrompt.ask(
            config.say("填数字", "number"),
            console=Console(stderr=True),
            choices=[str(n) for n in range(1, len(options) + 1)],
            default=1,
        )
    except EOFError as error:
        raise UserError(
            f"{name}: 没有回答 no answer; 用 --{name} 给出 give it with --{name} ({' | '.join(options)})"
        ) from error
    return options[number - 1]


def _warning_state(config: Config, host: str) -> str | None:
    from scoring.snapshot.reader import Snapshot, SnapshotError

    try:
        site = Snapshot.latest(config.data_dir).site(host)
    except SnapshotError:
        return None
    return str(site["warning_state"]) if site else None


def pack(config: Config, host: str, files: list[Path], out: Path) -> None:
    """Write the evidence pack of `host`: the files given and our captures of it. Raises UserError and writes nothing on bad input."""
    from dashboard.help.evidence_pack import captures_of, with_text
    from scoring.snapshot.reader import Snapshot, SnapshotError

    named = parse_query(host).host
    if named is None:
        raise UserError(f"{host}: 看不出是哪个网站 no site in it; 例 e.g. shop.example")
    if out.suffix == ".wacz":
        if files:
            raise UserError(
                f"{out.name}: WACZ 只装本站存档，你自己的文件请装进 .zip a WACZ holds our archive alone; put your own files into a .zip"
            )
        return wacz.write(config, named, out)
    items = []
    for file in files:
        try:
            if file.exists() and not file.is_file():
                raise UserError(f"{file}: 不是文件 is no file; 请逐个给出文件 name the files one by one")
            if file.stat().st_size > evidence_pack.MAX_BYTES:
                raise UserError(f"{file}: 超过 {evidence_pack.MAX_BYTES >> 20} MB too large for a pack")
            items.append(evidence_pack.Item(file.name, file.read_bytes()))
        except OSError as error:
            raise UserError(f"{file}: 读不了 cannot be read ({error.strerror})") from error
    try:
        snapshot = Snapshot.latest(config.data_dir)
        ours = captures_of(snapshot, named)
        items += with_text(snapshot, ours)
    except SnapshotError:
        ours = []
    try:
        made = evidence_pack.make(items, named, config.now(), config.lang)
        with open(out, "wb", opener=open_private) as stream:
            stream.write(made)
    except evidence_pack.PackError as error:
        raise UserError(f"{named}: {error}") from error
    except OSError as error:
        raise UserError(f"{out}: 写不了 cannot be written ({error.strerror})") from error
    log_line(
        config.say(
            f"{out}：{len(files)} 个原始文件，{len(ours)} 份本站存档。核对：kamengwatch pack --verify {out}",
            f"{out}: {len(files)} original(s), {len(ours)} capture(s) of ours. Check: kamengwatch pack --verify {out}",
        )
    )


def verify_pack(config: Config, file: Path) -> None:
    """Re-hash a pack; raises Failure when a file differs, UserError when it is no pack."""
    if file.suffix == ".wacz":
        return wacz.verify(config, file)
    try:
        wrong = evidence_pack.verify(file)
    except evidence_pack.PackError as error:
        raise UserError(str(error)) from error
    for line in wrong:
        log_line(line)
    if wrong:
        raise Failure(f"{file}: {len(wrong)} 个文件不符 files differ")
    log_line(config.say(f"{file}：全部一致", f"{file}: every hash is as listed"))
