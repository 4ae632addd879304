"""Other places that look for us: an operator trusts a key, hands out a signed list of hosts, and takes signed reports in.

The place probes with the crawler's own availability probe (robots.txt, pace and controls hold), keeps no page and signs what it saw. A report
is refused whole where its signature, key, list or time is wrong; a line of it by itself, with its number and reason. A place whose own controls
were silent is out: its report is noted, and nothing of it counts (scoring/observations/places.py says what the rest does).
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization as forms
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy import Connection, func, select, update

from kamengwatch.config import Config, Failure, UserError, require_contact
from kamengwatch.console import bar, log_line, print_answer
from scoring.snapshot import signing
from store.china_time import SHANGHAI
from store.db.tables import Observer, PlaceProbe, PlaceReport, Platform
from store.db.upsert import insert_for
from store.evidence.entity_matching import Directory
from store.evidence.records import ProbeRecord, RecordError, parse_record
from store.private_files import make_private_folder
from store.redaction.fields import safe_text
from store.text.query import key_of

FOLDER = "observe"
"""Below the data folder: the lists handed out (`lists/`), and reports laid down to be taken (`inbox/`)."""
DAYS_VALID = 30
"""Days for which a list may be looked at."""
OLDEST = dt.timedelta(days=7)
"""A report handed in later than this is refused: what it says is no news of today."""
AHEAD = dt.timedelta(minutes=10)
"""How far another machine's clock may run ahead of ours."""
_LARGEST = 50_000_000
_MOST_HOSTS = 20_000
_FIELDS = ("outcome", "class", "status", "latency_ms", "dns", "tcp", "tls")


class _Refused(Exception):
    """Why a whole list or report is not taken."""


@dataclass
class Taken:
    """What became of one report: looks taken, and each refused line by its number."""

    file: str
    place: str | None = None
    looks: int = 0
    line_works: bool = True
    refused: list[tuple[int, str]] = field(default_factory=list)


# The place's side: a key of its own, and looks.


def initialise(config: Config, operator: Path) -> None:
    """Make the place's key, remember the operator's, and print the public key to send to the operator."""
    folder = config.data_dir / FOLDER
    make_private_folder(folder)
    try:
        held = signing.read_public_key(operator)
        if signing.private_key(folder) is None:
            signing.create_key(folder, config.now())
        mine = signing.public_pem(folder)
    except signing.KeyUnusable as error:
        raise UserError(str(error)) from error
    (folder / "operator.pem").write_bytes(
        held.public_bytes(forms.Encoding.PEM, forms.PublicFormat.SubjectPublicKeyInfo)
    )
    log_line(config.say("把下面的公钥交给发布者，请他运行 kamengwatch observe trust：", "Give this public key to the operator, who runs kamengwatch observe trust:"))  # fmt: skip
    print(mine, end="")


def look(config: Config, listed: Path, out: Path, sandbox_proxy: str = "") -> None:
    """Probe the hosts of a list the operator signed and write the signed report; raises UserError, Failure."""
    folder = config.data_dir / FOLDER
    key = _own_key(folder)
    if not sandbox_proxy:
        require_contact()
    try:
        told = _read_list(listed, signing.read_public_key(folder / "operator.pem"))
    except (_Refused, signing.KeyUnusable) as error:
        raise UserError(f"{listed.name}: {error}") from error
    now = config.now()
    if now > dt.datetime.fromisoformat(told["valid_until"]):
        raise UserError(f"{listed.name}: 名单在 {told['valid_until'][:10]} 过期了 this list has expired; 向发布者要新的 ask for a new one: kamengwatch observe list")  # fmt: skip
    found = _probed(config, told["hosts"], sandbox_proxy)
    controls = found["controls"] or {"answered": [], "silent": {}}
    head = {"kind": "place-report", "format": 1, "list": list_id(told), "made_at": config.now().isoformat(), "key": signing.key_id(key.public_key()), "controls": controls}  # fmt: skip
    lines = [head]
    # A later word about a host replaces the earlier; a page's text is never among the fields.
    for record in {r["host"]: r for r in found["records"] if r["kind"] == "probe"}.values():
        lines.append({"host": record["host"], "observed_at": record["observed_at"], **{n: record[n] for n in _FIELDS if record.get(n) is not None}})  # fmt: skip
    out.write_bytes(signed_report(lines, key))
    works = "" if controls["answered"] else config.say("；对照网页都没有回应，这份报告只说明本处断网", "; no control answered: this only says that this line was down")  # fmt: skip
    log_line(config.say(f"{out}：{len(lines) - 1} 个网站{works}", f"{out}: {len(lines) - 1} sites{works}"))


