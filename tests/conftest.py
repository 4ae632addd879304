"""What every test may ask for: an empty data folder, both databases, a browser, real records. And no network.

Test modules find their helpers in `tests/support`.
"""

import gc
import os
import sqlite3
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import alembic.command
import hypothesis
import pytest
from alembic.config import Config
from sqlalchemy import Engine, StaticPool, create_engine

gc.disable()  # until all is imported and collected: nothing of it is garbage, and looking for any took a third of the time
from tests.support.programs import settings  # noqa: F401  (before the product reads its settings)
from tests.support.servers.browsing import ARGS
from tests.support.servers.network_guard import GUARD
from tests.support.servers.postgres import database, server

_LONG = ("test_rehearsal", "test_look", "test_page_states", "test_kills", "test_recompute", "test_turns", "test_crawler_politeness", "test_indicators",
         "test_browser_dashboard", "test_evaluation", "test_scenarios", "test_scheduling", "test_more_sources", "test_workers", "test_faults_browser",
         "test_figures", "test_single_sites", "test_verify", "test_backup", "test_hostile_backups", "test_day_after_day", "test_export", "test_links", "test_campaigns", "test_shop_systems",
         "test_rate_ends", "test_dashboard_pages", "test_ingest", "test_site_files", "test_publish", "test_privacy_command", "test_cli", "test_fuzz",
         "test_counters_and_orders", "test_heimao_served", "test_pinning", "test_bounded", "test_crawler_run", "test_hand_in")  # fmt: skip
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))
# No deadline: a crowded machine is no error. Every run draws other examples; HYPOTHESIS_PROFILE=soak draws many at once.
hypothesis.settings.register_profile("everyday", deadline=None, max_examples=40)
hypothesis.settings.register_profile("soak", deadline=None, max_examples=400)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "everyday"))

from postgres_programs import find_server

from store.db.engine import _config, migrate, open_engine
from tests.support.data.once import share
from tests.support.programs import forked


def _absent(what: str) -> None:
    """Skip on a developer's machine; fail in CI, where everything has to be there."""
    if os.environ.get("CI"):
        pytest.fail(f"CI must have it: {what}")
    pytest.skip(what)


@pytest.fixture(autouse=True)
def network_guard() -> Iterator[None]:
    """Refuse connections outside loopback, and fail a test that tried one even if its code swallowed the error."""
    with GUARD.watching():
        yield


@pytest.fixture(scope="session", autouse=True)
def schema_made_once() -> Iterator[None]:
    """Migrate an empty SQLite database step by step once; whoever needs another gets a copy of its pages: the same in a fiftieth of the work."""
    made = sqlite3.connect(":memory:", check_same_thread=False)
    really, lock = alembic.command.upgrade, threading.Lock()

    def upgrade(config: Config, revision: str) -> None:
        engine = config.attributes["engine"]
        with engine.connect() as connection:
            here = connection.connection.driver_connection
            empty = isinstance(here, sqlite3.Connection) and not list(
                here.execute("select 1 from sqlite_master")
            )
            if not empty or revision != "head":
                return really(config, revision)
            with lock:
                if not list(made.execute("select 1 from sqlite_master")):
                    first = create_engine("sqlite://", creator=lambda: made, poolclass=StaticPool)
                    really(_config(first), revision)
                made.backup(here)

    with mock.patch.object(alembic.command, "upgrade", upgrade):
        yield
    made.close()


@pytest.fixture(scope="session", autouse=True)
def made_once(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> None:
    """All workers of a run find what one of them made, in the folder that holds theirs."""
    own = tmp_path_factory.getbasetemp()
    share(own.parent if hasattr(request.config, "workerinput") else own)


@pytest.fixture(scope="session", autouse=True)
def no_power_cut() -> Iterator[None]:
    """Nothing waits for the disk in this process: what a kill leaves is the same, and a power cut no test could play."""
    with mock.patch.object(os, "fsync", lambda handle: None):
        yield


@pytest.fixture(autouse=True)
def environment() -> Iterator[None]:
    """Put the environment back: a command run inside a test hands its run's name to the programs it starts."""
    before = dict(os.environ)
    yield
    if os.environ != before:
        os.environ.clear()
        os.environ.update(before)


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data directory, also named by KAMENGWATCH_DATA_DIR for programs the test starts."""
    folder = tmp_path / "data"
    folder.mkdir()
    monkeypatch.setenv("KAMENGWATCH_DATA_DIR", str(folder))
    monkeypatch.delenv("KAMENGWATCH_DATABASE_URL", raising=False)
    return folder


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real records, read-only."""
    named = os.environ.get("KAMENGWATCH_REAL_DATA")
    if not named or not Path(named).is_dir():
        pytest.skip("real records: KAMENGWATCH_REAL_DATA names no folder here")
    return Path(named)


@pytest.fixture(scope="session")
def browser_path() -> str:
    """The executable of a Chromium, as scripts/browser.py found it."""
    record = ROOT / ".cache/browser"
    path = record.read_text(encoding="utf-8").strip() if record.exists() else ""
    if not path or not os.access(path, os.X_OK):
        _absent("no Chromium: run `make browser`")
    return path


@pytest.fixture(scope="module")
def chromium(browser_path: str) -> Iterator[object]:
    """A running Chromium without a window."""
    playwright = pytest.importorskip("playwright.sync_api", reason="the extra `browser` is not installed")
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=browser_path, headless=True, args=ARGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a running PostgreSQL that may create databases: the one named, or one of our own per worker."""
    if named := os.environ.get("KAMENGWATCH_TEST_POSTGRES"):
        yield named
        return
    programs = find_server()
    if programs is None:
        _absent("no PostgreSQL server programs: run `make postgres`, or set KAMENGWATCH_TEST_POSTGRES")
    with server(programs) as url:
        yield url


@pytest.fixture(scope="session")
def postgres_schema(postgres_server: str) -> Iterator[str]:
    """The URL of an empty, migrated PostgreSQL database, to be copied."""
    with database(postgres_server) as url:
        engine = open_engine(url)
        migrate(engine)
        engine.dispose()
        yield url


@pytest.fixture
def postgres_url(postgres_server: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a fresh PostgreSQL database of this test alone; migrated already where the test asks for an `engine`."""
    schema = request.getfixturevalue("postgres_schema") if "engine" in request.fixturenames else None
    with database(postgres_server, schema) as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database; a test that asks for it runs once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'kamengwatch.db'}"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An empty, migrated database; like `database_url` once of each kind."""
    engine = open_engine(database_url)
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """The workers of one run (of pytest-xdist) fork the programs they start from one process, which imports while they collect."""
    node.workerinput["forks"] = forked.address()


def pytest_configure(config: pytest.Config) -> None:
    """In a worker: fork from the process of the run."""
    if forks := getattr(config, "workerinput", {}).get("forks"):
        forked.ask_at(forks)


def pytest_collection_finish() -> None:
    """What is imported and collected stays to the end: no search for garbage looks at it again, and there are fewer of them."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 10)
    gc.enable()


def pytest_unconfigure() -> None:
    """Libraries that tell at the end what was never freed would name all of it."""
    gc.unfreeze()
    gc.enable()  # in the process that only hands out the tests it never was


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files that take longest come first, so that of two workers neither is left with one at the end."""
    items.sort(key=lambda item: _LONG.index(item.path.stem) if item.path.stem in _LONG else len(_LONG))
