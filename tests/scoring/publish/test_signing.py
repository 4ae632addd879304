"""Whoever holds a public key and an older manifest's hash finds every change of the past, also one by the operator."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from rfc3161_client import HashAlgorithm, TimestampRequestBuilder
from sqlalchemy import insert, select, update

from kamengwatch.config import Config
from kamengwatch.maintain import time_stamps
from kamengwatch.maintain.integrity import archive_faults
from scoring.engine.rate import rate
from scoring.publish.publisher import publish, sums_text
from scoring.snapshot import signing, stamps
from scoring.snapshot.integrity import content_digest, sums_of
from store.db.tables import Capture, Crawl, Source
from store.durable_files import sha256_of
from store.evidence import ingest
from tests.support.markets.judged_records import NOW, database
from tests.support.markets.records import HOST, complaint
from tests.support.programs.in_process_cli import command
from tests.support.servers.time_stamping import Authority, Calendar, served

DAY = dt.date(2026, 4, 30)


def _told(number: int) -> dict[str, object]:
    return complaint(number, f"第 {number} 单付款后没有发货，客服不回")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a key and three snapshots, each with a complaint more; the key was replaced after the second."""
    folder = tmp_path_factory.mktemp("signed")
    signing.create_key(folder, NOW)
    (folder / "held.pem").write_text(signing.public_pem(folder) or "")
    engine = database(folder, [{"kind": "platform", "host": HOST, "name": HOST}, _told(1)])
    for number in (1, 2, 3):
        if number > 1:
            ingest.import_records(ingest.Ingest(engine, NOW, accept_new=True), [_told(number)])
        if number == 3:
            signing.create_key(folder, NOW)
        now = NOW + dt.timedelta(hours=number)
        rate(engine, folder, DAY, now)
        publish(engine, folder, now)
    engine.dispose()
    return folder


@pytest.fixture
def copy(published: Path, tmp_path: Path) -> Path:
    """The snapshots as somebody else downloaded them."""
    shutil.copytree(published / "snapshots", tmp_path / "copy", symlinks=True)
    return tmp_path / "copy"


def _folders(copy: Path) -> list[Path]:
    return sorted(p for p in copy.iterdir() if p.is_dir() and not p.is_symlink() and p.name[0] != ".")


def _root(published: Path, number: int) -> str:
    return hashlib.sha256(
        (_folders(published / "snapshots")[number] / "manifest.json").read_bytes()
    ).hexdigest()


def _seal(folder: Path, key: Ed25519PrivateKey | None, **changes: object) -> None:
    """Make list and manifest fit what is in a folder again, as somebody who knows the format can."""
    manifest = json.loads((folder / "manifest.json").read_text()) | changes
    names = [n for n in sums_of(folder) if n != "manifest.json" and (folder / n).exists()]
    sums = dict(sorted((n, sha256_of(folder / n)) for n in names))
    manifest["content_sha256"] = content_digest(sums)
    manifest["files"] = {n: d for n, d in sums.items() if n in manifest["files"]}
    text = json.dumps(manifest, ensure_ascii=False)
    (folder / "manifest.json").write_text(text)
    (folder / "SHA256SUMS").write_text(sums_text(sums, text))
    if key is not None:
        (folder / signing.SIGNATURE).unlink(missing_ok=True)
        signing.sign(folder, key)


def _edit(folder: Path) -> None:
    file = folder / "ratings.csv"
    file.unlink()  # its bytes may be shared with another snapshot's
    file.write_text("host,tier\nshop.test,blue\n")


def _own(published: Path) -> Ed25519PrivateKey:
    key = signing.private_key(published)
    assert key is not None
    return key


def _chain_again(copy: Path, key: Ed25519PrivateKey, start: int) -> None:
    """Sign everything from `start` on again, each chained to the one before: all an operator can do with their own key."""
    folders = _folders(copy)
    for before, folder in zip(folders[start:], folders[start + 1 :], strict=False):
        digest = hashlib.sha256((before / "manifest.json").read_bytes()).hexdigest()
        _seal(folder, key, previous={"name": before.name, "sha256": digest})


def edited(copy: Path, published: Path) -> None:
    _edit(_folders(copy)[1])


def edited_and_listed_again(copy: Path, published: Path) -> None:
    _edit(_folders(copy)[1])
    _seal(_folders(copy)[1], None)


def signed_with_a_new_key(copy: Path, published: Path) -> None:
    _edit(_folders(copy)[1])
    _seal(_folders(copy)[1], Ed25519PrivateKey.generate())


def signed_with_the_true_key(copy: Path, published: Path) -> None:
    _edit(_folders(copy)[1])
    _seal(_folders(copy)[1], _own(published))


