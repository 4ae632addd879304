"""The rules of design that no general linter knows: rooms, file sizes, politeness, the clock, and words never said.

Every message names the file, the line and what to do.
"""

import ast
import re
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("store", "crawler", "scoring", "dashboard", "kamengwatch", "sandbox")
LONGEST = 600
MOST_MODULES = 15
LISTS = {
    "benchmarks",
    "crawler/importers",
    "crawler/shops",
    "crawler/spiders",
    "dashboard/app_pages",
    "scoring/indicators",
    "store/migrations/versions",
}
"""Folders that list things of one kind: they may grow."""
GENERATED = "store/migrations/versions/"
NAMELESS = {"utils", "util", "core", "common", "helpers", "misc"}
# The present belongs to whoever builds the clock; a stopwatch (perf_counter, monotonic) tells no date.
PRESENT = {"now", "utcnow", "today"}
PRESENT_OF = {"datetime", "dt", "date", "Timestamp", "pd", "func", "time"}
NEVER_SAID = ["骗子", "诈骗网站", "黑平台", "跑路", "安全", "放心", "认证", "官方", "推荐", "征信"]
NEVER_SAID_EN = re.compile(r"\b(scam|safe|verified|trusted)\b(?!-area)", re.IGNORECASE)
# Two sentences that judge no site, titles of laws, and Jinja's filter of the same name.
ALLOWED = re.compile(r"这不等于安全|通过网站的官方客服联系|《[^》]*》|\|\s*safe\b")
# Constants with such names hold words that are looked for in other people's text, or the list of a linter itself.
READ_NOT_SAID = re.compile(r"FORBIDDEN|NEVER_SAID|_WORDS$|_PATTERNS?$|_CUES$|LEXICON", re.IGNORECASE)
SHOWN = {".html", ".j2", ".toml", ".json", ".js", ".svg", ".txt", ".md", ".xml"}


def _files() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\0")
    return sorted(name for name in set(listed) if name and (ROOT / name).is_file())


FILES = _files()
PYTHON = [name for name in FILES if name.endswith(".py")]
PRODUCT = [name for name in PYTHON if name.startswith(tuple(f"{room}/" for room in ROOMS))]


@cache
def _tree(name: str) -> ast.Module:
    return ast.parse((ROOT / name).read_text(encoding="utf-8"), name)


def _in(*rooms: str) -> list[str]:
    return [name for name in PRODUCT if name.split("/")[0] in rooms]


def test_files_stay_short_enough_to_be_one_idea() -> None:
    long = {
        name: lines
        for name in PYTHON
        if not name.startswith(GENERATED)
        and (lines := len((ROOT / name).read_bytes().splitlines())) > LONGEST
    }
    assert not long, f"give these one subject each (limit {LONGEST} lines): {long}"


def test_a_folder_can_be_listed_by_heart() -> None:
    counts = Counter(Path(name).parent.as_posix() for name in PYTHON if not name.endswith("__init__.py"))
    full = {folder: count for folder, count in counts.items() if count > MOST_MODULES and folder not in LISTS}
    assert not full, (
        f"make folders of one job each (limit {MOST_MODULES} modules, or add a true list to LISTS): {full}"
    )


@pytest.mark.parametrize("folder", sorted({Path(name).parent.as_posix() for name in PRODUCT}))
def test_every_folder_says_its_job(folder: str) -> None:
    if folder.startswith("store/migrations"):
        return
    init = ROOT / folder / "__init__.py"
    assert init.is_file() and ast.get_docstring(ast.parse(init.read_text("utf-8"))), (
        f"{folder}/__init__.py says in one line what the job is"
    )


def test_no_folder_or_module_without_a_subject() -> None:
    nameless = [name for name in PYTHON if NAMELESS & {Path(part).stem for part in name.split("/")}]
    assert not nameless, f"name these after what they own: {nameless}"


