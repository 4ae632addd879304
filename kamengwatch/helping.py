"""掉单了怎么办 in a terminal, and the evidence pack on disk: the same triage, letters and pack as the help page."""

from __future__ import annotations

import json
from pathlib import Path

from rich.console import Console
from rich.prompt import IntPrompt

from dashboard.help import pack as packs
from dashboard.help.law import fact, read_in
from dashboard.help.letters import LETTERS, Fields, title, write
from dashboard.help.texts import text
from dashboard.help.triage import QUESTIONS, Answers, path_for
from kamengwatch.config import Config, Failure, UserError
from kamengwatch.progress import say
from store.names import parse_query


def help_me(config: Config, site: str, given: dict[str, str], letter: str | None, as_json: bool) -> None:
    """Ask what was not given, then print the path with the law it rests on, and a letter if one is named.

    Nothing is stored. Raises UserError for an answer or letter that does not exist.
    """
    if letter is not None and letter not in LETTERS:
        raise UserError(f"--letter {letter}: 没有这封信 no such letter; 可选 one of {', '.join(LETTERS)}")
    answers = Answers(**{name: given.get(name) or _ask(config, name, options) for name, options in QUESTIONS})
    host = parse_query(site).host if site else None
    try:
        path = path_for(answers, _warning_state(config, host) if host else None)
    except ValueError as error:
        raise UserError(str(error)) from error
    lang = config.lang
    body = (
        write(letter, Fields(site=host or "", case=path.case, refund=path.refund_first), config.today(), lang)
        if letter
        else None
    )
    laws = dict.fromkeys(name for step in path.steps for name in step.laws)
    rules = [f"{fact(name).text(lang)}{fact(name).cite(lang)}" for name in laws]
    steps = [text("step", step.id, lang) for step in path.steps]
    if as_json:
        told = {
            "case": path.case,
            "refund_first": path.refund_first,
            "steps": steps,
            "laws": rules,
            "letter": body,
        }
        print(json.dumps(told, ensure_ascii=False))
        return
    print(f"\n{text('case', path.case, lang)}\n")
    print("\n".join(f"{n}. {step}" for n, step in enumerate(steps, 1)))
    print(f"\n{text('ui', 'laws', lang)}")
    print("\n".join(f"- {rule}" for rule in [*rules, read_in(lang)]))
    if letter and body:
        print(f"\n{title(letter, lang)}\n\n{body}")


def _ask(config: Config, name: str, options: tuple[str, ...]) -> str:
    say(f"\n{text('question', name, config.lang)}")
    for number, option in enumerate(options, 1):
        say(f"  {number}. {text('answer', f'{name}_{option}', config.lang)}")
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
    from scoring.snapshot import Snapshot, SnapshotError

    try:
        site = Snapshot.latest(config.data_dir).site(host)
    except SnapshotError:
        return None
    return str(site["warning_state"]) if site else None


def pack(config: Config, host: str, files: list[Path], out: Path) -> None:
    """Write the evidence pack of `host`: the files given and our captures of it. Raises UserError and writes nothing on bad input."""
    from dashboard.help.captures import captures_of, with_text
    from scoring.snapshot import Snapshot, SnapshotError

    named = parse_query(host).host
    if named is None:
        raise UserError(f"{host}: 看不出是哪个网站 no site in it; 例 e.g. shop.example")
    items = []
    for file in files:
        try:
            items.append(packs.Item(file.name, file.read_bytes()))
        except OSError as error:
            raise UserError(f"{file}: 读不了 cannot be read ({error.strerror})") from error
    try:
        snapshot = Snapshot.latest(config.data_dir)
        ours = captures_of(snapshot, named)
        items += with_text(snapshot, ours)
    except SnapshotError:
        ours = []
    try:
        made = packs.make(items, named, config.now(), config.lang)
        out.write_bytes(made)
    except packs.PackError as error:
        raise UserError(f"{named}: {error}") from error
    except OSError as error:
        raise UserError(f"{out}: 写不了 cannot be written ({error.strerror})") from error
    say(
        config.say(
            f"{out}：{len(files)} 个原始文件，{len(ours)} 份本站存档。核对：kamengwatch pack --verify {out}",
            f"{out}: {len(files)} originals, {len(ours)} captures of ours. Check: kamengwatch pack --verify {out}",
        )
    )


def verify_pack(config: Config, file: Path) -> None:
    """Re-hash a pack; raises Failure when a file differs, UserError when it is no pack."""
    try:
        wrong = packs.verify(file)
    except packs.PackError as error:
        raise UserError(str(error)) from error
    for line in wrong:
        say(line)
    if wrong:
        raise Failure(f"{file}: {len(wrong)} 个文件不符 files differ")
    say(config.say(f"{file}：全部一致", f"{file}: every hash is as listed"))