def _own_key(folder: Path) -> Ed25519PrivateKey:
    try:
        key = signing.private_key(folder)
    except signing.KeyUnusable as error:
        raise UserError(str(error)) from error
    if key is None or not (folder / "operator.pem").is_file():
        raise UserError("还没有建立观测点 no place is set up here; 先 first: kamengwatch observe init --operator 发布者公钥.pem")  # fmt: skip
    return key


def _probed(config: Config, hosts: Sequence[str], sandbox_proxy: str) -> dict[str, Any]:
    """What the crawler's probe found, in a process of its own."""
    from kamengwatch.pipeline.crawl_process import events

    with tempfile.TemporaryDirectory(prefix="kamengwatch-observe-") as folder:
        out = Path(folder) / "seen.json"
        words = ["--source", "availability", "--now", config.now().isoformat(), "--data-dir", str(config.data_dir), "--database", "", "--report", str(out)]  # fmt: skip
        words += ["--sandbox-proxy", sandbox_proxy] if sandbox_proxy else []
        words += [word for host in hosts for word in ("--host", host)]
        with bar(config.say("观测", "looking"), len(hosts)) as progress:
            for event in events(words):
                progress.advance(event["event"] == "host")
        if not out.is_file():
            raise Failure(config.say("观测没有完成", "the look did not end"))
        found: dict[str, Any] = json.loads(out.read_text("utf-8"))
        return found


def signed_report(lines: Sequence[dict[str, Any]], key: Ed25519PrivateKey) -> bytes:
    """The lines of a report, and below them the signature of their bytes."""
    body = b"".join(json.dumps(line, ensure_ascii=False, sort_keys=True).encode() + b"\n" for line in lines)
    footer = {"key": signing.key_id(key.public_key()), "signature": base64.b64encode(key.sign(body)).decode()}
    return body + json.dumps(footer).encode() + b"\n"


# The operator's side: whom to trust, what to look at, and what came back.


def trust(config: Config, file: Path, place: str, mainland: bool) -> None:
    """Take reports signed by this key from now on, under the name of a place."""
    name = place.strip()
    if not 0 < len(name) <= 40 or safe_text(name) != name:
        raise UserError(f"--place {place[:40]}: 写地点与线路，至多 40 字，不写人名和号码 the place and line, at most 40 characters, no person; 例 e.g. 上海电信")  # fmt: skip
    try:
        public = signing.read_public_key(file)
    except signing.KeyUnusable as error:
        raise UserError(str(error)) from error
    id_, raw = signing.key_id(public), public.public_bytes(forms.Encoding.Raw, forms.PublicFormat.Raw)
    with config.engine.begin() as connection:
        if connection.scalar(select(Observer.id).where((Observer.place == name) | (Observer.key == id_))):
            raise UserError(f"{name}: 这个地点或密钥已登记 this place or key is known already; 查看 see: kamengwatch observe show")  # fmt: skip
        row = {"place": name, "mainland": mainland, "key": id_, "public_key": base64.b64encode(raw).decode(), "added_at": config.now()}  # fmt: skip
        connection.execute(insert_for(connection, Observer), [row])
    log_line(config.say(f"已信任观测点 {name}（{id_}）。下一步：kamengwatch observe list -o hosts.json", f"Trusted {name} ({id_}). Next: kamengwatch observe list -o hosts.json"))  # fmt: skip


def distrust(config: Config, place: str) -> None:
    """Take nothing more from a place; what it told before stands."""
    with config.engine.begin() as connection:
        done = connection.execute(update(Observer).where(Observer.place == place, Observer.removed_at.is_(None)).values(removed_at=config.now()))  # fmt: skip
    if not done.rowcount:
        raise UserError(f"{place[:40]}: 没有这个观测点 no such place; 查看 see: kamengwatch observe show")
    log_line(config.say(f"不再接受 {place} 的报告", f"No more reports are taken from {place}"))