@pytest.mark.parametrize("word", ["dont_obey_robotstxt", "ROBOTSTXT_OBEY=False", "ROBOTSTXT_OBEY = False"])
def test_no_way_around_robots_txt(word: str) -> None:
    assert not [name for name in PRODUCT if word in (ROOT / name).read_text(encoding="utf-8")]


def test_no_spider_has_settings_of_its_own() -> None:
    """One place for politeness: crawler/settings.py. An annotation without a value is fine."""
    found = [
        f"{name}:{node.lineno}"
        for name in _in("crawler")
        for node in ast.walk(_tree(name))
        if isinstance(node, ast.Assign | ast.AnnAssign)
        and node.value is not None
        and any(isinstance(t, ast.Name) and t.id == "custom_settings" for t in _targets(node))
    ]
    assert not found, f"politeness has no per-spider exception: {found}"


def _targets(node: ast.Assign | ast.AnnAssign) -> list[ast.expr]:
    return node.targets if isinstance(node, ast.Assign) else [node.target]


def _asks_for_the_present(tree: ast.Module) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "time":
            yield from (node.lineno for alias in node.names if alias.name in ("time", "time_ns"))
        if not isinstance(node, ast.Attribute):
            continue
        owner = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
        if (node.attr in PRESENT and owner in PRESENT_OF) or (
            owner == "time" and node.attr in ("time", "time_ns")
        ):
            yield node.lineno


def test_only_the_composition_root_and_the_sandbox_ask_for_the_present() -> None:
    rooms = _in("store", "crawler", "scoring", "dashboard")
    found = [f"{name}:{line}" for name in rooms for line in _asks_for_the_present(_tree(name))]
    assert not found, f"take the clock or the day as a parameter: {found}"


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("dt.datetime.now(dt.UTC)", True),
        ("datetime.utcnow()", True),
        ("date.today()", True),
        ("time.time()", True),
        ("from time import time", True),
        ("field(default_factory=datetime.now)", True),
        ("func.now()", True),
        ("clock.now()", False),
        ("self.clock.today()", False),
        ("time.perf_counter()", False),
    ],
)
def test_the_clock_rule_itself(code: str, found: bool) -> None:
    assert bool(list(_asks_for_the_present(ast.parse(code)))) is found


def _never_said(text: str) -> list[str]:
    rest = ALLOWED.sub("", text)
    return [word for word in NEVER_SAID if word in rest] + NEVER_SAID_EN.findall(rest)


def _docstrings(tree: ast.Module) -> Iterator[int]:
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):  # also the strings under module constants, which document them
            for statement in body:
                if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
                    yield id(statement.value)


def _said(name: str) -> Iterator[tuple[int, str]]:
    """Yield the strings a file may show: all literals; an indicator's docstring too, as it is published."""
    tree = _tree(name)
    unseen = set() if name.startswith("scoring/indicators/") else set(_docstrings(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AnnAssign) and any(
            isinstance(target, ast.Name) and READ_NOT_SAID.search(target.id) for target in _targets(node)
        ):
            unseen |= {id(part) for part in ast.walk(node)}
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in unseen:
            yield node.lineno, node.value


def test_nothing_shown_passes_judgement_in_the_words_we_refuse() -> None:
    found = [
        f"{name}:{line} {words}"
        for name in _in("dashboard", "scoring")
        for line, text in _said(name)
        if (words := _never_said(text))
    ]
    for name in FILES:
        if name.startswith("dashboard/") and Path(name).suffix in SHOWN:
            lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
            found += [
                f"{name}:{n} {words}" for n, line in enumerate(lines, 1) if (words := _never_said(line))
            ]
    assert not found, f"say what was observed instead (docs/vocabulary.md, words never used): {found}"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("该网站是官方推荐", ["官方", "推荐"]),
        ("A Verified shop", ["Verified"]),
        ("目前未见明显异常。这不等于安全。", []),
        ("请通过网站的官方客服联系", []),
        ("依据《网络安全法》", []),
        ("{{ text|safe }}", []),
        ("unsafe_allow_html", []),
        ("padding: env(safe-area-inset-bottom)", []),
    ],
)
def test_the_word_rule_itself(text: str, found: list[str]) -> None:
    assert _never_said(text) == found


