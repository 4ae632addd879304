"""Every setting of one machine: its name, what it means, its default and what values make sense. Read from the environment.

`.env.example` is written from this class (kamengwatch/env_example.py). All rooms read their settings here and nowhere else.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, AwareDatetime, Field, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, SettingsConfigDict

from store import env_file

PREFIX = env_file.PREFIX
GROUPS = {
    "main": ("本机", "This machine"),
    "crawler": ("谁在采集", "Who crawls"),
    "filing": ("备案与域名", "Filings and domains"),
    "sources": ("可选的信息源", "Optional sources"),
    "service": ("运行", "Running it"),
    "mirrors": ("镜像与测试服务", "Mirrors and test servers"),
    "internal": ("程序之间，不必设置", "Between programs; nothing to set"),
}
ICP_PROVIDERS = Literal[
    "ymicp",
    "fghwett",
    "yitd",
    "uomg",
    "uutool",
    "vvhan",
    "uapis",
    "apihz",
    "zeapi",
    "yzxmz",
    "urlsec",
    "aliyun",
]


NO_CONTACT = (
    "没有人对采集负责，什么也不发出 nobody answers for the crawler, so nothing is sent: 运行 run kamengwatch init, "
    "或设 or set KAMENGWATCH_CONTACT (邮箱或网页 a mail address or a page); 演示不需要 the sandbox needs none: kamengwatch run --sandbox"
)


class SettingsError(ValueError):
    """A value that makes no sense: one line that names the variable, the reason and the remedy."""


def _address(text: str) -> str:
    parts = urlsplit(text)
    try:
        whole = (
            parts.scheme in ("http", "https") and parts.hostname and (parts.port is None or parts.port > 0)
        )
    except ValueError:  # a port that is no number
        whole = False
    if not whole:
        raise ValueError("不是网址 not an address; 例 e.g. https://host.example")
    if parts.query or parts.fragment or parts.username:
        raise ValueError("网址里不能有密钥、问号或登录名 an address without key, question mark or login")
    return text


def _contact(text: str) -> str:
    text = text.strip()
    mail, page = "@" in text and "." in text.rpartition("@")[2], text.startswith(("http://", "https://"))
    if not (mail or page) or not text.isascii() or not text.isprintable() or any(c in text for c in " ();"):
        raise ValueError(
            "写一个邮箱或网页地址 give a mail address or a page; 例 e.g. https://watchdog.example/about-our-crawler"
        )
    return text


def _mapping(text: str) -> str:
    """JSON is checked here; a file or address where it is read."""
    if text.strip().startswith("{"):
        try:
            json.loads(text)
        except ValueError as error:
            raise ValueError(f"不是 JSON 对象 not a JSON object ({error})") from None
    return text


def _key(text: str) -> str:
    if ":" not in text and "=" not in text:
        raise ValueError("写成 write name=value（参数 parameters）或 or Header: value")
    return text


def _controls(text: str) -> str:
    for name in text.split(","):
        if name.strip():
            _address(name.strip() if "://" in name else f"https://{name.strip()}/")
    if not text.strip(" ,"):
        raise ValueError("至少写一个网站 name at least one site; 例 e.g. www.example.org,www.example.net")
    return text


def _malls(text: str) -> str:
    from store.text.malls import read_malls

    list(read_malls(Path(text)))
    return text


def _host_or_none(text: str) -> str:
    if text.strip().lower() == "none":
        return ""
    _address(f"https://{text.strip()}/")
    return text.strip()


def _names(text: str) -> str:
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if "/" in name or ":" in name:
            raise ValueError(
                "只写域名，不写 http:// 和端口 names alone, without http:// and port; 例 e.g. watch.example"
            )
        _address(f"https://{name}/")
    return ",".join(names)


def _ports(text: str) -> str:
    ports = [port.strip() for port in text.split(",")]
    if not all(port.isascii() and port.isdigit() and 0 < int(port) < 65536 for port in ports):
        raise ValueError("写端口号，逗号分开 give port numbers separated by commas; 例 e.g. 80,443,8443")
    return ",".join(ports)


def _addresses(text: str) -> str:
    for one in filter(None, (part.strip() for part in text.split(","))):
        _address(one)
    return text


Address = Annotated[str, AfterValidator(_address)]
Addresses = Annotated[str, AfterValidator(_addresses)]
Mapping = Annotated[str, AfterValidator(_mapping)]


def _field(group: str, zh: str, en: str, default: Any = "", example: str = "", **more: Any) -> Any:
    """A setting: its group, what it means, its default, and an example where the default is none. `secret=True`: never shown."""
    extra = {"group": group, "zh": zh, "en": en, "example": example, "secret": more.pop("secret", False)}
    return Field(default, description=f"{zh} {en}", json_schema_extra=extra, **more)


class Settings(BaseSettings):
    """One machine's settings; the environment variable of a field is KAMENGWATCH_ and its name in capitals."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, extra="ignore", frozen=True, validate_default=False
    )

    data_dir: Path = _field("main", "采集与发布的一切都放在这里。", "Where everything collected and published lies.",
        Path("data"))  # fmt: skip
    database_url: str | None = _field("main", "数据库。不设：数据目录里的 SQLite。PostgreSQL 15 或更新：",
        "The database. Without it: SQLite inside the data folder. PostgreSQL 15 or newer:", None,
        "postgresql+psycopg://user:password@localhost/kamengwatch", secret=True)  # fmt: skip
    lang: Literal["zh", "en"] = _field(
        "main", "命令行的语言：zh 或 en。", "Language of the command line: zh or en.", "zh"
    )
    chromium: str = _field("main", "浏览器；不设：用 `make browser` 找到或安装的那个。",
        "A browser other than the one `make browser` finds or installs.", example="/usr/bin/chromium",
        validation_alias="CHROMIUM")  # fmt: skip

    contact: Annotated[str, AfterValidator(_contact)] = _field("crawler",
        "谁对采集负责：说明网页或邮箱，随每个请求发给被访问的网站。没有它，演示市场以外什么也不采集。",
        "Who answers for the crawler: a page or mail address, sent to every site that is visited. Without it nothing is crawled outside the sandbox.",
        example="https://watchdog.example/about-our-crawler")  # fmt: skip
    responsible: str = _field("service", "网页上写明的责任主体：单位或个人的名称。", "The party responsible, as the pages name it.",
        example="某某消费者协会")  # fmt: skip
    controls: Annotated[str, AfterValidator(_controls)] = _field("crawler",
        "对照：几乎从不断线、互不相干的几个大网站（只读它们的 robots.txt），或网页地址，逗号分开。都不回应时，断的是我们自己的网络，那一轮不对任何网站下结论。",
        "Controls: big sites, independent of each other, that are hardly ever down (only their robots.txt is read), or addresses of pages, "
        "separated by commas. Where none answers the outage is ours, and that round says nothing of any site.",
        "www.baidu.com,www.qq.com,www.163.com,www.bilibili.com")  # fmt: skip

    egress_ports: Annotated[str, AfterValidator(_ports)] = _field("crawler",
        "采集可以连接的端口，逗号分开；这里设置的服务用自己的端口。", "Ports the crawler may connect to, separated by commas; services configured here use their own.",
        "80,443")  # fmt: skip

    icp_base: Address = _field("filing", "备案查询服务的地址（自建或有权使用的）。不设：备案状态为未知。",
        "The filing query service you run or may use. Without it filings stay unknown.",
        example="http://127.0.0.1:16181")  # fmt: skip
    icp_provider: ICP_PROVIDERS = _field("filing", "该服务的应答格式。用哪一家由你决定，注意其条款。",
        "Whose format it answers in. Using one is your decision: mind its terms. "
        "ymicp fghwett yitd uomg uutool vvhan uapis apihz zeapi yzxmz urlsec aliyun", "ymicp")  # fmt: skip
    icp_key: Annotated[str, AfterValidator(_key)] = _field("filing",
        "该服务的密钥，作为参数或请求头；只在发出时加上，不进日志、存证和导出。不要写进上面的地址。",
        "Its key, as parameters (id=1000&key=…; of aliyun AccessKeyId=…&AccessKeySecret=…, with which requests are signed) or as a header; added where the request leaves, never written to logs, archive or exports.",
        example="Authorization: Bearer …", secret=True)  # fmt: skip
    icp_control: Annotated[str, AfterValidator(_host_or_none)] = _field("filing",
        "备案查询的对照：一个确有备案的域名，每轮最先和最后各问一次；它变成“没有备案”的那一轮作废，不说任何网站未备案。none：不对照。",
        "The control of filing queries: a domain known to be filed, asked first and last of every round; a round in which it turns up "
        "unfiled is void and calls nobody unfiled. none: no control.", "qq.com")  # fmt: skip
    rdap_base: Address = _field("filing", "域名注册查询（RDAP）服务；不设：按 IANA 名录找各注册局。",
        "A service for domain registration queries (RDAP). Without it registries are found through IANA's list.",
        example="https://rdap.example")  # fmt: skip
    places_file: str = _field("filing", "互联网注册机构的地址分配统计文件，用来说明服务器在哪些国家；不设：不说。",
        "Delegated statistics of an internet registry (the file its public server calls delegated-…-extended-latest), to tell in which "
        "countries a site's addresses lie. Without it nothing is said of places.",
        example="/srv/delegated-extended-latest")  # fmt: skip

    blocklists: Mapping = _field("sources", "公开名单：名称 → 地址或文件，JSON 或 JSON 文件。各名单的许可由你负责。",
        "Open block lists: name → address or file, as JSON or a JSON file. You answer for their licences.",
        example='{"My list": "https://lists.example/hosts.txt"}')  # fmt: skip
    malls: Annotated[str, AfterValidator(_malls)] = _field("sources", "你自己的商城名单（TOML，样子同 store/text/malls.toml）：内置名单里没有的商城。",
        "Your own list of malls (TOML, in the form of store/text/malls.toml): those the built-in list lacks.",
        example="/etc/kamengwatch/malls.toml")  # fmt: skip
    xiaofeibao_brands: Mapping = _field("sources", "消费保：网站 → 品牌编号，JSON、JSON 文件或其地址。",
        "Xiaofeibao: host → brand number, as JSON, a JSON file or its address.",
        example='{"shop.example": 18293}')  # fmt: skip
    failure_registries: str = _field("sources", "登记跑单、失联的 GitHub 仓库（owner/name），逗号分开；不设：不读。",
        "GitHub repositories (owner/name) whose issues register failures of shops, separated by commas. Without it none is read.",
        example="example/registry")  # fmt: skip
    forum_feeds: Mapping = _field("sources", "论坛的订阅源：名称 → 网址，JSON；不设：V2EX 与 linux.do 的最新主题。",
        "Feeds of forums: name → address, as JSON. Without it the newest topics of V2EX and linux.do.",
        example='{"v2ex": "https://www.v2ex.com/index.xml"}')  # fmt: skip
    github_repositories: Mapping = _field("sources", "发卡软件的仓库：软件 → 仓库，JSON；不设：内置的五个。",
        "Repositories of shop software: software → owner/name, as JSON. Without it the five built in.",
        example='{"dujiaoka": "assimon/dujiaoka"}')  # fmt: skip

    public_hosts: Annotated[str, AfterValidator(_names)] = _field("service",
        "访客访问网页所用的域名，逗号分开；不在其中的域名一律拒绝（本机地址、IP 和 localhost 总可以）。",
        "Names under which visitors open the dashboard, separated by commas; any other name is refused (addresses in numbers and localhost never are).",
        example="watch.example,www.watch.example")  # fmt: skip
    font: str = _field("service", "分享图用的中文字体文件；不设：用系统里找到的。",
        "The font file with Chinese characters that pictures to share are drawn with. Without it: one found in the system.",
        example="/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")  # fmt: skip
    log: Literal["text", "json"] = _field("service", "日志：text 给人看，json 每行一个对象。",
        "Log lines: text for a person, json one object a line.", "text")  # fmt: skip
    notify: str = _field("service", "通知对象的文件；不设：数据目录里的 notify.toml（docs/notify.md）。",
        "The file of those who are notified. Without it: notify.toml in the data folder (docs/notify.md).",
        example="/etc/kamengwatch/notify.toml")  # fmt: skip

    timestamp_authorities: Addresses = _field("service",
        "给发布的快照盖时间戳的机构（RFC 3161），网址，逗号分开；每次发布后各问一次。不设：日期只是你自己的说法。",
        "Authorities (RFC 3161) that time-stamp published snapshots: addresses, separated by commas, each asked once a publication. "
        "Without any, dates are your own word.", example="http://tsa.example/tsr,http://tsa.example.net")  # fmt: skip
    timestamp_certificates: str = _field("service",
        "你信任的机构根证书（PEM 文件）；有它才核对时间戳的签名与证书链。",
        "Root certificates of these authorities (a PEM file); with them signatures and chains of stamps are checked.",
        example="/etc/kamengwatch/timestamp-roots.pem")  # fmt: skip
    timestamp_calendars: Addresses = _field("service",
        "OpenTimestamps 日历服务，网址，逗号分开；发出去的只有清单的哈希。", "OpenTimestamps calendars: addresses, separated by commas; "
        "nothing but the hash of the manifest is sent.", example="https://calendar.example")  # fmt: skip
    timestamp_blocks: Address = _field("service",
        "区块头的来源（Esplora 形式的接口）；留下区块头，别人离线也能核对 OpenTimestamps 证明。",
        "Where block headers come from (an interface in Esplora's form); kept, they let anybody check OpenTimestamps proofs offline.",
        example="https://blocks.example/api")  # fmt: skip

    looks_per_day: int = _field("service",
        "初查：每天最多替访客看几个没有收录的网站（每站六小时一次）；0：关闭。见 docs/looks.md。",
        "Looks: how many sites nobody watches are looked at for visitors in a day, each once in six hours; 0: none. See docs/looks.md.",
        0, ge=0, le=100_000)  # fmt: skip
    single_sites_seconds: int = _field(
        "service",
        "人工决定、更正、撤回、导入或初查涉及的网站：改动停下几秒后由 schedule 单独评级并发布；0：等下一次全量评级。",
        "Sites that a decision, a correction, a withdrawal, an import or a look concerns: rated and published singly by `schedule` so many seconds after the last change; 0: with the next full rating.",
        10, ge=0, le=3_600)  # fmt: skip
    cadence_hours: str = _field("service", "各信息源隔几小时采一次，只写要改的；不设：各按自己的间隔（黑猫每半小时，多数每天）。",
        "Hours between two crawls of a source, only where its own do not fit (Heimao every half hour, most once a day).",
        example="heimao=0.5,icp=168")  # fmt: skip

    ct_base: Address = _field(
        "mirrors",
        "证书日志索引（crt.sh 的形式）。",
        "The index of certificate logs, in crt.sh's form.",
        "https://crt.sh",
    )
    wayback_base: Address = _field(
        "mirrors", "Wayback 存档的索引。", "The index of the Wayback archive.", "https://web.archive.org"
    )
    commoncrawl_base: Address = _field(
        "mirrors", "Common Crawl 的索引。", "The index of Common Crawl.", "https://index.commoncrawl.org"
    )
    telegram_base: Address = _field(
        "mirrors", "公开频道的预览页。", "Preview pages of public channels.", "https://t.me"
    )
    v2ex_search: Address = _field(
        "mirrors", "V2EX 的第三方检索。", "A third party's search of V2EX.", "https://www.sov2ex.com"
    )
    heimao_base: Address = _field(
        "mirrors", "黑猫投诉的地址。", "Heimao's address.", "https://tousu.sina.com.cn"
    )
    rednet_base: Address = _field(
        "mirrors", "红网百姓呼声的地址。", "Rednet's address.", "https://rapi.rednet.cn"
    )
    rednet_board: Address = _field(
        "mirrors",
        "红网百姓呼声的网页。",
        "Rednet's board, the page its lists are asked from.",
        "https://people.rednet.cn/",
    )
    xiaofeibao_pages: Address = _field(
        "mirrors", "消费保的网页。", "Xiaofeibao's pages.", "https://www.xfb315.com"
    )
    xiaofeibao_base: Address = _field(
        "mirrors", "消费保的地址。", "Xiaofeibao's address.", "https://api.xfb315.com"
    )
    github_base: Address = _field(
        "mirrors", "GitHub 接口的地址。", "The address of GitHub's API.", "https://api.github.com"
    )

    now: AwareDatetime | None = _field("internal", "把时钟定在某一刻（演示与测试）。", "Binds the clock to a moment (demonstrations, tests).",
        None)  # fmt: skip
    run_id: str = _field(
        "internal", "定时进程给它启动的步骤编的号。", "The number the scheduler gives a step it starts."
    )

    @property
    def public_address(self) -> str:
        """The address visitors use, with its slash: of the first of `public_hosts`; empty where there is none."""
        name = self.public_hosts.split(",")[0].strip()
        return f"https://{name}/" if name else ""


