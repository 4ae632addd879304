"""What a watchdog hands on: packs that replay anywhere and say what they prove, and a dossier that says where each sentence is from."""

from __future__ import annotations

import base64
import contextlib
import datetime as dt
import importlib
import io
import json
import re
import shutil
import zipfile
import zlib
from pathlib import Path

import docx
import frictionless
import pytest
from PIL import Image
from warcio.archiveiterator import ArchiveIterator

from dashboard.help import dossier as writing
from dashboard.help.citations import none
from dashboard.help.documents import Section, as_pdf
from kamengwatch.config import Config
from kamengwatch.maintain import time_stamps
from scoring.engine.rate import rate
from scoring.publish import bulletins
from scoring.publish.publisher import publish
from scoring.snapshot import signing
from scoring.snapshot.reader import TABLES, Snapshot
from store.archive.warc import ArchiveWriter
from store.durable_files import sha256_of
from store.evidence import ingest
from store.evidence.crawl_ledger import finish_crawl, register_sources, start_crawl
from store.evidence.records import parse_record
from tests.support.markets.judged_records import NOW, database
from tests.support.markets.records import HOST, complaint
from tests.support.programs.in_process_cli import command
from tests.support.servers.time_stamping import Authority, Calendar, served

DAY = dt.date(2026, 11, 15)
OTHER = "b.example"
HTML = "<html><meta charset=utf-8><body>欢迎 增值电信业务经营许可证：粤B2-20090059 余额不予退还</body></html>"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a key and a published snapshot that cites one archived page and a complaint."""
    folder = tmp_path_factory.mktemp("handed")
    records = [
        {"kind": "platform", "host": host, "name": name, "operator": "甲科技有限公司"}
        for host, name in ((HOST, "甲卡盟"), (OTHER, "乙卡盟"))
    ]
    records += [
        complaint(n, f"第 {n} 单付款后没有发货，客服不回") | {"filed_at": f"2026-11-{n:02d}T10:00:00+08:00"}
        for n in range(1, 9)
    ]
    engine = database(folder, records)
    from crawler.run import cards

    register_sources(engine, [card for card in cards() if card.id == "storefront"])
    at = NOW - dt.timedelta(days=2)
    crawl = start_crawl(engine, "storefront:one", "storefront", at)
    page = {"kind": "page", "source": "storefront", "host": HOST, "observed_at": at.isoformat(), "role": "home",
            "text": "增值电信业务经营许可证：粤B2-20090059 余额不予退还", "_capture": 0}  # fmt: skip
    with ArchiveWriter(folder / "archive", "storefront-one") as archive:
        stored = archive.write(
            f"https://{HOST}/",
            at,
            200,
            [("Content-Type", "text/html; charset=utf-8")],
            HTML.encode(),
            "e" * 64,
        )
    ingest.Ingest(engine, NOW).save([parse_record(page)], crawl_id=crawl.id, captures=[stored])
    finish_crawl(engine, crawl.id, at, "ok", None, 1, 1, {})
    signing.create_key(folder, NOW)
    rate(engine, folder, DAY, NOW)
    publish(engine, folder, NOW)
    engine.dispose()
    return folder


def test_a_wacz_is_whole_to_a_stock_validator_and_says_who_signed_it_and_when(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file, authority = tmp_path / "pack.wacz", Authority(NOW)
    roots = authority.write_root(tmp_path / "roots.pem")
    command(capsys, "pack", HOST, "-o", file, "--data-dir", data)
    said = command(capsys, "pack", "--verify", file, "--data-dir", data).out
    assert "已核对" in said and "没有时间戳" in said
    assert "未核对" in command(capsys, "pack", "--verify", file, "--data-dir", tmp_path / "elsewhere").out
    with zipfile.ZipFile(file) as archive:
        archive.extractall(tmp_path / "out")
    assert frictionless.validate(str(tmp_path / "out" / "datapackage.json")).valid
    validator = None
    with contextlib.suppress(
        ImportError
    ):  # py-wacz stands on a library under the AGPL, so it is nowhere declared
        validator = importlib.import_module("wacz.validate")
    if validator is not None:
        found = validator.Validation(str(file))
        checks = (found.check_required_contents() == 0, found.frictionless_validate(), found.check_file_paths(), found.check_indexes(),
                  found.check_file_hashes(), found.check_data_package_hash_and_sig())  # fmt: skip
        assert all(checks), checks
    with zipfile.ZipFile(file) as archive:
        assert {i.compress_type for i in archive.infolist()} == {zipfile.ZIP_STORED}
        (record,) = list(ArchiveIterator(io.BytesIO(archive.read("archive/evidence.warc.gz"))))[:1] or [None]
        assert record is not None and record.rec_headers.get_header("WARC-Target-URI") == f"https://{HOST}/"
        original = record.rec_headers.get_header("X-Original-Sha256")
        assert original == "e" * 64, "of a page that was redacted the hash of what was received stays"
        words, evidence = (
            archive.read("evidence/README.txt").decode(),
            json.loads(archive.read("evidence/evidence.json")),
        )
        assert (
            "脱敏" in words
            and f"original {original}" in words
            and f"https://{HOST}/" in words
            and any(row["kind"] == "complaint" for row in evidence)
        )
        assert "没有发货" not in archive.read("evidence/evidence.json").decode()
    with served(authority, Calendar(NOW)) as address:
        monkeypatch.setenv("KAMENGWATCH_TIMESTAMP_AUTHORITIES", f"{address}/tsr")
        monkeypatch.setattr(time_stamps, "INSIDE", ("127.0.0.1",))
        command(capsys, "pack", HOST, "-o", file, "--data-dir", data)
    monkeypatch.setenv("KAMENGWATCH_TIMESTAMP_CERTIFICATES", str(roots))
    assert "2026-11-16 00:00:00Z" in command(capsys, "pack", "--verify", file, "--data-dir", data).out


def test_a_changed_wacz_is_found(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "pack.wacz"
    command(capsys, "pack", HOST, "-o", file, "--data-dir", data)
    with zipfile.ZipFile(file) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    package = json.loads(parts["datapackage.json"])
    for name, content in (
        ("evidence/README.txt", b"x"),
        ("evidence/more.txt", b"x"),
        ("datapackage.json", json.dumps(package | {"title": "x"}).encode()),
    ):
        with zipfile.ZipFile(file, "w") as archive:
            for part, was in (parts | {name: content}).items():
                archive.writestr(part, was)
        assert "Traceback" not in command(capsys, "pack", "--verify", file, "--data-dir", data, expect=1).err
    for kind in (
        zipfile.ZIP_DEFLATED,
        zipfile.ZIP_LZMA,
    ):  # what could unpack to more than the file is not unpacked
        with zipfile.ZipFile(file, "w", kind) as archive:
            for part, was in parts.items():
                archive.writestr(part, was)
        command(capsys, "pack", "--verify", file, "--data-dir", data, expect=2)
    for twin in ("evidence/readme.TXT", "archive/.."):
        with zipfile.ZipFile(file, "w") as archive:
            for part, was in (parts | {twin: b"x"}).items():
                archive.writestr(part, was)
        command(
            capsys, "pack", "--verify", file, "--data-dir", data, expect=2 if "README" in twin.upper() else 1
        )
    bits = bytearray(file.read_bytes())
    bits[6] |= 1
    bits[bits.index(b"PK\1\2") + 8] |= 1
    for content in (bits, b"no zip"):
        file.write_bytes(content)
        said = command(capsys, "pack", "--verify", file, "--data-dir", data, expect=2).err
        assert file.name in said and len(said.strip().splitlines()) == 1
    command(capsys, "pack", "nobody.example", "-o", tmp_path / "none.wacz", "--data-dir", data, expect=2)
    assert not (tmp_path / "none.wacz").exists()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_dossier_cites_every_sentence_and_hands_the_provisions(
    lang: str, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--data-dir", data, "--lang", lang)
    for ending in ("docx", "pdf", "txt"):
        command(capsys, "dossier", HOST, "-o", tmp_path / f"d.{ending}", *words)
    text = (tmp_path / "d.txt").read_text("utf-8")
    assert HOST in text and ("不知道的" if lang == "zh" else "What is not known") in text
    cited = {n for a, b in re.findall(r"\bE(\d+)(?:–E(\d+))?", text) for n in range(int(a), int(b or a) + 1)}
    assert cited and cited == set(range(1, len(cited) + 1))  # each mark has its row, and each row its mark
    assert "没有发货" not in text and (tmp_path / "d.pdf").read_bytes().startswith(b"%PDF")
    touch, part = ("涉及：", "；") if lang == "zh" else ("Touched by: ", "; ")
    touching = [
        who
        for line in text.splitlines()
        if touch in line
        for who in re.sub(r"[。.] \[T\d+\]$", "", line.partition(touch)[2]).split(part)
    ]
    for finding in touching:  # the provisions name no finding that the paper does not tell
        assert f"\n{finding.partition(' ')[2]}{'：' if lang == 'zh' else ': '}" in text
    snapshot = Snapshot.latest(data)
    for kind in ("site", "operator"):
        subject = writing.subject_of(snapshot, HOST, kind)
        told = writing.dossier(snapshot, subject, lang, NOW)[1]
        for section in told:
            if section.title.startswith((HOST, OTHER)) or section.title in (
                "合并时间线",
                "One timeline",
                "涉及的条文",
                "Provisions touched",
            ):
                for line in section.lines:  # its evidence, or the table of the snapshot it was read from
                    assert re.search(r" \[[ET]\d", line) or line == none(lang), line
        tables = next(s.table for s in told if s.title in ("引用的表", "Tables cited"))
        marked = {
            int(n)
            for s in told
            for line in [*s.lines, *map(" ".join, s.table)]
            for n in re.findall(r"\[T(\d+)\]", line)
        }
        assert [row[0] for row in tables[1:]] == [f"T{n}" for n in sorted(marked)], (
            "each table cited is explained"
        )
        for _, what, file, digest in tables[1:]:
            assert what and sha256_of(snapshot.path.parent / file) == digest and Path(file).stem in TABLES
    paper = docx.Document(str(tmp_path / "d.docx"))
    room = paper.sections[0].page_width - 2 * paper.sections[0].left_margin
    for table in paper.tables:
        assert abs(sum(column.width for column in table.columns) - room) < 0.02 * room
    assert paper.tables[-1].columns[-1].width > 3 * paper.tables[-1].columns[0].width, "hashes need the room"
    said = json.loads(command(capsys, "dossier", "--by-law", "--json", *words).out)
    touched = {site["host"] for provision in said["provisions"] for site in provision["sites"]}
    assert touched <= {HOST} and all(p["article"] and p["verified_on"] for p in said["provisions"])
    command(capsys, "dossier", "--period", "week", "-o", tmp_path / "b.pdf", *words)
    for wrong in (
        ("nobody.example", "-o", tmp_path / "x.docx"),
        (HOST, "-o", tmp_path / "x.xls"),
        (HOST,),
        ("--period", "year", "-o", tmp_path / "x.pdf"),
        (HOST, "--of", "family", "-o", tmp_path / "x.pdf"),
    ):
        assert "Traceback" not in command(capsys, "dossier", *wrong, *words, expect=2).err


@pytest.mark.parametrize("above", range(28, 36))
def test_no_word_of_a_pdf_runs_into_the_next_where_a_page_ends(above: int) -> None:
    line = (
        "Promises and performance: two kinds of promise; many complaints about them, none settled within the time promised, counted "
        "from the complaint, and some later or not yet; refund within a time limit: most complaints about it settled late or not at "
        "all. Touches: E-Commerce Law, Civil Code. Limits: Complaints are claims, and none does not mean kept; instant delivery and "
        "withdrawals are decided by order data, complaints are only counted; words in the names of goods are no promise."
    )
    written = as_pdf("title", [Section("head", ["x"] * above + [line])])
    streams = re.findall(rb"stream\r?\n(.*?)~>endstream", written, re.S)
    shown = b"\n".join(zlib.decompress(base64.a85decode(stream)) for stream in streams)
    told = " ".join(re.findall(r"\((.*?)\) Tj", shown.decode("latin-1"))).replace("\\000", "")
    assert told.replace(" 2 ", " ").endswith(line), "every word, in its order, and by itself"


def test_a_dossier_of_an_operator_tells_all_its_sites_once(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = []
    for target in ((HOST, "--of", "operator"), ("甲科技有限公司",), (HOST, "--of", "cluster")):
        command(capsys, "dossier", *target, "-o", tmp_path / "o.txt", "--data-dir", data)
        texts.append((tmp_path / "o.txt").read_text("utf-8").partition("包括网站")[2])
    assert texts[0] == texts[1] and HOST in texts[0] and OTHER in texts[0]
    assert "乙卡盟" in texts[0] and "先后名称" in texts[0] and "合并时间线" in texts[0]
    assert not texts[2], "who runs a site is no link between sites"


def test_a_dossier_of_a_site_told_anew_by_itself_names_the_files_it_was_read_from(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = shutil.copytree(data, tmp_path / "data", symlinks=True)
    for step in ("rate", "publish"):
        command(
            capsys,
            step,
            "--platform",
            HOST,
            "--data-dir",
            folder,
            *(("--as-of", DAY) if step == "rate" else ()),
        )
    command(capsys, "dossier", HOST, "-o", tmp_path / "d.txt", "--data-dir", folder)
    told = re.findall(
        r"^T\d+ \| .* \| (\S+) \| ([0-9a-f]{64})$", (tmp_path / "d.txt").read_text("utf-8"), re.M
    )
    assert {"sites/ratings.parquet" in file for file, _ in told} == {True, False}
    assert all(sha256_of(folder / "snapshots" / file) == digest for file, digest in told)


def test_a_bulletin_is_written_once_after_its_week_and_kept(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = shutil.copytree(data, tmp_path / "data", symlinks=True)
    latest = folder / "snapshots" / "latest"
    (first,) = (latest / "bulletins").glob("week-*.json")
    assert json.loads(first.read_text("utf-8"))["until"] < f"{DAY}"
    engine, before, day = Config(folder).engine, first.read_bytes(), DAY + dt.timedelta(days=9)
    rate(engine, folder, day, NOW + dt.timedelta(days=9))
    publish(engine, folder, NOW + dt.timedelta(days=9))
    weeks = sorted(file.name for file in (latest / "bulletins").glob("week-*.json"))
    assert weeks == ["week-2026-11-02.json", "week-2026-11-09.json", "week-2026-11-16.json"]
    assert (latest / "bulletins" / first.name).read_bytes() == before, (
        "what was said then is not said otherwise now"
    )
    assert set(json.loads((latest / "manifest.json").read_text("utf-8"))["files"]) >= {
        f"bulletins/{name}" for name in weeks
    }
    links = re.findall(r'href="([^"]+)"', (latest / "feeds" / "bulletins.atom").read_text("utf-8"))
    assert links[0].endswith("of=week-2026-11-16") and len(links) == len(set(links)) >= 3
    for lang, nothing in (("zh", "没有变动不等于没有问题"), ("en", "No change does not mean no trouble")):
        out = tmp_path / f"{lang}.txt"
        command(capsys, "dossier", "--period", "week", "-o", out, "--data-dir", folder, "--lang", lang)
        assert nothing in out.read_text("utf-8")
    # What nobody read is not told as none: no source was read in the week that ended last.
    assert json.loads((latest / "bulletins" / weeks[-1]).read_text("utf-8"))["sector"]["weeks_unread"] == 1
    assert "is not to say that there was none" in out.read_text("utf-8")
    told = command(
        capsys, "dossier", "--period", "week-2026-01-05", "-o", out, "--data-dir", folder, expect=2
    ).err
    assert "week-2026-11-16" in told
    command(capsys, "verify", "--data-dir", folder)


@pytest.mark.parametrize(
    ("n", "of", "low", "high"),
    [(0, 32, 0.0, 0.06), (32, 32, 0.94, 1.0), (8, 32, 0.14, 0.39), (0, 1, 0.0, 0.8)],
)
def test_a_share_of_a_bulletin_has_an_interval_that_holds_it(
    n: int, of: int, low: float, high: float
) -> None:
    share, a, b = bulletins._share(n, of)
    assert low - 0.02 <= a <= share <= b <= high + 0.03
    ratio = bulletins._ratio(n, of)
    assert ratio is not None and ratio[1] <= ratio[0] <= ratio[2]
    assert bulletins._ratio(n, 0) is None


def test_a_pack_holds_reduced_pictures_of_its_site_alone(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = shutil.copytree(data, tmp_path / "data", symlinks=True)
    captures = (folder / "snapshots" / "latest").resolve() / "captures"
    small = io.BytesIO()
    Image.effect_noise((320, 400), 90).convert("RGB").save(small, "JPEG")
    listed = [{"host": host, "url": f"https://{host}/", "fetched_at": NOW.isoformat(), "sha256": letter * 64} for host, letter in ((HOST, "a"), (OTHER, "b"))]  # fmt: skip
    for one in listed:
        (captures / f"{one['sha256']}.jpg").write_bytes(small.getvalue())
    (captures / "pictures.json").write_text(json.dumps(listed), "utf-8")
    command(capsys, "pack", HOST, "-o", tmp_path / "p.wacz", "--data-dir", folder)
    with zipfile.ZipFile(tmp_path / "p.wacz") as pack:
        records = [(r.rec_type, r.rec_headers.get_header("WARC-Target-URI"), r.content_stream().read()) for r in ArchiveIterator(io.BytesIO(pack.read("archive/evidence.warc.gz")))]  # fmt: skip
        assert "urn:thumbnail" in pack.read("evidence/README.txt").decode()
    pictures = [r for r in records if r[0] == "resource"]
    assert pictures == [("resource", f"urn:thumbnail:https://{HOST}/", small.getvalue())]
    assert "已核对" in command(capsys, "pack", "--verify", tmp_path / "p.wacz", "--data-dir", folder).out