def a_complaint_dropped_and_all_signed_again(copy: Path, published: Path) -> None:
    first = _folders(copy)[0]
    (first / "evidence.parquet").unlink()
    shutil.copyfile(first / "findings.parquet", first / "evidence.parquet")
    _seal(first, _own(published))
    _chain_again(copy, _own(published), 0)


def one_left_out(copy: Path, published: Path) -> None:
    shutil.rmtree(_folders(copy)[1])


def one_left_out_and_all_signed_again(copy: Path, published: Path) -> None:
    shutil.rmtree(_folders(copy)[1])
    _chain_again(copy, _own(published), 0)


def the_beginning_left_out(copy: Path, published: Path) -> None:
    shutil.rmtree(_folders(copy)[0])


def unsigned(copy: Path, published: Path) -> None:
    (_folders(copy)[2] / signing.SIGNATURE).unlink()


def unsigned_and_never_said_to_be(copy: Path, published: Path) -> None:
    (_folders(copy)[2] / signing.SIGNATURE).unlink()
    _seal(_folders(copy)[2], None, signed_by=None)


def dated_back(copy: Path, published: Path) -> None:
    _seal(_folders(copy)[2], _own(published), created_at="2020-01-01T00:00:00+00:00")


def a_key_nobody_handed_over_to(copy: Path, published: Path) -> None:
    newest, stranger = _folders(copy)[2], Ed25519PrivateKey.generate()
    said = json.loads((newest / signing.LISTED).read_text())
    entry = signing._entry(stranger.public_key(), NOW) | {"handed_over_by": said["keys"][0]["id"]}
    said["keys"].append(entry | {"signature": signing._text(stranger.sign(signing._canonical(entry)))})
    (newest / signing.LISTED).unlink()
    (newest / signing.LISTED).write_text(json.dumps(said))
    _seal(newest, stranger)


ATTACKS: list[Callable[[Path, Path], None]] = [
    edited, edited_and_listed_again, signed_with_a_new_key, signed_with_the_true_key, a_complaint_dropped_and_all_signed_again, one_left_out,
    one_left_out_and_all_signed_again, the_beginning_left_out, unsigned, unsigned_and_never_said_to_be, dated_back, a_key_nobody_handed_over_to,
]  # fmt: skip


def test_what_was_published_passes_with_the_first_key_and_any_older_root(copy: Path, published: Path) -> None:
    held = signing.read_public_key(published / "held.pem")
    assert len(_folders(copy)) == 3
    assert list(signing.history_errors(copy, held, [_root(published, n) for n in range(3)])) == []


def test_what_was_published_before_there_was_a_key_is_attested_by_the_first_signed_one(
    copy: Path, published: Path
) -> None:
    held, first = signing.read_public_key(published / "held.pem"), _folders(copy)[0]
    (first / signing.SIGNATURE).unlink()
    _seal(first, None, signed_by=None)
    _chain_again(copy, _own(published), 0)
    assert list(signing.history_errors(copy, held)) == []
    _edit(first)
    _seal(first, None)
    assert list(signing.history_errors(copy, held))


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_a_dishonest_operator_is_found(
    attack: Callable[[Path, Path], None], copy: Path, published: Path
) -> None:
    held, roots = signing.read_public_key(published / "held.pem"), [_root(published, n) for n in range(3)]
    attack(copy, published)
    assert list(signing.history_errors(copy, held, roots))