TEST_VARIABLES = {
    "KAMENGWATCH_TEST_POSTGRES": (
        "一个可以建库的 PostgreSQL；不设：测试自己启动一个。",
        "A PostgreSQL whose user may create databases; without it the tests start one of their own.",
        "postgresql+psycopg://user:password@localhost/postgres",
    ),
    "KAMENGWATCH_REAL_DATA": (
        "真实记录的目录；不设：跳过读它的测试。",
        "The folder of real records; without it the tests that read it skip.",
        "/path/to/records",
    ),
}
_TEST_PREFIXES = ("KAMENGWATCH_TEST_", "KAMENGWATCH_SOAK_", "KAMENGWATCH_SPARK_", "KAMENGWATCH_WRITE_")


def fields() -> Iterator[tuple[str, FieldInfo, dict[str, Any]]]:
    """Each setting: its environment variable, its field, and what _field declared of it."""
    for name, field in Settings.model_fields.items():
        extra = field.json_schema_extra
        assert isinstance(extra, dict)
        yield variable(name), field, extra


def variable(name: str) -> str:
    """The environment variable of a field."""
    alias = Settings.model_fields[name].validation_alias
    return alias if isinstance(alias, str) else PREFIX + name.upper()


def settings() -> Settings:
    """The settings in force, `.env` included; raises SettingsError naming the variable at fault.

    Read anew whenever the environment changed.
    """
    try:
        env_file.load()
    except env_file.EnvFileError as error:
        raise SettingsError(str(error)) from None
    return _read(
        tuple(sorted((n, v) for n, v in os.environ.items() if n.startswith((PREFIX, *env_file.FOREIGN))))
    )


