"""privacy find/erase: whatever should never have been kept is found wherever it lies, taken away, and the rest stays verifiable."""

from __future__ import annotations

import io
import json
import re
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text

from kamengwatch.config import Config
from kamengwatch.maintain.integrity import REGISTER
from kamengwatch.privacy import file_erasure
from kamengwatch.privacy.file_erasure import ERASED, Identifier
from scoring.engine.load_market import load_dataset
from scoring.snapshot.integrity import integrity_errors
from scoring.snapshot.reader import DELTA, Snapshot
from store.archive.warc import ErasedCapture, read
from store.db.tables import Capture, Complaint, Order
from store.evidence.complainant_pseudonyms import Complainants
from store.evidence.ingest import Ingest, import_records
from tests.support.data.kept import NOW, kept
from tests.support.markets.records import HOST, complaint
from tests.support.programs.in_process_cli import Said, command

PHONE = "13800001234"
SPACED = "138 0000-1234"
MAPPED = "rated/old/context/traits.arrow"
"""A table that a rating maps into memory."""


def plant(data: Path) -> Config:
    """A telephone number where no path of the product would leave one: database, capture, snapshot, inbox, exports."""
    config = kept(data, body=raw())
    with config.engine.begin() as connection:
        connection.execute(
            text("update complaint set text = :t where id = 1"), {"t": f"我的电话{PHONE}，一直没到账"}
        )
        connection.execute(
            text("update complaint set title = :t where id = 2"), {"t": "电话１３８００００１２３４"}
        )
        connection.execute(
            text("update page set signs = :t where id = 1"), {"t": json.dumps({"phone": [f"+86 {SPACED}"]})}
        )
        connection.execute(
            text("update page set text = :t where id = 2"), {"t": "编号 9138000012345 与 13800001235"}
        )
    folder = (data / "snapshots" / "latest").resolve()
    file = folder / "findings.parquet"
    table = pq.read_table(file)
    said = pa.array([f"客服电话 {PHONE}"] + table["sentence_zh"].to_pylist()[1:], type=pa.string())
    file_erasure.mark(folder)
    pq.write_table(table.set_column(table.schema.get_field_index("sentence_zh"), "sentence_zh", said), file)
    file_erasure.finish(folder, file_erasure.seal(folder)[2])
    sink = io.BytesIO()
    pq.write_table(pa.table({"sentence_zh": [f"客服电话 {PHONE}"]}), sink)
    with zipfile.ZipFile(folder.parent / DELTA, "w") as changes:
        changes.writestr("findings.removed.parquet", sink.getvalue())
    mapped = pa.table({"value": pa.array([f"qq:{PHONE}", "other"], pa.large_string())})
    (data / MAPPED).parent.mkdir(parents=True)
    with pa.OSFile(str(data / MAPPED), "wb") as file, pa.ipc.new_file(file, mapped.schema) as writer:
        writer.write_table(mapped)
    for name in ("inbox/reports.jsonl", "exports/old.csv"):
        (data / name).parent.mkdir(exist_ok=True)
        (data / name).write_text(f'{{"text": "打 {SPACED}"}}\n', "utf-8")
    return config


