"""The open format is public: its pages are current, words people use are known, nothing unknown becomes a default or vanishes."""

from __future__ import annotations

import gc
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, text

from kamengwatch import evidence_docs
from store.evidence import vocabulary as words
from store.evidence.field_docs import FIELDS
from store.evidence.ingest import Ingest, import_records
from store.evidence.records import KINDS, RecordError, parse_record
from tests.store.evidence.test_ingest import NOW, ONE_OF_EACH
from tests.support.markets.records import HOST, complaint, platform
from tests.support.programs.in_process_cli import command

Capsys = pytest.CaptureFixture[str]
DOCS = Path(__file__).resolve().parents[3] / "docs"
FILING = {"kind": "filing", "source": "icp", "host": HOST, "observed_at": "2026-03-02T00:00:00Z"}
ORDER = {"kind": "order", "source": "feed", "host": HOST, "order_ref": "A", "paid_at": "2026-03-02T00:00:00Z"}
PAGE = {"kind": "page", "source": "storefront", "host": HOST, "observed_at": "2026-03-02T00:00:00Z"}
PROBE = {
    "kind": "probe",
    "source": "availability",
    "host": HOST,
    "observed_at": "2026-03-02T00:00:00Z",
}
CRAWL = {
    "kind": "crawl",
    "source": "heimao",
    "started_at": "2026-03-02T00:00:00Z",
    "finished_at": "2026-03-02T00:01:00Z",
}


def lines(path: Path, records: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in records), "utf-8")
    return path


def checksums(folder: Path) -> dict[str, str]:
    """Of everything that holds data: SQLite's -shm file, while a program has the database open, holds its readers' places."""
    gc.collect()  # A command of this process may still hold its database, and fold the log into it at any later moment.
    return {
        str(f): hashlib.sha256(f.read_bytes()).hexdigest()
        for f in sorted(folder.rglob("*"))
        if f.is_file() and not f.name.endswith("-shm")
    }


def test_the_committed_pages_and_schema_are_current(tmp_path: Path) -> None:
    for made in evidence_docs.write(tmp_path):
        committed = (DOCS / made.name).read_text("utf-8")
        assert committed == made.read_text("utf-8"), f"run python -m kamengwatch.evidence_docs ({made.name})"


def test_the_schema_takes_what_import_takes_and_says_what_every_field_means() -> None:
    schema = evidence_docs.schema()
    from jsonschema import Draft202012Validator  # two seconds of imports, which every worker would pay

    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    assert tuple(FIELDS) == KINDS
    for record in ONE_OF_EACH:
        assert validator.is_valid(record), record
    for kind, example in evidence_docs._EXAMPLES.items():
        assert validator.is_valid({"kind": kind, **example}) and parse_record({"kind": kind, **example})
    for wrong in (
        complaint(1, status="搁置"),
        complaint(1) | {"source": ""},
        {"kind": "story"},
        {"kind": "crawl"},
    ):
        assert not validator.is_valid(wrong), wrong
    for page in ("evidence-format.md", "evidence-format.zh.md"):
        said = (DOCS / page).read_text("utf-8")
        assert all(f"### {kind}\n" in said for kind in KINDS)
        assert "| `status` |" in said and "`replied` · `completed`" in said


def test_import_prints_the_schema(capsys: Capsys) -> None:
    assert json.loads(command(capsys, "import", "--schema").out) == evidence_docs.schema()


@pytest.mark.parametrize(
    ("record", "field", "said", "value"),
    [
        *((complaint(1), "status", said, value) for said, value in {
            "已解决": "completed", "已结案": "closed", "投诉完成": "completed", "商家已回复": "replied", "已处理": "completed",
            "已撤诉": "closed", "completed": "completed", "Completed": "completed", "In Progress": "open", "处理中": "open",
            "待分配": "open", "审核通过": "open", "已回复": "replied", "已完成": "completed", "已关闭": "closed", "待回复": "open",
            "办理中": "open", "已办理": "completed", "达成调解协议": "completed", "未达成调解协议": "closed",
            "双方自行和解或者投诉人撤回投诉": "closed", " 已 完 成。": "completed", "ｒｅｐｌｉｅｄ": "replied", "确认完成": "completed"}.items()),
        (FILING, "found", "有", True), (FILING, "found", "未备案", False), (FILING, "found", 1.0, True),
        (FILING | {"found": True}, "nature", "自然人", "个人"), (FILING | {"found": True}, "nature", "enterprise", "企业"),
        (PROBE, "outcome", "打不开", "down"), (ORDER, "state", "已退款", "refunded"), (ORDER, "state", "订单不存在", "missing"),
        (ORDER | {"state": "missing"}, "drop_kind", "数据丢失", "record_lost"), (PAGE, "role", "首页", "home"),
        (CRAWL, "outcome", "访问受限", "blocked"),
    ],
)  # fmt: skip
def test_words_people_use_are_known(record: dict[str, Any], field: str, said: Any, value: Any) -> None:
    assert getattr(parse_record(record | {field: said}), field) == value