def hand_out(config: Config, out: Path) -> None:
    """Write the signed list of watched hosts; merchants of malls are their mall’s to reach."""
    try:
        key = signing.private_key(config.data_dir)
    except signing.KeyUnusable as error:
        raise UserError(str(error)) from error
    if key is None:
        raise UserError("名单要签名 the list has to be signed: 先 first kamengwatch keys create")
    with config.engine.connect() as connection:
        hosts = sorted(h for h in connection.scalars(select(Platform.host).where(Platform.status == "watched")) if "/" not in h)[:_MOST_HOSTS]  # fmt: skip
    if not hosts:
        raise UserError("观察名单是空的 the watchlist is empty; 先 first: kamengwatch watch add shop.example")
    now = config.now()
    told = {"kind": "place-list", "format": 1, "made_at": now.isoformat(), "valid_until": (now + dt.timedelta(days=DAYS_VALID)).isoformat(), "hosts": hosts}  # fmt: skip
    whole = told | {"key": signing.key_id(key.public_key()), "signature": base64.b64encode(key.sign(_canonical(told))).decode()}  # fmt: skip
    text = json.dumps(whole, ensure_ascii=False, indent=1) + "\n"
    kept = config.data_dir / FOLDER / "lists"
    make_private_folder(kept)
    (kept / f"{list_id(told)}.json").write_text(text, "utf-8")
    out.write_text(text, "utf-8")
    log_line(config.say(f"{out}：{len(hosts)} 个网站，{DAYS_VALID} 天内有效", f"{out}: {len(hosts)} site(s), valid for {DAYS_VALID} days"))  # fmt: skip


def take(config: Config, files: Sequence[Path], as_json: bool) -> None:
    """Take reports in; without files those laid down in the inbox. Raises UserError (exit 2) where anything was refused."""
    chosen = list(files) or inbox(config.data_dir)
    if not chosen:
        raise UserError(f"没有报告 there is no report; 写文件名，或放进 name a file, or lay it into {config.data_dir / FOLDER / 'inbox'}")  # fmt: skip
    found = [take_one(config, file) for file in chosen]
    if as_json:
        print_answer(json.dumps([{"file": t.file, "place": t.place, "looks": t.looks, "line_works": t.line_works, "refused": [{"line": n, "reason": why} for n, why in t.refused]} for t in found], ensure_ascii=False))  # fmt: skip
    for taken in () if as_json else found:
        out = "" if taken.line_works else config.say("；该处自己的对照网页都没有回应，不计", "; its own controls were silent, nothing counts")  # fmt: skip
        log_line(config.say(f"{taken.file}（{taken.place or '来处不明'}）：收下 {taken.looks} 个，拒绝 {len(taken.refused)} 行{out}", f"{taken.file} ({taken.place or 'from nobody known'}): {taken.looks} taken, {len(taken.refused)} line(s) refused{out}"))  # fmt: skip
        for number, why in taken.refused[:50]:
            log_line(f"  第 line {number}: {why}" if number else f"  {why}")
    if not files:
        for file in chosen:
            file.unlink(missing_ok=True)
    if any(taken.refused for taken in found):
        raise UserError(config.say("有内容没有收下，原因见上", "something was refused, see above"))


def inbox(data_dir: Path) -> list[Path]:
    """Reports laid down to be taken, oldest name first."""
    return sorted((data_dir / FOLDER / "inbox").glob("*.jsonl"))


def take_inbox(config: Config) -> None:
    """Take what lies in the inbox, for the scheduler: what is refused is logged, and nothing is raised."""
    for file in inbox(config.data_dir):
        taken = take_one(config, file)
        file.unlink(missing_ok=True)
        for number, why in taken.refused[:5]:
            log_line(f"{taken.file} {taken.place or ''} {number or ''}: {why}")


