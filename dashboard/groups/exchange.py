"""What the snapshot knows of sites and companies in three formats of others: FollowTheMoney entities, STIX 2.1, MISP.

Facts of registries, certificates and the sites' own pages, each with its source and day; no verdict, no complaint, no label that accuses.
Identifiers are made from what they name: the same snapshot gives the same file, and two observers of one domain the same STIX identifier.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import json
import uuid
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from dashboard.groups import clusters
from dashboard.presenters import current_snapshot
from dashboard.presenters.formatting import SHANGHAI
from dashboard.presenters.translations import pick
from scoring.snapshot.reader import Snapshot
from store.text.query import is_merchant, registrable

FORMS = {"ftm": "entities.ftm.jsonl", "stix": "bundle.stix.json", "misp": "event.misp.json"}
"""Format → the name of its file."""
ENDINGS = {".ftm.jsonl": "ftm", ".stix.json": "stix", ".misp.json": "misp"}
"""How the name of such a file ends."""
_OURS = uuid.UUID("6d1f2f0c-5a3b-5e0e-9a51-6b616d656e67")
"""Namespace of the identifiers that are ours to give."""
_STIX = uuid.UUID("00abedb4-aa42-466c-9c01-fed23315a9b7")
"""The namespace STIX 2.1 (2.9) gives to cyber-observable objects, and to them alone."""
_KINDS = ("filing", "registration", "certificate", "resolution", "move", "page")
"""Kinds of evidence that are cited: what complaints claim stays out."""
_BATCH = 500
DEMO = "演示数据，不指向任何真实网站 demonstration data, no real site is meant"


def text(form: str, snapshot: Snapshot, hosts: Sequence[str] | None = None) -> Iterator[str]:
    """The file of a format (a key of FORMS) in pieces, about some sites or all of the snapshot."""
    if form == "ftm":
        for entity in _ftm(snapshot, hosts):
            yield _json(entity) + "\n"
        return
    objects = _stix(snapshot, hosts) if form == "stix" else _attributes(snapshot, hosts)
    head, tail = _envelope(form, snapshot, hosts)
    yield head
    for number, one in enumerate(objects):
        yield ("," if number else "") + "\n" + _json(one)
    yield tail


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _envelope(form: str, snapshot: Snapshot, hosts: Sequence[str] | None) -> tuple[str, str]:
    """What stands before and after the objects."""
    about = f"{snapshot.manifest.get('content_sha256')}|{','.join(sorted(hosts or ()))}"
    if form == "stix":
        return (
            f'{{"id":"bundle--{uuid.uuid5(_OURS, f"bundle|{about}")}","type":"bundle","objects":[',
            "\n]}\n",
        )
    as_of = _as_of(snapshot)
    info = f"{'【演示数据】' if snapshot.manifest.get('demo') else ''}卡盟信用观察 kamengwatch：网站与公司的公开登记 public records of sites and companies, {as_of}"
    event = {
        "uuid": str(uuid.uuid5(_OURS, f"event|{about}")),
        "info": info,
        "date": as_of.isoformat(),
        "threat_level_id": "4",
        "analysis": "0",
        "distribution": "0",
        "published": False,
        "timestamp": str(_epoch(as_of)),
        "Orgc": {"name": "kamengwatch", "uuid": str(uuid.uuid5(_OURS, "publisher"))},
        "Tag": [{"name": "kamengwatch:demonstration"}] if snapshot.manifest.get("demo") else [],
    }
    return f'{{"Event":{_json(event)[:-1]},"Attribute":[', "\n]}}\n"


class _Known:
    """What is known of some sites, by host."""

    def __init__(self, snapshot: Snapshot, hosts: Sequence[str]) -> None:
        columns = "host, name, aliases, operator, operator_uscc, filing_number, filing_state, filing_checked_on, first_seen_on, last_evidence_at, as_of, evidence_n, demo"
        self.ratings = sorted(
            current_snapshot.ratings_of(snapshot, hosts, columns), key=lambda row: str(row["host"])
        )
        self.identifiers = _by_host(clusters.about(snapshot, "identifiers", hosts, 200_000))
        self.moves = _by_host(clusters.about(snapshot, "moves", hosts, 200_000))
        self.links = _by_host(clusters.about(snapshot, "links", hosts, 200_000))
        self.evidence = {
            row["id"]: row
            for row in current_snapshot.rows(
                snapshot,
                "select id, host, kind, claim_zh, claim_en, source, link, event_on, seen_at, sha256 from evidence"
                " where list_contains(?, host) and list_contains(?, kind) order by id",
                [list(hosts), list(_KINDS)],
            )
        }
        self._evidence_of = _by_host(self.evidence.values())

    def cited(self, ids: Iterable[str] | None) -> list[dict[str, Any]]:
        return [self.evidence[i] for i in ids or () if i in self.evidence]

    def about(self, host: str) -> list[dict[str, Any]]:
        return self._evidence_of.get(host, [])


def _by_host(rows: Iterable[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["host"], []).append(row)
    return found


def _batches(snapshot: Snapshot, hosts: Sequence[str] | None) -> Iterator[_Known]:
    every = sorted(hosts) if hosts is not None else [row["host"] for row in current_snapshot.rows(snapshot, "select host from ranked order by host")]  # fmt: skip
    for at in range(0, len(every), _BATCH):
        yield _Known(snapshot, every[at : at + _BATCH])


# FollowTheMoney: a site is a LegalEntity with a website (who trades there may be a company or not), a company a Company; whom a filing
# names, what shares features and what leads to what are links of unknown nature (UnknownLink): none of them says that anybody owns anything.


def _ftm(snapshot: Snapshot, hosts: Sequence[str] | None) -> Iterator[dict[str, Any]]:
    companies: set[str] = set()
    for known in _batches(snapshot, hosts):
        for row in known.ratings:
            yield _entity(_key("site", row["host"]), "LegalEntity", _site(row, known))
            if row["operator"]:
                company = _key("company", row["operator"])
                if company not in companies:
                    companies.add(company)
                    yield _entity(company, "Company", {"name": [row["operator"]], "uscCode": [row["operator_uscc"]], "jurisdiction": ["cn"], "notes": [DEMO if row["demo"] else None]})  # fmt: skip
                yield _named_by(row, known, company)
            for link in known.links.get(row["host"], ()):
                if row["host"] < link["other"]:
                    yield _between(row["host"], link["other"], link["since"], "features in common", link["reason_zh"], known.cited(link["evidence"]), row)  # fmt: skip
            for move in known.moves.get(row["host"], ()):
                role = {"redirect": "redirects to", "notice": "announces", "certificate": "on one certificate with"}[move["via"]]  # fmt: skip
                yield _entity(_key("site", move["to_host"]), "LegalEntity", {"name": [move["to_host"]], "website": [_url(move["to_host"])], "notes": [DEMO if row["demo"] else None]})  # fmt: skip
                yield _between(row["host"], move["to_host"], move["on"], role, None, known.cited(move["evidence"]), row)  # fmt: skip


def _site(row: dict[str, Any], known: _Known) -> dict[str, Any]:
    told = known.identifiers.get(row["host"], ())
    names = [r["value"] for r in told if r["kind"] in ("name", "site_name")]
    claims = [_claim(r) for r in known.about(row["host"])]
    links = [r["link"] for r in known.about(row["host"]) if (r["link"] or "").startswith("http")]
    return {
        "name": [row["name"] or row["host"]],
        "alias": [name for name in names if name != row["name"]],
        "website": [_url(row["host"]), *(_url(r["value"]) for r in told if r["kind"] == "host")],
        "notes": [DEMO if row["demo"] else None, *claims[:20]],
        "sourceUrl": links[:5],
        "modifiedAt": [row["as_of"].isoformat()],
    }


def _claim(evidence: dict[str, Any]) -> str:
    return f"{evidence['event_on']} {evidence['source']}: {evidence['claim_zh']} {evidence['claim_en']}"


def _named_by(row: dict[str, Any], known: _Known, company: str) -> dict[str, Any]:
    told = [r for r in known.identifiers.get(row["host"], ()) if r["kind"] in ("company", "footer_company") and r["value"] == row["operator"]]  # fmt: skip
    since = min((r["since"] for r in told if r["since"]), default=row["filing_checked_on"])
    proof = [e for r in told for e in known.cited(r["evidence"])]
    return _link(company, _key("site", row["host"]), "named as the company behind the site", since, None, proof, row)  # fmt: skip


def _between(a: str, b: str, since: Any, role: str, words: str | None, proof: list[dict[str, Any]], row: dict[str, Any]) -> dict[str, Any]:  # fmt: skip
    return _link(_key("site", a), _key("site", b), role, since, words, proof, row)


def _link(
    subject: str, object_: str, role: str, since: Any, words: str | None, proof: list[dict[str, Any]], row: dict[str, Any]
) -> dict[str, Any]:  # fmt: skip
    return _entity(
        _key("link", f"{subject}|{role}|{object_}"),
        "UnknownLink",
        {
            "subject": [subject],
            "object": [object_],
            "role": [role],
            "startDate": [since.isoformat() if since else None],
            "summary": [words, DEMO if row["demo"] else None, *map(_claim, proof)],
            "publisher": sorted({e["source"] for e in proof}) or ["kamengwatch"],
            "sourceUrl": [e["link"] for e in proof if (e["link"] or "").startswith("http")],
            "retrievedAt": [e["seen_at"].date().isoformat() for e in proof if e["seen_at"]][:1] or [row["as_of"].isoformat()],
        },
    )  # fmt: skip


def _entity(key: str, schema: str, properties: dict[str, list[Any]]) -> dict[str, Any]:
    kept = {name: [*dict.fromkeys(v for v in values if v)] for name, values in properties.items()}
    return {"id": key, "schema": schema, "properties": {name: values for name, values in kept.items() if values}}  # fmt: skip


def _key(kind: str, value: str) -> str:
    return f"kamengwatch-{kind}-{uuid.uuid5(_OURS, f'{kind}|{value}')}"


def _url(host: str) -> str:
    return f"https://{host}/" if "/" not in host else f"https://{host}"


# STIX 2.1: observed-data with the domain names and addresses it is about, identities of companies and of us, relationships.


def _stix(snapshot: Snapshot, hosts: Sequence[str] | None) -> Iterator[dict[str, Any]]:
    at = _stamp(_as_of(snapshot))
    publisher = f"identity--{uuid.uuid5(_OURS, 'publisher')}"
    common: dict[str, Any] = {
        "spec_version": "2.1",
        "created": at,
        "modified": at,
        "created_by_ref": publisher,
    }
    if snapshot.manifest.get("demo"):
        common["labels"] = ["demonstration-data"]
    yield {"type": "identity", "id": publisher, "spec_version": "2.1", "created": at, "modified": at, "name": "kamengwatch", "identity_class": "system"}  # fmt: skip
    given: set[str] = set()

    def once(one: dict[str, Any]) -> Iterator[dict[str, Any]]:
        if one["id"] not in given:
            given.add(one["id"])
            yield one

    for known in _batches(snapshot, hosts):
        for row in known.ratings:
            site = observable(row["host"])
            yield from once(site)
            others = [observable(move["to_host"]) for move in known.moves.get(row["host"], ())]
            for other in others:
                yield from once(other)
            first, last = _stamp(row["first_seen_on"] or row["as_of"]), _moment(row["last_evidence_at"]) or at
            yield {
                "type": "observed-data", "id": f"observed-data--{uuid.uuid5(_OURS, 'observed|' + row['host'])}", **common,
                "first_observed": min(first, last), "last_observed": max(first, last),
                "number_observed": min(max(int(row["evidence_n"] or 1), 1), 999_999_999),
                "object_refs": [*dict.fromkeys([site["id"], *(o["id"] for o in others)])],
                "external_references": [_reference(e) for e in known.about(row["host"])][:50] or [{"source_name": "kamengwatch", "description": f"snapshot {snapshot.id}"}],
            }  # fmt: skip
            if row["operator"]:
                company = f"identity--{uuid.uuid5(_OURS, 'company|' + row['operator'])}"
                named = {"type": "identity", "id": company, **common, "name": row["operator"], "identity_class": "organization"}  # fmt: skip
                if row["operator_uscc"]:
                    named["external_references"] = [
                        {"source_name": "USCC", "external_id": row["operator_uscc"]}
                    ]
                yield from once(named)
                yield _related(common, company, site["id"], "named as the company behind the site", [])
            for link in known.links.get(row["host"], ()):
                if row["host"] < link["other"]:
                    other = observable(link["other"])
                    yield from once(other)
                    yield _related(common, site["id"], other["id"], pick(link, "reason", "en") or "", known.cited(link["evidence"]), link["since"])  # fmt: skip


def observable(host: str) -> dict[str, Any]:
    """The STIX object of a site: its domain name, address, or the URL of a merchant or of a port of its own."""
    kind, value = "domain-name", host
    try:
        kind = f"ipv{ipaddress.ip_address(host.strip('[]')).version}-addr"
        value = host.strip("[]")
    except ValueError:
        if is_merchant(host) or "/" in host or ":" in host:
            kind, value = "url", _url(host)
    name = _json({"value": value})  # RFC 8785: one key, no blanks
    return {"type": kind, "id": f"{kind}--{uuid.uuid5(_STIX, name)}", "spec_version": "2.1", "value": value}


def _related(
    common: dict[str, Any],
    source: str,
    target: str,
    words: str,
    proof: list[dict[str, Any]],
    since: Any = None,
) -> dict[str, Any]:
    id_ = uuid.uuid5(_OURS, f"relationship|{source}|{target}|{words}")
    made = {"type": "relationship", "id": f"relationship--{id_}", **common, "relationship_type": "related-to",
            "source_ref": source, "target_ref": target, "description": words}  # fmt: skip
    if since:
        made["start_time"] = _stamp(since)
    if proof:
        made["external_references"] = [_reference(e) for e in proof]
    return made


def _reference(evidence: dict[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {"source_name": evidence["source"], "description": f"{evidence['event_on']} {evidence['claim_en']}", "external_id": evidence["id"]}  # fmt: skip
    if (evidence["link"] or "").startswith("http"):
        told["url"] = evidence["link"]
        if evidence["sha256"]:
            told["hashes"] = {"SHA-256": evidence["sha256"]}
    return told


# MISP: attributes of one event, none of them meant for detection (to_ids false).


def _attributes(snapshot: Snapshot, hosts: Sequence[str] | None) -> Iterator[dict[str, Any]]:
    timestamp = str(_epoch(_as_of(snapshot)))
    companies: set[str] = set()

    def attribute(kind: str, category: str, value: str, comment: str, first: Any = None, last: Any = None) -> dict[str, Any]:  # fmt: skip
        made = {"uuid": str(uuid.uuid5(_OURS, f"attribute|{kind}|{value}|{comment}")), "type": kind, "category": category, "value": value,
                "comment": comment, "to_ids": False, "distribution": "5", "timestamp": timestamp, "disable_correlation": False}  # fmt: skip
        if first and last:
            made |= {"first_seen": min(first, last), "last_seen": max(first, last)}
        return made

    for known in _batches(snapshot, hosts):
        for row in known.ratings:
            first, last = _stamp(row["first_seen_on"] or row["as_of"]), _moment(row["last_evidence_at"])
            note = f"{row['name'] or ''}（{DEMO}）" if row["demo"] else row["name"] or ""
            yield attribute(_misp_type(row["host"]), "Network activity", _misp_value(row["host"]), note, first, last or first)  # fmt: skip
            if row["operator"] and row["operator"] not in companies:
                companies.add(row["operator"])
                yield attribute("text", "Other", row["operator"], f"{row['host']}：备案或登记所写的公司 the company filings or registers name {row['operator_uscc'] or ''}".strip())  # fmt: skip
            for move in known.moves.get(row["host"], ()):
                yield attribute(_misp_type(move["to_host"]), "Network activity", _misp_value(move["to_host"]), f"{move['on']} {move['source']}: {row['host']} → ({move['via']})")  # fmt: skip
            for evidence in known.about(row["host"]):
                yield attribute("text", "Other", f"{row['host']}: {evidence['claim_zh']} {evidence['claim_en']}", f"{evidence['event_on']} {evidence['source']} {evidence['id']}")  # fmt: skip


def _misp_type(host: str) -> str:
    kind = observable(host)["type"]
    if kind == "domain-name":
        return "domain" if registrable(host) == host else "hostname"
    return "url" if kind == "url" else "ip-dst"


def _misp_value(host: str) -> str:
    return str(observable(host)["value"])


def _as_of(snapshot: Snapshot) -> dt.date:
    known = current_snapshot.facts(snapshot).as_of
    return known or dt.date(1970, 1, 1)


def _epoch(day: dt.date) -> int:
    return int(dt.datetime.combine(day, dt.time(), SHANGHAI).timestamp())


def _stamp(day: dt.date) -> str:
    """The beginning of a day in Shanghai as STIX writes a time."""
    found = dt.datetime.combine(day, dt.time(), SHANGHAI).astimezone(dt.UTC)
    return found.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _moment(at: dt.datetime | None) -> str | None:
    return None if at is None else at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