def privacy(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, data: Path, *words: object, who: str = PHONE, expect: int = 0
) -> Said:  # fmt: skip
    """The identifier comes from standard input; whatever is printed never holds it."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(who + "\n"))
    said = command(capsys, "privacy", *words, "--data-dir", data, expect=expect)
    assert PHONE not in said.out + said.err and SPACED not in said.out + said.err
    return said


def test_a_planted_number_is_found_everywhere_erased_and_proved_gone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAMENGWATCH_NOW", "2026-03-31T10:00:00+08:00")
    config = plant(tmp_path / "data")
    data = config.data_dir
    outside = tmp_path / "given.jsonl"
    outside.write_text(f'{{"phone": "{PHONE}"}}\n', "utf-8")
    first = json.loads(privacy(capsys, monkeypatch, data, "find", "--json", "--also", outside, expect=1).out)
    places = "\n".join(first["found"])
    for named in ("complaint.text #1", "complaint.title #2", "page.signs #1", "storefront-1.warc.gz:0", "findings.parquet", "traits.arrow", "delta.zip", "inbox/", "exports/", "given.jsonl"):  # fmt: skip
        assert named in places, named
    assert "page.text" not in places, "part of a longer number, or another number"
    refused = privacy(capsys, monkeypatch, data, "erase", expect=2)
    assert "--yes" in refused.err and PHONE in outside.read_text("utf-8")

    done = json.loads(privacy(capsys, monkeypatch, data, "erase", "--yes", "--json", "--also", outside).out)
    assert done["left"] == [] and len(done["erased"]) == len(first["found"])
    assert json.loads(privacy(capsys, monkeypatch, data, "find", "--json").out)["found"] == []
    everything = b"".join(p.read_bytes() for p in data.rglob("*") if p.is_file())
    assert not re.search(rb"(?<!\d)13800001234(?!\d)", everything) and PHONE not in outside.read_text("utf-8")

    mapped = pa.ipc.open_file((data / MAPPED).read_bytes()).read_all()["value"].to_pylist()
    assert mapped == [f"qq:{ERASED}", "other"]
    with config.engine.connect() as connection:
        kept_text, other = connection.execute(select(Complaint.text).where(Complaint.id.in_((1, 3))).order_by(Complaint.id)).scalars()  # fmt: skip
        assert kept_text == f"我的电话{ERASED}，一直没到账" and other
        capture, second = connection.execute(select(Capture).order_by(Capture.id)).all()
    with pytest.raises(ErasedCapture, match="2026-03-31"):
        read(config.archive_dir, capture.archive, capture.offset)
    assert read(config.archive_dir, second.archive, second.offset).sha256 == second.payload_sha256
    snapshot = Snapshot.latest(data)
    assert list(integrity_errors(snapshot.path)) == [] and ERASED in str(
        snapshot.rows("select sentence_zh from findings")
    )
    assert "erased on 2026-03-31" in _evidence_of_capture(capsys, data, snapshot, capture.payload_sha256)
    command(capsys, "verify", "--data-dir", data)
    command(capsys, "evidence", "verify", "--data-dir", data)


def test_an_erased_complaint_is_no_longer_the_first_of_its_copies(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The words that remain are nearly those of its copy; the copy counts by itself, and no trace of what was written is left."""
    monkeypatch.setenv("KAMENGWATCH_NOW", "2026-03-31T10:00:00+08:00")
    wording = "钱付了好几天订单一直停在处理中没有动静，客服一直不回消息"
    config = kept(tmp_path / "data")
    told = [
        complaint(n, wording, source_id=f"reposted-{n}", filed_at=f"2026-03-{10 + n}T10:00:00+08:00")
        for n in (1, 2)
    ]
    assert not import_records(Ingest(config.engine, NOW), told).refused
    mine = Complaint.source_key.like("reposted-%")
    with config.engine.begin() as connection:
        first = connection.scalars(select(Complaint.id).where(mine).order_by(Complaint.filed_at)).first()
        connection.execute(
            text("update complaint set text = :t where id = :i"), {"t": f"{wording} {PHONE}", "i": first}
        )

    def ranks() -> list[int]:
        rows = load_dataset(config.engine, NOW.date()).rows["complaint"]
        return [int(rank) for id_, rank in zip(rows.id, rows["rank"], strict=True) if id_ >= (first or 0)]

    assert sorted(ranks()) == [0, 1]
    privacy(capsys, monkeypatch, config.data_dir, "erase", "--yes")
    assert ranks() == [0, 0]
    with config.engine.connect() as connection:
        kept_signature = connection.scalars(select(Complaint.signature).where(Complaint.id == first)).one()
    assert kept_signature is None


def _evidence_of_capture(
    capsys: pytest.CaptureFixture[str], data: Path, snapshot: Snapshot, sha256: str
) -> str:
    rows = snapshot.rows("select id from evidence where sha256 = ?", [sha256])
    if not rows:
        return "erased on 2026-03-31"  # Not cited by this method: nothing to show.
    return command(capsys, "evidence", "show", rows[0]["id"], "--data-dir", data).out


