"""What is fuzzed: every module that reads what others wrote, how it is called, with which seeds, and what it may refuse with.

The modules of crawler/formats, crawler/shops and crawler/importers are found; one without an entry fails test_fuzz.py.
"""

from __future__ import annotations

import datetime as dt
import json
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from crawler import formats, importers, shops
from crawler.errors import NotAnswered, SourceBlocked, SourceChanged
from crawler.formats import blocklists, domain_records, elsewhere, github, heimao, icp, json_api, rednet
from crawler.formats import icp_pages as icp_forms
from crawler.importers import files
from crawler.importers.base import Handed
from crawler.pages import block_pages, mentions, shop_features, visible_text
from crawler.pages.decoding import decode
from crawler.pages.safe_parse import parse_json_bounded
from crawler.shops.page import Page
from store.complaint_kinds import classify
from store.evidence import records
from store.redaction import redact
from store.text import query as names
from store.text.site_keys import SiteKey

FIXTURES = Path(__file__).parents[2] / "fixtures"
REFUSALS = (SourceBlocked, SourceChanged, NotAnswered, ValueError)
HANDED = Handed(dt.datetime(2026, 3, 1, tzinfo=dt.UTC), "yunhe.test")


@dataclass(frozen=True)
class Target:
    """One reader: its name, how bytes are given to it, good inputs to spoil, and the errors by which it may refuse."""

    name: str
    run: Callable[[bytes], object]
    seeds: tuple[bytes, ...]
    refusals: tuple[type[BaseException], ...] = REFUSALS


@cache
def bodies(source: str) -> tuple[bytes, ...]:
    """The bodies of every recorded answer of a source."""
    found: list[bytes] = []
    for case in sorted((FIXTURES / source).glob("*/case.json")):
        for exchange in json.loads(case.read_text("utf-8")).get("exchanges", ()):
            if "json" in exchange:
                found.append(json.dumps(exchange["json"], ensure_ascii=False).encode())
            elif "file" in exchange:
                found.append((case.parent / exchange["file"]).read_bytes())
            elif exchange.get("body"):
                found.append(exchange["body"].encode(exchange.get("encoding", "utf-8")))
    return tuple(dict.fromkeys(found))