@lru_cache(maxsize=8)
def _read(_environment: tuple[tuple[str, str], ...]) -> Settings:
    try:
        return Settings()
    except ValidationError as error:
        raise SettingsError(_line(error)) from None


def _line(error: ValidationError, only: str | None = None) -> str:
    """The first fault (of one field) in one line; of a secret the value is not repeated."""
    fault = next(f for f in error.errors(include_url=False) if only in (None, f["loc"][0]))
    name = str(fault["loc"][0])
    variables = {variable(field): field for field in Settings.model_fields}
    named = name if name in variables else variable(name)
    field = Settings.model_fields[variables[named]]
    extra = field.json_schema_extra
    secret = isinstance(extra, dict) and extra["secret"]
    if fault["type"] == "value_error":
        reason = str(fault["ctx"]["error"])
    elif fault["type"] == "literal_error":
        reason = f"可用 use {fault['ctx']['expected']}".replace(" or ", ", ").replace("'", "")
    elif named == variable("now"):
        reason = "不是带时区的 ISO 8601 时间 not an ISO 8601 time with an offset; 例 e.g. 2026-03-02T10:00:00+08:00"
    else:
        reason = fault["msg"]
    told = str(fault["input"])
    hidden = secret or (
        named.endswith(("_BASE", "_URL")) and any(sign in told for sign in "@?")
    )  # a login or key
    given = "" if hidden else f"={told[:80]}"
    where = (
        f" ({env_file.path()})"
        if only is None and named in env_file.values() and env_file.values()[named] == os.environ.get(named)
        else ""
    )
    return f"{named}{given}{where}: {reason}"