def test_anybody_checks_with_the_command_and_no_database(
    copy: Path, published: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("verify", "--snapshots", copy, "--key", published / "held.pem", "--data-dir", tmp_path / "none")
    command(capsys, *words, "--root", _root(published, 0))
    edited_and_listed_again(copy, published)
    said = command(capsys, *words, expect=1)
    assert _folders(copy)[1].name in said.out and "Traceback" not in said.err
    assert "--snapshots" in command(capsys, "verify", "--key", published / "held.pem", expect=2).err
    for wrong in (("--root", "abc"), ("--key", copy / "latest")):
        assert "Traceback" not in command(capsys, *words, *wrong, expect=2).err
    assert not (tmp_path / "none").exists()


def test_the_key_is_its_owners_alone_and_is_not_replaced_by_accident(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = ("--data-dir", tmp_path / "data")
    assert "keys create" in command(capsys, "keys", "show", *folder, expect=2).err
    command(capsys, "keys", "create", *folder)
    private = tmp_path / "data" / signing.FOLDER / signing.PRIVATE
    assert private.stat().st_mode & 0o777 == 0o600 and private.parent.stat().st_mode & 0o777 == 0o700
    first = command(capsys, "keys", "show", *folder).out
    assert first.startswith("-----BEGIN PUBLIC KEY-----")
    assert "--replace" in command(capsys, "keys", "create", *folder, expect=2).err
    assert command(capsys, "keys", "show", *folder).out == first
    command(capsys, "keys", "create", "--replace", *folder)
    assert command(capsys, "keys", "show", *folder).out != first
    private.write_text("spoiled")
    for words in (("show",), ("create", "--replace")):
        assert str(private) in command(capsys, "keys", *words, *folder, expect=2).err


def _stamped(folder: Path, authority: Authority, at: dt.datetime) -> Path:
    """A token of the snapshot's manifest as it is, given at a moment of our choosing."""
    authority.at = at
    query = TimestampRequestBuilder((folder / "manifest.json").read_bytes(), HashAlgorithm.SHA256).build()
    file = stamps.token_file(folder, "tsa.test")
    file.write_bytes(authority.answer(query.as_bytes()))
    return file


def _dates(copy: Path, authority: Authority, now: dt.datetime) -> tuple[list[tuple[str, str]], stamps.Dates]:
    dates = stamps.Dates()
    return list(stamps.date_errors(_folders(copy), [authority.root], now, dates)), dates


def test_stamps_prove_the_dates_of_all_snapshots_before_them(copy: Path) -> None:
    authority, hour = Authority(NOW), dt.timedelta(hours=1)
    first, second, third = _folders(copy)
    assert _dates(copy, authority, NOW)[1] == stamps.Dates(before=3)
    _stamped(second, authority, NOW + 2.5 * hour)
    found, dates = _dates(copy, authority, NOW + 4 * hour)
    assert found == [] and dates == stamps.Dates(proved=1, before=1, open=1)
    _stamped(third, authority, NOW + 4 * hour)
    assert _dates(copy, authority, NOW + 5 * hour) == ([], stamps.Dates(proved=2, before=1))
    assert first.name not in {p.name.partition("@")[0] for p in copy.iterdir() if "@" in p.name}


@pytest.mark.parametrize(
    "attack",
    [
        "dated back",
        "dated ahead",
        "stamps taken away",
        "another root",
        "another manifest",
        "spoiled",
        "a link",
    ],
)
def test_dates_that_do_not_hold_are_found(attack: str, copy: Path, published: Path) -> None:
    """A snapshot made today and dated a month ago has no stamp of a month ago; nor has one whose stamps were removed."""
    authority, hour, month = Authority(NOW), dt.timedelta(hours=1), dt.timedelta(days=30)
    first, second, third = _folders(copy)
    now = NOW + month
    tokens = [
        _stamped(folder, authority, NOW + n * hour) for n, folder in enumerate((first, second, third), 1)
    ]
    assert _dates(copy, authority, now)[0] == []
    if attack == "dated back":  # the past written anew, with the true key, and stamped again as one can today
        _seal(second, _own(published))
        _edit(second)
        _chain_again(copy, _own(published), 0)
        tokens[1].unlink()
        tokens[2].unlink()
        _stamped(third, authority, now)
    elif attack == "dated ahead":
        _stamped(third, authority, NOW + hour)
    elif attack == "stamps taken away":
        tokens[2].unlink()
    elif attack == "another root":
        _stamped(third, Authority(NOW + 3 * hour), NOW + 3 * hour)
    elif attack == "another manifest":
        tokens[2].write_bytes(tokens[1].read_bytes())
    elif attack == "spoiled":
        tokens[2].write_bytes(tokens[2].read_bytes()[:200])
    else:
        tokens[2].unlink()
        tokens[2].symlink_to(tokens[1])
    found, _ = _dates(copy, authority, now)
    assert found and all(name.startswith((second.name, third.name)) for name, _ in found)


def test_stamps_are_asked_for_kept_completed_and_checked_offline(
    copy: Path,
    published: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = tmp_path / "copy-of-data"
    data.mkdir()
    copy.rename(data / "snapshots")
    authority, calendar = Authority(NOW + dt.timedelta(hours=4)), Calendar(NOW + dt.timedelta(hours=5))
    monkeypatch.setattr(stamps, "LEAST_WORK", 1)
    roots = authority.write_root(tmp_path / "roots.pem")
    words = (
        "verify",
        "--snapshots",
        data / "snapshots",
        "--key",
        published / "held.pem",
        "--data-dir",
        tmp_path / "none",
        "--json",
    )
    assert "KAMENGWATCH_TIMESTAMP" in command(capsys, "stamp", "--data-dir", data, expect=2).err
    with served(authority, calendar) as address:
        for name, value in {
            "AUTHORITIES": f"{address}/tsr",
            "CERTIFICATES": roots,
            "CALENDARS": address,
            "BLOCKS": address,
        }.items():
            monkeypatch.setenv(f"KAMENGWATCH_TIMESTAMP_{name}", str(value))
        assert (
            "127.0.0.1" in command(capsys, "stamp", "--data-dir", data, expect=1).err
        )  # the guard: no address inside
        monkeypatch.setattr(time_stamps, "INSIDE", ("127.0.0.1",))
        for mode in ("refuse", "other", "page"):
            authority.mode = mode
            assert "127.0.0.1" in command(capsys, "stamp", "--data-dir", data, expect=1).err
        authority.mode = "ok"
        assert not list((data / "snapshots").glob("*.tsr"))
        assert len(json.loads(command(capsys, "stamp", "--data-dir", data, "--json").out)["made"]) == 1
        calendar.mined = True
        assert "Bitcoin" in command(capsys, "stamp", "--data-dir", data, "--json").out
        assert json.loads(command(capsys, "stamp", "--data-dir", data, "--json").out)["made"] == []
    monkeypatch.delenv("KAMENGWATCH_TIMESTAMP_CERTIFICATES")
    newest = _folders(data / "snapshots")[-1]
    for token in (data / "snapshots").glob("*.tsr"):
        asked = [
            "openssl",
            "ts",
            "-verify",
            "-in",
            token,
            "-data",
            newest / "manifest.json",
            "-CAfile",
            roots,
        ]
        assert b"OK" in subprocess.run(asked, check=False, capture_output=True).stdout
    said = json.loads(command(capsys, *words).out)  # the block alone
    assert said["dates"] == {"proved": 1, "before": 2, "open": 0} and said["wrong"] == []
    (data / "snapshots" / stamps.HEADERS).unlink()
    assert json.loads(command(capsys, *words).out)["dates"]["proved"] == 0
    assert json.loads(command(capsys, *words, "--authority", roots).out)["dates"]["proved"] == 1
    monkeypatch.setattr(stamps, "LEAST_WORK", 1 << 70)
    with pytest.raises(stamps.StampUnusable):
        stamps.block_time(calendar.header(), calendar.header()[36:68])


def test_the_root_of_the_archive_is_published_and_a_changed_capture_breaks_it(tmp_path: Path) -> None:
    engine = database(tmp_path, [{"kind": "platform", "host": HOST, "name": HOST}, _told(1)])
    config = Config(tmp_path, fixed_now=NOW)

    def archived(key: str, number: int, done: bool) -> None:
        with engine.begin() as connection:
            source = connection.execute(select(Source.id).limit(1)).scalar()
            crawl = {
                "key": key,
                "source_id": source,
                "started_at": NOW,
                "finished_at": NOW if done else None,
                "outcome": "ok" if done else None,
            }
            made = connection.execute(insert(Crawl).values(crawl)).inserted_primary_key
            row = {
                "crawl_id": made[0],
                "url": f"http://{HOST}/{number}",
                "fetched_at": NOW,
                "status": 200,
                "archive": f"{key}.warc.gz",
                "offset": 0,
            }
            connection.execute(
                insert(Capture).values(
                    row | {"payload_sha256": f"{number:064x}", "original_sha256": f"{number:064x}"}
                )
            )

    for number, done in ((1, True), (2, False), (3, True)):
        archived(f"crawl{number}", number, done)
        if number == 2:
            continue
        if number == 3:
            with engine.begin() as connection:  # the one that was open is finished by now, and taken in late
                connection.execute(
                    update(Crawl).where(Crawl.key == "crawl2").values(finished_at=NOW, outcome="ok")
                )
            ingest.import_records(ingest.Ingest(engine, NOW, accept_new=True), [_told(2)])
        rate(engine, tmp_path, DAY, NOW + dt.timedelta(hours=number))
        publish(engine, tmp_path, NOW + dt.timedelta(hours=number))
    folders = _folders(tmp_path / "snapshots")
    said = [json.loads((f / "manifest.json").read_text())["archive"] for f in folders]
    assert [s["captures"] for s in said] == [1, 3]
    assert list(archive_faults(config, folders)) == []
    with engine.begin() as connection:
        connection.execute(
            update(Capture).where(Capture.archive == "crawl2.warc.gz").values(payload_sha256="f" * 64)
        )
    assert [fault.partition(":")[0] for fault in archive_faults(config, folders)] == [
        f"snapshots/{folders[1].name}"
    ]
    engine.dispose()
    config.engine.dispose()
