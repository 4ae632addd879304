"""Personal data planted in every text field of every kind of record: none of it is kept, whatever the field is called."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pytest
from pydantic import BaseModel

from store.evidence.normalize import row_of
from store.evidence.records import About, AnyRecord, Step, parse_record
from store.redaction.fields import Hashed, Kept, kept_link, names_nobody, redact_record
from store.redaction.natural_persons import is_person, without_person
from tests.support.programs.in_process_cli import command

AT = "2026-11-10T10:00:00+08:00"
NEEDED: dict[str, Any] = {
    "platform": {}, "crawl": {"source": "heimao", "started_at": AT, "finished_at": AT, "outcome": "failed"},
    "complaint": {"source": "heimao", "source_id": "8", "filed_at": AT}, "counters": {"source": "heimao", "observed_at": AT},
    "rank": {"source": "heimao", "observed_at": AT, "board": "black", "place": 1}, "filing": {"source": "icp", "observed_at": AT, "found": True},
    "orders": {"source": "storefront", "observed_at": AT}, "price": {"source": "storefront", "observed_at": AT, "product": "月卡"},
    "probe": {"source": "availability", "observed_at": AT, "outcome": "ok"}, "page": {"source": "storefront", "observed_at": AT, "role": "home"},
    "registration": {"source": "registration", "observed_at": AT},
    "certificate": {"source": "registration", "observed_at": AT, "issuer_kind": "other", "not_before": AT, "not_after": AT, "matches": True},
    "resolution": {"source": "registration", "observed_at": AT, "found": True},
    "move": {"source": "storefront", "observed_at": AT, "to_host": "b.example", "via": "notice"},
    "penalty": {"source": "gsxt", "decided_on": "2026-10-01", "category": "行政处罚"},
    "order": {"source": "a", "order_ref": "1", "paid_at": AT, "state": "missing"},
}  # fmt: skip
"""What a record of each kind cannot be without."""
PHONE, NAME = "13912345678", "赵铁柱"


def leaves(annotation: Any) -> set[Any]:
    """The plain types a field may hold."""
    if get_origin(annotation) is Literal:
        return {Literal}
    inner = [one for one in get_args(annotation) if one not in (type(None), Ellipsis)]
    return set().union(*map(leaves, inner)) if inner else {annotation}


def planted(kind: str, name: str, secret: str) -> Any:
    """A value for the field that holds the secret, or None where its type leaves no room for one."""
    field = MODELS[kind].model_fields[name]
    held = leaves(field.annotation)
    if name == "signs":
        return {f"k{secret}": [f"说 {secret}", {"n": int(secret) if secret.isdigit() else secret}]}
    if name == "contacts":
        return {"phone": [secret]}
    if Step in held:
        return [{"did": secret, "at": None}]
    if str not in held:
        return None
    said = repr(field.annotation)
    return [secret] if "tuple" in said or "list" in said else secret


MODELS: dict[str, type[BaseModel]] = {
    model.model_fields["kind"].annotation.__args__[0]: model for model in get_args(AnyRecord)
}
FIELDS = [(kind, name) for kind, model in MODELS.items() for name in model.model_fields if name != "kind"]
PUBLIC = {"host", "hosts", "to_host", "domain"}
"""Addresses of sites: public by purpose, and the very thing that is rated."""


@pytest.mark.parametrize(("kind", "name"), FIELDS)
def test_a_number_and_a_name_planted_in_a_field_reach_no_row(kind: str, name: str) -> None:
    if name in PUBLIC:
        return
    for secret in (PHONE, f"联系人：{NAME}"):
        if (value := planted(kind, name, secret)) is None:
            return
        given = {"kind": kind, "host": "a.example", **NEEDED[kind], name: value}
        try:
            record = parse_record(given)
        except ValueError:
            continue  # refused is not kept
        kept = row_of(record, 1, "a.example", b"key") if isinstance(record, About) else record.model_dump()
        said = repr(kept)
        assert PHONE not in said and NAME not in said, said


def test_only_what_says_why_is_kept_as_it_is() -> None:
    excepted = {
        (kind, name)
        for kind, model in MODELS.items()
        for name, field in model.model_fields.items()
        if any(isinstance(one, (Kept, Hashed)) for one in field.metadata) and name not in ("host", "source")
    }
    assert excepted == {
        ("platform", "host"), ("platform", "uscc"), ("complaint", "source_id"), ("complaint", "complainant"), ("page", "contacts"),
        ("order", "order_ref"), ("move", "to_host"),
    } - {("platform", "host")}  # fmt: skip


class Newcomer(BaseModel):
    """A record somebody will add one day without a thought for any of this."""

    remark: str | None = None
    remarks: list[str] = []
    more: dict[str, Any] = {}


def test_a_field_nobody_has_declared_is_redacted() -> None:
    made = Newcomer(remark=f"打 {PHONE}", remarks=[f"我叫{NAME}"], more={"a": {PHONE: [f"qq {PHONE}"]}})
    redact_record(made)
    assert PHONE not in repr(made) and NAME not in repr(made)


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://x.example/notice/12?tel=13912345678#a", "https://x.example/notice/12"),
        ("https://x.example/u/13912345678/order", "https://x.example/u/"),
        ("https://zhang:pw@x.example:8080/a", "https://x.example:8080/a"),
        ("https://x.example/u/139%201234%205678", "https://x.example/u/"),
        ("https://tousu.example/complaint/view/17398613248/?sld=ab", "https://tousu.example/complaint/view/17398613248/"),
        ("https://tousu.example/view?id=17398613248&tel=13912345678", "https://tousu.example/view?id=17398613248"),
        ("https://tousu.example/view/17398613248/?sld=0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a&u=13912345678", "https://tousu.example/view/17398613248/?sld=0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a"),
        ("javascript:alert(1)", ""),
        ("mailto:a@x.example", ""),
    ],
)  # fmt: skip
def test_a_link_keeps_where_it_leads_and_no_number(url: str, kept: str) -> None:
    assert kept_link(url, "17398613248") == kept


def test_the_number_a_source_gives_stays_and_a_telephone_in_its_place_does_not() -> None:
    assert names_nobody("heimao", "17398613248") and names_nobody("rednet", "1839201")
    assert not names_nobody("heimao", PHONE) and not names_nobody("manual", "17398613248")
    row = row_of(
        parse_record({"kind": "complaint", "host": "a.example", **NEEDED["complaint"], "source_id": PHONE}), 1, "a.example", b"k"
    )  # fmt: skip
    assert row["source_key"] and PHONE not in row["source_key"]


@pytest.mark.parametrize(
    ("name", "nature"),
    [
        ("阿依古丽·买买提", None), ("赵铁柱", None), ("Zhang San", None), ("john smith", None), ("个体户李四", None), ("李四（个体工商户）", None),
        ("张三工作室", None), ("杭州市张三网络科技工作室", None), ("西湖区李四百货店", None), ("某某网络", "自然人"), ("某某网络", "个人备案"), ("某某网络", "Natural Person"),
    ],
)  # fmt: skip
def test_a_natural_person_is_known_by_form_or_nature(name: str, nature: str | None) -> None:
    assert is_person(name, nature)


@pytest.mark.parametrize(
    "name",
    [
        "杭州甲科技有限公司", "星辉工作室", "杭州星辉数码商行", "Alibaba Cloud Computing (Beijing) Co., Ltd.", "GoDaddy.com, LLC", "Let's Encrypt",
        "腾讯云计算（北京）有限责任公司", "中国科学院", "DigiCert Inc", "Dynadot LLC", "Tucows Domains Inc.",
    ],
)  # fmt: skip
def test_a_company_is_no_person(name: str) -> None:
    assert not is_person(name) and without_person(name) == name


def test_no_file_of_a_data_folder_holds_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAMENGWATCH_DATA_DIR", str(tmp_path / "data"))
    where = tmp_path
    lines = []
    for kind in MODELS:
        for name in MODELS[kind].model_fields:
            if name in ("kind", *PUBLIC) or (value := planted(kind, name, PHONE)) is None:
                continue
            given = {"kind": kind, "host": "a.example", **NEEDED[kind], name: value}
            lines.append(given | ({"source_id": name} if kind == "complaint" and name != "source_id" else {}))
    lines.append(
        {
            "kind": "complaint",
            "platform": f"{NAME}{PHONE}",
            "mentions": [f"微信 {PHONE}"],
            **NEEDED["complaint"],
        }
    )
    (where / "in.jsonl").write_text(
        "\n".join(json.dumps(line, ensure_ascii=False) for line in lines), "utf-8"
    )
    for words in (["import", where / "in.jsonl"], ["rate"], ["publish"], ["export", "--evidence", "-o", where / "out.jsonl"], ["review", "--json"]):  # fmt: skip
        said = command(capsys, *words, expect=None)
        assert PHONE not in said.out + said.err, words
    files = [path for path in where.rglob("*") if path.is_file() and path.name != "in.jsonl"]
    assert any(path.name == "out.jsonl" for path in files) and any(
        path.suffix == ".parquet" for path in files
    )
    for path in files:
        assert PHONE.encode() not in path.read_bytes(), path
    with sqlite3.connect(where / "data" / "kamengwatch.db") as database:
        assert database.execute("select count(*) from complaint").fetchone()[0] > 5
        dump = "\n".join(database.iterdump())
    assert PHONE not in dump and NAME not in dump
