"""Papers for an authority, a lawyer or the press, from the published snapshot: a dossier, a bulletin, the list of sites by provision."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dashboard.help import bulletin as bulletins
from dashboard.help import dossier as writing
from dashboard.help.citations import none
from dashboard.help.documents import WRITERS, Section
from dashboard.presenters.translations import pick
from kamengwatch.config import Config, UserError
from kamengwatch.console import log_line, tell_json
from kamengwatch.read.verdicts import open_snapshot
from scoring.snapshot.reader import Snapshot
from store.durable_files import write_whole
from store.private_files import FILE_MODE
from store.text.safe_text import in_number


def dossier(config: Config, target: str, kind: str, out: Path) -> None:
    """Write the dossier of a site, or of an operator or a cluster with each of its sites; raises UserError."""
    snapshot = _snapshot(config, out)
    subject = writing.subject_of(snapshot, target, kind)
    if subject is None:
        named = {
            "operator": "这个网站没有已知的运营主体 no operator of it is known",
            "cluster": "快照里没有这个网站 no such site in the snapshot",
        }.get(kind, "快照里没有这个网站或运营主体 no such site or operator in the snapshot")
        raise UserError(f"{target[:80]}: {named}; 查看 see: kamengwatch rank")
    title, sections, cited = writing.dossier(snapshot, subject, config.lang, config.now())
    _write(out, title, sections)
    log_line(
        config.say(
            f"{out}：{len(subject.hosts)} 个网站，{cited} 条证据，快照 {snapshot.id}",
            f"{out}: "
            + in_number(
                f"{len(subject.hosts)} site(s), {cited} piece(s) of evidence, snapshot {snapshot.id}"
            ),
        )
    )


def bulletin(config: Config, period: str, out: Path) -> None:
    """Write the newest bulletin of a kind (week, month) or the one of this id; raises UserError."""
    snapshot = _snapshot(config, out)
    known = bulletins.ids(snapshot)
    id_ = next((i for i in known if i.startswith(f"{period}-") or i == period), None)
    told = bulletins.facts_of(snapshot, id_) if id_ else None
    if told is None:
        raise UserError(
            f"--period {period[:40]}: 没有这一期 no such bulletin; 已有 there are: {', '.join(known[:12]) or '—'}; "
            "一期在它结束后的第一次发布时写成 one is written by the first publication after its last day"
        )
    _write(out, *bulletins.paper(told, config.lang, bool(snapshot.manifest.get("demo"))))
    counts = told["counts"]
    log_line(
        config.say(
            f"{out}：{told['since']} 至 {told['until']}，{counts['closures']} 次停运，{counts['moves']} 次其他状态变化",
            f"{out}: {told['since']} to {told['until']}, "
            + in_number(f"{counts['closures']} closure(s), {counts['moves']} other change(s) of state"),
        )
    )


def sweep(config: Config, as_json: bool) -> None:
    """Print, provision by provision, the sites whose published findings touch it: a list for an authority's sweep."""
    snapshot = open_snapshot(config)
    found = bulletins.provisions(snapshot)
    if as_json:
        told = [
            {"provision": p.fact.id, "law": p.fact.law, "article": p.fact.article, "text": p.fact.text(config.lang), "verified_on": p.fact.verified_on.isoformat(),
             "sites": [{"host": r["host"], "indicator": r["indicator"], "sentence": pick(r, "sentence", config.lang)} for r in p.rows]}
            for p in found
        ]  # fmt: skip
        tell_json({"snapshot": snapshot.id, "provisions": told})
        return
    for p in found:
        print(f"{p.fact.text(config.lang)}{p.fact.cite(config.lang)}")
        for row in p.rows:
            print(f"  {row['host']}：{pick(row, 'sentence', config.lang)}")
    if not found:
        print(none(config.lang))


def _snapshot(config: Config, out: Path) -> Snapshot:
    if out.suffix[1:] not in WRITERS:
        raise UserError(
            f"{out.name}: 文件名须以 {' '.join(f'.{e}' for e in WRITERS)} 结尾 the name must end so; 例 e.g. -o dossier.docx"
        )
    return open_snapshot(config)


def _write(out: Path, title: str, sections: Sequence[Section]) -> None:
    """Write the file whole or not at all; raises UserError where the disk takes none."""
    data = WRITERS[out.suffix[1:]](title, sections)
    try:
        write_whole(out, data, FILE_MODE)
    except OSError as error:
        raise UserError(f"{out}: 写不了 cannot be written ({error.strerror})") from error