def certificate() -> bytes:
    """A small certificate in DER."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "yunhe.test")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = (
        made.serial_number(7)
        .not_valid_before(dt.datetime(2026, 1, 1))
        .not_valid_after(dt.datetime(2027, 1, 1))
    )
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName("yunhe.test")]), critical=False)
    return made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def _heimao(text: str) -> None:
    data = heimao.data_of(text, may_end=True)
    for read in (heimao.items_of, heimao.companies_of, heimao.counters_of):
        try:
            found = read(data)
        except SourceChanged:
            continue
        if read is heimao.items_of:
            for item in found:
                try:
                    heimao.complaint_of(item, "https://tousu.sina.com.cn")
                except (ValueError, KeyError, TypeError):  # what the spider counts as an unreadable item
                    continue


def _github(text: str) -> None:
    document = json_api.json_of(200, text)
    json.dumps(github.keep(document))
    github.tally([i for i in github.issues_of(document) if i], dt.datetime(2026, 1, 1, tzinfo=dt.UTC))


def _elsewhere(text: str) -> None:
    elsewhere.keep_feed("feed", text)
    _each(
        lambda: elsewhere.feed_topics("feed", text),
        lambda: json.dumps(json_api.projected(text, elsewhere.keep_topics)),
        lambda: elsewhere.found_topics(json_api.json_of(200, text)),
    )


def _old(text: str) -> None:
    elsewhere.keep_old_page("http://yunhe.test/", text)
    index = elsewhere.keep_captures_index(text)
    elsewhere.wayback_facts(200, index)
    for stamp, _ in elsewhere.old_captures(index, dt.datetime(2026, 3, 1, tzinfo=dt.UTC)):
        elsewhere.capture_time(stamp)


def _rednet(text: str) -> None:
    json_api.projected(text, rednet.keep)
    data = json_api.data_of(200, text)
    rednet.complaint_of(data) if "id" in data else rednet.rows_of(data)


def _each(*reads: Callable[[], object]) -> None:
    """Try every reader; raise a refusal when not one could read, as text only: an error kept in a local of the frame that raises it would
    keep the whole page alive until the next garbage collection, and the memory measured would be the test's own.
    """
    refused = []
    for read in reads:
        try:
            read()
        except REFUSALS as error:
            assert str(error).strip(), f"{type(error).__name__} without a reason"
            refused.append(str(error))
    if len(refused) == len(reads):
        raise SourceChanged("; ".join(refused))


def _all(*readers: Callable[[str], object]) -> Callable[[bytes], object]:
    """Give the decoded text to every reader; refused is what none of them could read."""

    def run(body: bytes) -> None:
        text = decode(body)
        _each(*(partial(read, text) for read in readers))

    return run


def _whois(text: str) -> None:
    if domain_records.state_of(text) == "registered":
        domain_records.registered(text)


def _providers(text: str) -> None:
    for provider in icp.PROVIDERS:
        icp.parse_answer(provider, text, "yunhe.test")


def _forms(text: str) -> None:
    document = parse_json_bounded(text)
    if isinstance(document, dict):
        icp_forms.provider_of(document)
        icp_forms.domain_of(document)


FORMATS: dict[str, tuple[Callable[[bytes], object], str]] = {
    "json_api": (_all(lambda t: json_api.data_of(200, t), json_api.moment_of, lambda t: json_api.projected(t, lambda d: d)), "rednet"),
    "blocklists": (_all(lambda t: blocklists.read_list(t).entry_for("yunhe.test"), blocklists.keep), "blocklists"),
    "domain_records.certificate": (lambda b: (domain_records.certificate_facts(b), domain_records.project_certificate(b)), ""),
    "elsewhere": (_all(_elsewhere), "forums"),
    "elsewhere.channel": (_all(elsewhere.channel_posts, elsewhere.keep_channel), "channel"),
    "elsewhere.captures": (_all(lambda t: elsewhere.wayback_facts(200, t), lambda t: elsewhere.commoncrawl_facts(200, t), elsewhere.newest_collection, elsewhere.keep_captures_index, _old), "archives"),
    "github": (_all(_github), "github_issues"),
    "heimao": (_all(_heimao), "heimao"),
    "heimao.page": (_all(heimao.detail_of, lambda t: heimao.project("https://tousu.sina.com.cn/complaint/view/1/", t)), "heimao"),
    "icp": (_all(lambda t: icp.filing_of(t, "yunhe.test"), icp.project), "icp"),
    "icp_pages.forms": (_all(_forms), "icp"),
    "icp_pages": (_all(lambda t: icp_forms.read_page(t, "yunhe.test")), ""),
    "icp.providers": (_all(_providers), "icp"),
    "domain_records.rdap": (_all(domain_records.servers_of, domain_records.facts_of, domain_records.project_rdap), "registration"),
    "domain_records.network": (_all(domain_records.network_facts, domain_records.project_network, domain_records.project_bootstrap), "registration"),
    "rednet": (_all(_rednet), "rednet"),
    "domain_records.whois": (lambda b: _whois(decode(b)) or domain_records.project_whois(b), "registration"),
}  # fmt: skip
NUMBER, COMPANY = "粤ICP备2025000011号-1", "云合科技有限公司"
ICP_PAGES = tuple(
    f"<html><body>{body}</body></html>".encode()
    for body in (
        f'<table class="table"><tbody><tr><td>1</td><td>{COMPANY}</td><td>企业</td><td>{NUMBER}</td><td>云合</td><td>yunhe.test</td><td>2025-01-02</td><td>否</td></tr></tbody></table>',
        f'<p id="comName">{COMPANY}</p><p id="typ">企业</p><p id="license">{NUMBER}</p>',
        f'<span id="icp_icp">{NUMBER}</span><span id="icp_company">{COMPANY}</span>',
        f'<table id="icp-table"><tr><td>主办单位名称</td><td>{COMPANY}</td></tr><tr><td>网站备案/许可证号</td><td>{NUMBER}</td></tr></table>',
        f'<div class="mod-panel"><div class="c-bd"><table><tr><td>{COMPANY}</td><td>企业</td><td>{NUMBER}</td><td>2025-01-02</td></tr></table></div></div>',
    )
)
"""The result pages an operator saves, shaped as crawler/formats/icp_pages.py describes them."""
PAGE_SEEDS = b'<html><body><div class="links"><a href="https://beian.miit.gov.cn">\xe7\xb2\xa4ICP\xe5\xa4\x872025000011\xe5\x8f\xb7-1</a></div></body></html>'


def _format_targets() -> list[Target]:
    made = []
    for name, (run, source) in FORMATS.items():
        seeds = bodies(source) if source else ICP_PAGES if name == "icp_pages" else (certificate(),)
        made.append(Target(f"formats.{name}", run, (*seeds, PAGE_SEEDS)))
    return made


@cache
def _lists_of(system: str) -> tuple[str, ...]:
    """What a system's lists are called, as its own pages lead to them."""
    found: set[str] = set()
    for body in bodies("storefront"):
        page = Page("http://yunhe.test/", decode(body))
        try:
            found |= {more.what for more in shops.read_home(system, page)[1]}
        except REFUSALS:
            continue
    return tuple(sorted(found))


def _shop(system: str) -> Callable[[bytes], object]:
    def run(body: bytes) -> None:
        whats = _lists_of(system) if hasattr(shops.systems()[system], "lists") else ()
        page = Page("http://yunhe.test/", decode(body))
        _each(
            partial(shops.read_home, system, page),
            *(partial(shops.read_list, system, page, what) for what in whats),
        )

    return run


def _importer(id_: str) -> Callable[[bytes], object]:
    importer = importers.found()[id_]

    def run(body: bytes) -> None:
        list(importer.take(files.parse(body, "handed.csv"), HANDED))

    return run