@pytest.mark.parametrize(
    ("record", "field"),
    [
        (complaint(1), "status"), (FILING, "found"), (FILING | {"found": True}, "nature"), (PROBE, "outcome"), (ORDER, "state"),
        (ORDER | {"state": "missing"}, "drop_kind"), (PAGE, "role"), (CRAWL, "outcome"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("said", ["搁置", "opened", "4", "", "已", 7])
def test_a_word_nobody_knows_is_refused_and_named_with_the_known_ones(
    record: dict[str, Any], field: str, said: Any
) -> None:
    with pytest.raises(RecordError) as refused:
        parse_record(record | {field: said})
    reason = str(refused.value)
    assert field in reason and f"“{said}”" in reason and re.search(r"use one of: \S+ ", reason)


def test_no_word_of_a_table_means_two_things() -> None:
    for table in (words.COMPLAINT_STATUS, words.FOUND, words.NATURE, words.PROBE_OUTCOME, words.ORDER_STATE,
                  words.PAGE_ROLE, words.CRAWL_OUTCOME, words.DROP_KIND):  # fmt: skip
        meant: dict[str, set[Any]] = {}
        for word, value in table.items():
            meant.setdefault(words.fold(word), set()).add(value)
        assert all(len(values) == 1 for values in meant.values())


def test_the_name_of_a_natural_person_is_not_kept_under_any_word_for_one(engine: Engine) -> None:
    filing = FILING | {
        "found": True,
        "nature": "自然人",
        "entity": "阿里木江·买买提",
        "number": "新ICP备2023000001号-1",
    }
    assert not import_records(Ingest(engine, NOW, accept_new=True), [platform(), filing]).refused
    with engine.connect() as connection:
        assert connection.execute(text("select nature, entity from filing")).all() == [("个人", None)]


EVIDENCE = [
    platform(),
    complaint(1, status="投诉完成", cost=5, steps=[{"did": "回复", "at": None, "who": "王小明"}]),
    complaint(2, source="heimoa"),
    complaint(3, host=None, platform="某家卡盟", cost="6"),
    complaint(4, status="搁置"),
    complaint(5, source="某协会台账"),
]


def test_a_check_says_what_would_happen_and_writes_nothing(tmp_path: Path, capsys: Capsys) -> None:
    file, folder = lines(tmp_path / "e.jsonl", EVIDENCE), tmp_path / "absent"
    words_ = ("import", file, "--data-dir", folder, "--json")
    would = json.loads(command(capsys, *words_, "--check", expect=2).out)[0]
    assert not folder.exists(), "a data folder that is not there is not made"
    did = json.loads(command(capsys, *words_, expect=2).out)[0]
    assert would.pop("check") is True
    assert would == did
    assert (did["rows"], did["inserted"], did["unchanged"], did["unmatched"]) == (6, 2, 0, 1)
    assert did["keys_not_read"] == {"cost": 2, "steps.who": 1}
    reasons = {row["line"]: row["reason"] for row in did["refused"]}
    assert set(reasons) == {3, 5, 6}
    assert "heimoa" in reasons[3] and "heimao" in reasons[3] and "--new-source" in reasons[3]
    assert "“搁置”" in reasons[5] and "--new-source" in reasons[6]
    before = checksums(folder)
    again = json.loads(command(capsys, *words_, "--check", expect=2).out)[0]
    assert (again["inserted"], again["unchanged"], again["unmatched"]) == (0, 2, 1)
    assert checksums(folder) == before
    told = command(capsys, "import", file, "--data-dir", folder, "--check", "--new-source", expect=2).err
    assert "什么也没有写入" in told and "cost ×2" in told and "第 5 行" in told and "王小明" not in told
    assert checksums(folder) == before
    taken = json.loads(command(capsys, *words_, "--new-source", expect=2).out)[0]
    assert (taken["inserted"], [row["line"] for row in taken["refused"]]) == (2, [5])


def test_a_check_sees_what_another_program_has_just_written(tmp_path: Path, capsys: Capsys) -> None:
    """The database is open elsewhere: its newest rows lie in the write-ahead log."""
    file, folder = lines(tmp_path / "e.jsonl", EVIDENCE[:2]), tmp_path / "data"
    command(capsys, "import", file, "--data-dir", folder)
    with create_engine(f"sqlite:///{folder / 'kamengwatch.db'}").connect() as other:
        other.execute(text("update complaint set status = 'open'"))
        other.commit()
        assert (folder / "kamengwatch.db-wal").exists()
        would = json.loads(command(capsys, "import", file, "--data-dir", folder, "--json", "--check").out)[0]
        assert (would["inserted"], would["unchanged"]) == (1, 1)
        assert other.execute(text("select status from complaint")).scalar_one() == "open"


@pytest.mark.postgres
def test_a_check_on_postgresql_only_reads(postgres_url: str, tmp_path: Path, capsys: Capsys) -> None:
    file = lines(tmp_path / "e.jsonl", EVIDENCE)
    words_ = ("import", file, "--data-dir", tmp_path / "absent", "--database", postgres_url, "--json")
    engine = create_engine(re.sub(r"^postgres(ql)?:", "postgresql+psycopg:", postgres_url))
    first = json.loads(command(capsys, *words_, "--check", expect=2).out)[0]
    assert (first["inserted"], first["unmatched"]) == (2, 1)
    with engine.connect() as connection:
        tables = connection.execute(text("select count(*) from pg_tables where schemaname = 'public'"))
        assert tables.scalar_one() == 0, "no schema is made either"
    command(capsys, *words_, expect=2)
    again = json.loads(command(capsys, *words_, "--check", "--new-source", expect=2).out)[0]
    assert (again["inserted"], again["unchanged"], again["unmatched"]) == (2, 2, 1)
    with engine.connect() as connection:
        assert connection.execute(text("select count(*) from complaint")).scalar_one() == 2


@pytest.mark.parametrize(
    ("id_", "columns", "known"),
    [
        ("dianshubao", "id,title,company_name,cdate,state", {"已撤诉": "closed", "2": "replied", "": "open"}),
        ("heimao_export", "投诉编号,投诉标题,投诉对象,日期,投诉进度", {"商家已回复": "replied", "7": "completed", "已解决": "completed"}),
        ("people_board", "编号,标题,平台名称,留言时间,状态", {"已办结": "completed", "已答复": "replied"}),
    ],
)  # fmt: skip
def test_states_of_sheets_are_known_or_refused_by_row(
    id_: str, columns: str, known: dict[str, str], data_dir: Path, tmp_path: Path, capsys: Capsys
) -> None:
    command(capsys, "watch", "add", HOST, "--name", "甲卡盟")
    said = [*known, "搁置"]
    rows = [
        columns,
        *(f"1739861324{n},付款后不发货,甲卡盟,2026-03-0{n + 1},{word}" for n, word in enumerate(said)),
    ]
    if id_ == "dianshubao":
        rows = [columns, *(f"{n},不发货,甲卡盟,2026-03-0{n + 1},{word}" for n, word in enumerate(said))]
    file = tmp_path / "x.csv"
    file.write_text("\n".join(rows) + "\n", "utf-8")
    report = json.loads(command(capsys, "import", file, "--format", id_, "--json", expect=2).out)[0]
    assert [row["line"] for row in report["refused"]] == [len(said) + 1]
    assert "搁置" in report["refused"][0]["reason"]
    with create_engine(f"sqlite:///{data_dir / 'kamengwatch.db'}").connect() as connection:
        stored = connection.execute(text("select status from complaint order by filed_at")).scalars().all()
    assert stored == list(known.values())