def test_the_dashboard_reads_a_snapshot_and_five_pure_modules_even_indirectly() -> None:
    """import-linter holds the rooms; this holds the exact list, with every indirect import."""
    doors = {
        "scoring.snapshot.reader",
        "store.text.query",
        "store.text.safe_text",
        "store.redaction.redact",
        "store.complaint_kinds.classify",
        "store.settings",
    }
    graph = grimp.build_graph(*ROOMS, include_external_packages=True, cache_dir=None)
    reached = graph.find_upstream_modules("dashboard", as_package=True)
    behind = {m for door in doors for m in graph.find_upstream_modules(door)}
    ours = {m for m in reached if m.split(".")[0] in ROOMS and m.split(".")[0] != "dashboard"}
    allowed = doors | {"scoring", "store"} | {m for m in behind if m.split(".")[0] == "store"}
    assert ours <= allowed, f"the dashboard reaches {sorted(ours - allowed)}"
    direct = {
        m for own in graph.find_descendants("dashboard") for m in graph.find_modules_directly_imported_by(own)
    }
    assert {m for m in direct if m.split(".")[0] in ("store", "scoring", "crawler")} <= doors
    assert not {"sqlalchemy", "alembic", "scrapy", "playwright"} & reached


def test_rooms_hold_no_code_at_their_door() -> None:
    """Importing one module of a room runs its __init__, which the import graph does not count: it imports nothing."""
    busy = [
        room
        for room in ROOMS
        if any(
            isinstance(node, ast.Import | ast.ImportFrom) and getattr(node, "module", "") != "typing"
            for node in _tree(f"{room}/__init__.py").body
        )
    ]
    assert not busy, f"no imports when loaded in __init__.py of {busy}"


def test_every_linter_contract_is_kept() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]


@pytest.mark.parametrize(
    "name", [name for name in FILES if re.fullmatch(r"(README|CONTRIBUTING).*\.md", name)]
)
def test_files_a_reader_is_sent_to_exist(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    tops = {path.split("/")[0] for path in FILES}
    links = [
        link for link in re.findall(r"\]\(([^)\s#]+)", text) if "://" not in link and "mailto:" not in link
    ]
    spans = [
        s for s in re.findall(r"`([^`\s]+)`", text) if s.split("/")[0] in tops and not re.search(r"[<*{…]", s)
    ]
    missing = sorted({path for path in links + spans if not (ROOT / path.lstrip("/")).exists()})
    assert not missing, f"{name} names what is not there: {missing}"


def test_every_make_target_a_reader_is_sent_to_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    texts = [(ROOT / name).read_text(encoding="utf-8") for name in FILES if name.endswith(".md")]
    named = {word for text in texts for word in re.findall(r"`make ([a-z]+)", text)}
    assert named <= targets, f"no such target: {named - targets}"


def test_the_lock_has_what_the_project_asks_for_and_names_no_address() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert "://" not in lock
    locked = {
        re.sub(r"[-_.]+", "-", n).lower() for n in re.findall(r"^([A-Za-z0-9._-]+)==", lock, re.MULTILINE)
    }
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = project["dependency-groups"]
    extras = project["project"]["optional-dependencies"]
    asked = [*project["project"]["dependencies"], *extras["browser"], *extras["postgres"]]
    asked += [*groups["lint"], *groups["test"]]
    names = {re.sub(r"[-_.]+", "-", re.match(r"[A-Za-z0-9._-]+", line).group()).lower() for line in asked}
    assert names <= locked, f"compile the lock again, it lacks {names - locked}"