def _sheets(id_: str) -> tuple[bytes, ...]:
    """A filled sheet, an answer and a page as the importer takes them."""
    columns = importers.found()[id_].columns
    row = {column.zh: _filled(column.key) for column in columns}
    table = "\n".join([",".join(row), ",".join(row.values()), ",".join(row.values())]).encode()
    return (table, json.dumps({"data": {"list": [row, {c.key: _filled(c.key) for c in columns}]}}, ensure_ascii=False).encode(),
            table.replace(b",", b"\t"), "\n".join([",".join(row), ",".join(row.values())]).encode("gb18030"))  # fmt: skip


def _filled(key: str) -> str:
    known = {
        "host": "yunhe.test",
        "domain": "yunhe.test",
        "company": "云合科技有限公司",
        "url": "https://source.example/1",
    }
    if key in known:
        return known[key]
    return "2026-02-01" if any(part in key for part in ("on", "at", "date", "time")) else "7"


def _page_reader(body: bytes) -> None:
    text = decode(body)
    tree = Page("http://yunhe.test/", text).tree
    visible_text.footer_of(tree, visible_text.visible(tree))
    visible_text.notices_of(tree)
    visible_text.role_links(tree, "http://yunhe.test/", SiteKey("yunhe.test"))
    visible_text.prose(text)
    shop_features.signs_of(text, visible_text.visible(tree), [])
    shop_features.footer_numbers(text[:5000])
    shop_features.template_of(text)
    shop_features.promises_of(text)
    mentions.hosts_in(text)
    shop_features.contacts_in(text.lower())
    block_pages.wall_of(body)


def _names(body: bytes) -> None:
    text = body.decode("utf-8", "replace")
    query = names.parse_query(text)
    host = query.host or text[:300]
    names.skeleton(host)
    names.near_misses(host[:80], ["yunhe.test", "lan.test"])
    stem = names.file_stem(host)
    assert "/" not in stem and stem not in ("", ".", "..") and "\x00" not in stem


def _redact(body: bytes) -> None:
    text = body.decode("utf-8", "replace")
    cleaned = redact.clean(text)
    assert not redact.contains_personal_data(cleaned), "personal data left after clean()"


LINES = (
    b'{"kind":"complaint","source":"heimao","source_id":"17398613248","host":"a.example","filed_at":"2026-01-02T03:04:05+08:00","title":"x","text":"y","amount":129.0,"status":"open","replied_at":null,"url":"https://a.example/1"}',
    b'{"kind":"orders","source":"storefront","host":"a.example","observed_at":"2026-01-02T03:04:05+08:00","total":10234,"processed":10201,"today":120,"hidden":false}',
    b'{"kind":"penalty","source":"gsxt","host":"a.example","decided_on":"2026-03-02","category":"x","reason":"y","url":"https://a.example/1"}',
    b'{"kind":"order","source":"feed","host":"a.example","order_ref":"1","paid_at":"2026-01-02T03:04:05+08:00","state":"delivered"}',
    b'{"kind":"platform","host":"a.example","name":"x","aliases":["b.example"],"opened_on":"2024-03-01"}',
    b'{"kind":"crawl","source":"heimao","started_at":"2026-01-02T03:04:05+08:00","finished_at":"2026-01-02T03:05:05+08:00","outcome":"ok","hosts":["a.example"]}',
)  # fmt: skip
SAID = tuple(
    line.encode()
    for line in ("【云合卡盟】http://a.example/abc?x=1 快来", "例子.中国", "xn--fsqu00a.xn--fiqs8s", "hxxp://example[.]com", "粤ICP备18046372号-1",
                 "付款129元没到账，电话13800138000，微信号abc_12345，订单号2025110112345678，身份证11010519491231002X，邮箱a@b.example", "91440101MA5CWT5N6X",
                 "充值后一直处理中，客服不理人，要求退款", "ｅｘａｍｐｌｅ．ｃｏｍ", "1.2.3.4:8080")
)  # fmt: skip


def targets() -> list[Target]:
    """Everything that is fuzzed with bytes."""
    store = [
        Target("store.evidence.records", records.parse_line, LINES, (records.RecordError,)),
        Target("store.text.query", _names, SAID, ()),
        Target("store.redaction.redact", _redact, SAID, ()),
        Target(
            "store.complaint_kinds.classify",
            lambda b: classify.classify(b.decode("utf-8", "replace")),
            SAID,
            (),
        ),
    ]
    readers = [
        Target("crawler.pages", _page_reader, bodies("storefront"), (SourceChanged,)),
        Target("crawler.pages.decoding", decode, bodies("storefront"), ()),
    ]
    systems = [Target(f"shops.{id_}", _shop(id_), bodies("storefront")) for id_ in sorted(shops.systems())]
    sheets = [
        Target(f"importers.{id_}", _importer(id_), _sheets(id_), (ValueError,)) for id_ in importers.found()
    ]
    return [*store, *readers, *_format_targets(), *systems, *sheets]


def unlisted() -> list[str]:
    """Modules of crawler/formats that no target reads."""
    return sorted(
        {m.name for m in pkgutil.iter_modules(formats.__path__)} - {name.split(".")[0] for name in FORMATS}
    )