def check(name: str, value: str) -> None:
    """Whether `value` makes sense for the field `name`; raises SettingsError."""
    try:
        Settings(**{name: value})  # type: ignore[arg-type]
    except ValidationError as error:
        if any(fault["loc"][0] == name for fault in error.errors()):
            raise SettingsError(_line(error, name)) from None


def unknown() -> list[tuple[str, str, str | None]]:
    """Names of ours that mean nothing: (name, "environment" or the file's name, the nearest known name or None)."""
    from rapidfuzz import fuzz, process

    known = {name for name, _, _ in fields()} | set(TEST_VARIABLES) | {env_file.FILE}
    told = []
    in_file = env_file.values()
    for name in sorted({*in_file, *os.environ}):
        if not name.upper().startswith(PREFIX) or name in known or name.startswith(_TEST_PREFIXES):
            continue
        near = process.extractOne(name.upper(), known, scorer=fuzz.ratio, score_cutoff=75)
        told.append(
            (name, str(env_file.path()) if name in in_file else "environment", near[0] if near else None)
        )
    return told


def scrapy_settings() -> dict[str, Any]:
    """The settings the crawler's spiders read, under Scrapy's names (without the prefix)."""
    return {
        name.upper(): getattr(settings(), name)
        for name, field in Settings.model_fields.items()
        if isinstance(field.json_schema_extra, dict)
        and field.json_schema_extra["group"] in ("filing", "sources", "mirrors")
    }