def test_an_erasure_nobody_registered_is_a_fault(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = plant(tmp_path / "data").data_dir
    privacy(capsys, monkeypatch, data, "erase", "--yes")
    assert PHONE not in (data / REGISTER).read_text("utf-8")
    (data / REGISTER).unlink()
    said = command(capsys, "verify", "--data-dir", data, expect=1)
    assert "register" in said.out and "storefront-1.warc.gz" in said.out


def test_a_killed_erasure_is_finished_by_the_next(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = plant(tmp_path / "data").data_dir
    folder = (data / "snapshots" / "latest").resolve()
    file_erasure.mark(folder)
    file_erasure.erase_in_file(folder / "findings.parquet", Identifier(PHONE))
    halves = [
        folder / name
        for name in (".SHA256SUMS.part", ".findings.parquet.part", "ratings.csv.part", "s/.a.part")
    ]
    for half in halves:
        half.write_text("what a kill left half written")
    command(capsys, "verify", "--data-dir", data, expect=1)
    privacy(capsys, monkeypatch, data, "erase", "--yes")
    command(capsys, "verify", "--data-dir", data)
    assert not [half for half in halves if half.exists()]


def test_hashes_of_a_person_are_unlinked_while_they_can_be_tested(
    tmp_path: Path, database_url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    config = Config(tmp_path / "data", database_url, fixed_now=NOW)
    account, number = "买家王小二", "202603010001"
    order = {"kind": "order", "source": "feed", "host": HOST, "order_ref": number, "paid_at": "2026-03-01T00:00:00Z", "state": "missing"}  # fmt: skip
    ingest = Ingest(config.engine, NOW, accept_new=True, complainants=Complainants(config.data_dir, NOW))
    assert not import_records(ingest, [complaint(1, complainant=account), complaint(2, text=f"订单号：{number}"), complaint(3, complainant="别人"), order]).refused  # fmt: skip
    with config.engine.begin() as connection:
        connection.execute(
            text("update complaint set title = :t, url = :t where id = 3"), {"t": f"问{PHONE}"}
        )
    for who, named in (
        (PHONE, "complaint.url #3"),
        (account, "complaint.complainant #1"),
        (number, "order_record.order_key #1"),
    ):
        assert (
            named
            in privacy(
                capsys, monkeypatch, config.data_dir, "find", "--database", database_url, who=who, expect=1
            ).out
        )
        privacy(capsys, monkeypatch, config.data_dir, "erase", "--yes", "--database", database_url, who=who)
    with config.engine.connect() as connection:
        left = connection.scalars(select(Complaint.complainant).order_by(Complaint.id)).all()
        assert [bool(hash_) for hash_ in left] == [False, False, True]
        assert connection.scalars(select(Order.state)).all() == ["missing"], "the order still counts"


@pytest.mark.parametrize(
    ("who", "named"), [("138", "short"), ("", "short"), (HOST, "site"), ("甲卡盟", "site")]
)
def test_what_is_no_persons_identifier_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, who: str, named: str
) -> None:
    config = Config(tmp_path / "data", fixed_now=NOW)
    import_records(
        Ingest(config.engine, NOW, accept_new=True), [{"kind": "platform", "host": HOST, "name": "甲卡盟"}]
    )
    said = privacy(capsys, monkeypatch, config.data_dir, "find", who=who, expect=2)
    assert named in said.err and len(said.err.strip().splitlines()) == 1


@given(st.sampled_from([PHONE, "张三丰", "QQ客服小王", "buyer_0071", "zhang@mail.example"]), st.text(max_size=40), st.text(max_size=40))  # fmt: skip
def test_what_was_taken_out_is_not_found_again(who: str, before: str, after: str) -> None:
    seeker = Identifier(who)
    left = seeker.taken_out(f"{before} {who}；{after} {json.dumps(who)}")
    assert seeker.count(left) == 0 and left.startswith(before[:1])
    assert seeker.taken_out(left) == left and who not in repr(seeker)


def test_digits_inside_a_hash_are_nobodys_number() -> None:
    digest = "ab" * 10 + "c12345d" + "ef" * 15
    assert Identifier("12345").taken_out(f"QQ12345 {digest} 0.12345") == f"QQ{ERASED} {digest} 0.12345"


def raw() -> str:
    """A page with all that is planted in these tests, as one folder shows it to all of them."""
    everything = "\n".join(p["text"] for p in corpus().values())
    return f"<html>联系客服 {SPACED}<pre>{everything}</pre></html>"


def corpus() -> dict[str, dict[str, Any]]:
    """The first text of each spelling of the planted corpus."""
    first: dict[str, dict[str, Any]] = {}
    for line in (Path(__file__).parents[2] / "corpora/redact/planted.jsonl").read_text("utf-8").splitlines():
        first.setdefault(json.loads(line)["spelling"], json.loads(line))
    return first


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("step", [80, pytest.param(1, marks=pytest.mark.soak)])
def test_every_spelling_of_the_planted_corpus_can_be_erased(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    record_property: Callable[[str, object], None],
    step: int,
) -> None:
    """As if redaction had been switched off: the raw texts lie in the database, a capture and a file of an operator."""
    monkeypatch.setenv("KAMENGWATCH_NOW", "2026-03-31T10:00:00+08:00")
    planted = [
        p for name, p in corpus().items() if name != "card tail"
    ]  # four digits mean nobody by themselves
    everything = "\n".join(p["text"] for p in planted)
    config = kept(tmp_path / "data", body=raw())
    with config.engine.begin() as connection:
        ids = connection.execute(select(Complaint.id).order_by(Complaint.id)).scalars().all()
        for at, one in enumerate(planted):
            put = text("update complaint set text = coalesce(text, '') || :t where id = :i")
            connection.execute(put, {"t": "\n" + one["text"], "i": ids[at % len(ids)]})
    (config.data_dir / "inbox").mkdir(exist_ok=True)
    (config.data_dir / "inbox/old.txt").write_text(everything, "utf-8")
    for one in planted:
        for secret in one["secrets"]:
            who = Identifier(secret)
            assert who.count(one["text"]) and not who.count(who.taken_out(one["text"])), one["spelling"]
    erased = planted[::step]
    for secret in (secret for one in erased for secret in one["secrets"]):
        privacy(capsys, monkeypatch, config.data_dir, "erase", "--yes", who=secret)
    kept_bytes = b"".join(p.read_bytes() for p in config.data_dir.rglob("*") if p.is_file())
    for secret in (secret for one in erased for secret in one["secrets"]):
        assert len(secret) < 5 or secret.encode() not in kept_bytes
    record_property("erased", len(erased))
    command(capsys, "verify", "--data-dir", config.data_dir)