def take_one(config: Config, file: Path) -> Taken:
    """Take one report in, whole lines at a time; what is refused is told in the answer."""
    taken, now = Taken(file.name), config.now()
    try:
        data = _bytes_of(file)
        lines, footer = _split(data)
        with config.engine.begin() as connection:
            observer = _signer(connection, lines, footer)
            taken.place = observer.place
            head = _head(lines)
            told = _handed_out(config.data_dir, str(head.get("list")))
            made_at = _made_at(connection, observer, head, told, now)
            digest = hashlib.sha256(data).hexdigest()
            answered = (head.get("controls") or {}).get("answered")
            taken.line_works = isinstance(answered, list) and bool(answered)
            row = {"observer_id": observer.id, "digest": digest, "made_at": made_at, "taken_at": now, "line_works": taken.line_works, "looks": 0}  # fmt: skip
            connection.execute(insert_for(connection, PlaceReport), [row])
            report = connection.scalar(select(PlaceReport.id).where(PlaceReport.digest == digest))
            if taken.line_works:
                rows = list(_looks(connection, lines[1:], told, made_at, taken))
                for one in rows:
                    one |= {"observer_id": observer.id, "report_id": report, "seen_at": now}
                if rows:
                    done = connection.execute(insert_for(connection, PlaceProbe).on_conflict_do_nothing(), rows)  # fmt: skip
                    taken.looks = max(done.rowcount, 0)
                connection.execute(update(PlaceReport).where(PlaceReport.id == report).values(looks=taken.looks))  # fmt: skip
    except _Refused as error:
        taken.refused.append((0, str(error)))
    return taken


def show(config: Config, as_json: bool) -> None:
    """Every place with its last report."""
    with config.engine.connect() as connection:
        rows = connection.execute(
            select(Observer.place, Observer.mainland, Observer.key, Observer.added_at, Observer.removed_at, func.max(PlaceReport.made_at).label("last"), func.count(PlaceReport.id).label("reports"))
            .outerjoin(PlaceReport, PlaceReport.observer_id == Observer.id).group_by(Observer.id).order_by(Observer.place)
        ).all()  # fmt: skip
    if as_json:
        print_answer(json.dumps([{"place": r.place, "mainland": r.mainland, "key": r.key, "added_at": _iso(r.added_at), "removed_at": _iso(r.removed_at), "last_report_at": _iso(r.last), "reports": r.reports} for r in rows], ensure_ascii=False))  # fmt: skip
        return
    if not rows:
        log_line(config.say("只有本机在观测。加一处：kamengwatch observe trust 公钥.pem --place 上海电信 --mainland", "Only this machine looks. Add a place: kamengwatch observe trust key.pem --place Shanghai --mainland"))  # fmt: skip
    for r in rows:
        last = f"{r.last.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" if r.last else config.say("还没有报告", "no report yet")  # fmt: skip
        gone = config.say("（已撤销）", " (removed)") if r.removed_at else ""
        print_answer(f"{r.place}{gone}\t{'大陆 mainland' if r.mainland else '境外 abroad'}\t{r.key}\t{r.reports}\t{last}")  # fmt: skip


def _iso(moment: dt.datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def list_id(told: dict[str, Any]) -> str:
    """What a list is called: the hash of what it says."""
    return hashlib.sha256(_canonical({k: v for k, v in told.items() if k not in ("key", "signature")})).hexdigest()  # fmt: skip


def _canonical(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _bytes_of(file: Path) -> bytes:
    try:
        if file.stat().st_size > _LARGEST:
            raise _Refused(f"大于 {_LARGEST // 1_000_000} MB larger than any report")
        return file.read_bytes()
    except OSError as error:
        raise _Refused(f"读不了 cannot be read ({error.strerror})") from error


def _read_list(file: Path, operator: Ed25519PublicKey) -> dict[str, Any]:
    told = _object(_bytes_of(file))
    unsigned = {k: v for k, v in told.items() if k not in ("key", "signature")}
    if told.get("kind") != "place-list" or told.get("format") != 1 or not isinstance(told.get("hosts"), list):
        raise _Refused("不是观测名单 no list of hosts to look at")
    if not signing.holds(operator, str(told.get("signature")), _canonical(unsigned)):
        raise _Refused("不是由发布者签名，或改动过，没有观测 not signed by the operator, or altered: nothing was asked")  # fmt: skip
    return told


def _split(data: bytes) -> tuple[list[bytes], dict[str, Any]]:
    lines = data.splitlines(keepends=True)
    footer = _object(lines[-1]) if len(lines) > 1 else {}
    if not {"key", "signature"} <= footer.keys() or "host" in footer:
        raise _Refused("没有签名 unsigned")
    return lines[:-1], footer


def _object(data: bytes) -> dict[str, Any]:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise _Refused("不是 JSON not JSON") from error
    if not isinstance(found, dict):
        raise _Refused("不是 JSON 对象 no JSON object")
    return found


def _signer(connection: Connection, lines: list[bytes], footer: dict[str, Any]) -> Any:
    known = connection.execute(select(*Observer.__table__.columns).where(Observer.key == str(footer["key"])[:16])).one_or_none()  # fmt: skip
    if known is None:
        raise _Refused("不认识的密钥 unknown key: 先 first kamengwatch observe trust 公钥.pem --place …")
    if known.removed_at is not None:
        raise _Refused(f"{known.place} 已撤销 is no longer trusted")
    public = Ed25519PublicKey.from_public_bytes(base64.b64decode(known.public_key))
    if not signing.holds(public, str(footer["signature"]), b"".join(lines)):
        raise _Refused(
            f"签名与内容不符，改动过 altered: the signature of {known.place} is not of these bytes"
        )
    return known


def _head(lines: list[bytes]) -> dict[str, Any]:
    head = _object(lines[0])
    if head.get("kind") != "place-report" or head.get("format") != 1:
        raise _Refused("不是观测报告 no report of a place")
    return head


def _handed_out(data_dir: Path, name: str) -> dict[str, Any]:
    """The list a report answers; raises _Refused where we handed out none of that name."""
    if len(name) == 64 and not set(name) - set("0123456789abcdef"):
        file = data_dir / FOLDER / "lists" / f"{name}.json"
        if file.is_file():
            return _object(file.read_bytes())
    raise _Refused("答的不是我们发出的名单 it answers no list of ours")


def _made_at(connection: Connection, observer: Any, head: dict[str, Any], told: dict[str, Any], now: dt.datetime) -> dt.datetime:  # fmt: skip
    """When a report was made; raises _Refused for one of the future, too old, taken before, or older than one taken before."""
    try:
        made_at = dt.datetime.fromisoformat(str(head.get("made_at"))).astimezone(dt.UTC)
    except (ValueError, OverflowError) as error:
        raise _Refused("made_at 不是时间 no time") from error
    last = connection.scalar(select(func.max(PlaceReport.made_at)).where(PlaceReport.observer_id == observer.id))  # fmt: skip
    if made_at > now + AHEAD:
        raise _Refused(f"日期在未来 made in the future: {made_at:%Y-%m-%d %H:%M} UTC; 请校准那台机器的时钟 set that machine's clock")  # fmt: skip
    if last is not None and made_at <= last:
        raise _Refused(f"收过了，或比收过的旧 taken before, or older than what was taken ({last:%Y-%m-%d %H:%M} UTC)")  # fmt: skip
    if made_at < now - OLDEST:
        raise _Refused(f"太旧 too old: {made_at:%Y-%m-%d}; 报告须在 {OLDEST.days} 天内交来 reports are taken for {OLDEST.days} days")  # fmt: skip
    begun, ends = (dt.datetime.fromisoformat(told[k]) for k in ("made_at", "valid_until"))
    if not begun - AHEAD <= made_at <= ends:
        raise _Refused("不在名单的有效期内 made outside the days of its list")
    return made_at


def _looks(
    connection: Connection, lines: Sequence[bytes], told: dict[str, Any], made_at: dt.datetime, taken: Taken
) -> Iterator[dict[str, Any]]:
    """Rows of the looks that can be taken; the others are told in `taken`."""
    directory, hosts, seen = Directory(connection), set(told["hosts"]), set[str]()
    began = dt.datetime.fromisoformat(told["made_at"])
    for number, line in enumerate(lines, 2):
        try:
            said = _object(line)
            record = parse_record({"kind": "probe", "source": "observe", **{k: said[k] for k in ("host", "observed_at", *_FIELDS) if k in said}})  # fmt: skip
            assert isinstance(record, ProbeRecord)
            host = key_of(record.host or "") or ""
            if host not in hosts:
                raise _Refused(f"{host[:60] or '?'}: 不在名单上 not on the list")
            if host in seen:
                raise _Refused(f"{host}: 一份报告里写了两次 twice in one report")
            if not began <= record.observed_at <= made_at + AHEAD:
                raise _Refused(f"{host}: 时间不在名单与报告之间 not between the list and the report")
            platform = directory.by_host(host)
            if platform is None:
                raise _Refused(f"{host}: 已不在观察名单 no longer watched")
        except (_Refused, RecordError) as error:
            taken.refused.append((number, str(error)[:200]))
            continue
        seen.add(host)
        values = {name: getattr(record, "class_" if name == "class" else name) for name in _FIELDS}
        yield {"platform_id": platform, "observed_at": record.observed_at, **values}
