"""`kamengwatch init` as it is typed: questions on a terminal, options elsewhere, and a `.env` that nothing is lost from."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pty
import select
import socket
import subprocess
import sys
import termios
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from dotenv import dotenv_values
from playwright.sync_api import sync_playwright
from sqlalchemy import create_engine, text

from store import env_file
from tests.support.programs import forked
from tests.support.servers import postgres
from tests.support.servers.network_guard import GUARD, OutsideConnection, stays_here

PROMPT = b"value: "
CONTACT = "https://watchdog.example/about"


@pytest.fixture
def clean(tmp_path: Path) -> dict[str, str]:
    """The environment of somebody who has set nothing."""
    own = {k: v for k, v in os.environ.items() if not k.startswith(env_file.PREFIX)}
    return own | {
        env_file.FILE: str(tmp_path / ".env"),
        "KAMENGWATCH_DATA_DIR": str(tmp_path / "data"),
        "COLUMNS": "200",
    }


def init(clean: dict[str, str], *words: str, expect: int = 0) -> subprocess.CompletedProcess[str]:
    done = forked.run(("init", *words), clean, stdin="")
    assert done.returncode == expect and "Traceback" not in done.stderr, done.stderr
    return done


def test_options_write_a_private_file_a_shell_reads_alike_and_create_the_database(
    tmp_path: Path, clean: dict[str, str]
) -> None:
    key, lists = "Authorization: Bearer $abc 1", '{"a list": "https://l.example/x"}'
    done = init(
        clean,
        "--contact",
        CONTACT,
        "--icp-base",
        "http://127.0.0.1:9",
        "--icp-key",
        key,
        "--blocklists",
        lists,
        "--yes",
    )
    file = tmp_path / ".env"
    assert (tmp_path / "data/kamengwatch.db").is_file() and "watch add" in done.stderr
    assert "KAMENGWATCH_XIAOFEIBAO_BRANDS" in done.stderr and "BLOCKLISTS、" not in done.stderr, (
        "what is still missing"
    )
    assert key not in done.stdout + done.stderr, "a key is not repeated"
    assert file.stat().st_mode & 0o777 == 0o600
    wanted = {
        "KAMENGWATCH_CONTACT": CONTACT,
        "KAMENGWATCH_ICP_BASE": "http://127.0.0.1:9",
        "KAMENGWATCH_ICP_KEY": key,
        "KAMENGWATCH_BLOCKLISTS": lists,
    }
    assert dotenv_values(file) == wanted
    shell = f'set -a; . "{file}"; printf "%s\\n" "$KAMENGWATCH_ICP_KEY" "$KAMENGWATCH_BLOCKLISTS"'
    assert (
        subprocess.run(["sh", "-c", shell], capture_output=True, text=True, check=True).stdout
        == f"{key}\n{lists}\n"
    )
    assert "# KAMENGWATCH_PLACES_FILE=" in file.read_text("utf-8"), "what else may be set stands there too"


def test_what_stands_in_the_file_is_kept_and_replaced_only_when_asked(
    tmp_path: Path, clean: dict[str, str]
) -> None:
    file = tmp_path / ".env"
    file.write_text("# mine\nOTHER=1\nKAMENGWATCH_CONTACT=old@watch.example\n")
    done = init(clean, "--contact", CONTACT, expect=2)
    assert "KAMENGWATCH_CONTACT" in done.stderr and "--yes" in done.stderr
    assert "old@watch.example" in file.read_text()
    done = init(clean, "--contact", CONTACT, "--yes")
    assert "old@watch.example" in done.stderr, "what was replaced is named"
    assert file.read_text().startswith(f"# mine\nOTHER=1\nKAMENGWATCH_CONTACT={CONTACT}\n")
    before = file.read_text()
    init(clean)
    assert file.read_text() == before


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "kamengwatch init --contact"),
        (("--yes",), "kamengwatch init --contact"),
        (("--contact", "nobody", "--yes"), "KAMENGWATCH_CONTACT=nobody"),
        (("--contact", CONTACT, "--icp-provider", "nobody", "--yes"), "KAMENGWATCH_ICP_PROVIDER=nobody"),
        (("--contact", CONTACT, "--places-file", "it's", "--yes"), "KAMENGWATCH_PLACES_FILE"),
    ],
)
def test_without_a_terminal_it_says_what_to_pass_and_writes_nothing(
    tmp_path: Path, clean: dict[str, str], words: tuple[str, ...], told: str
) -> None:
    done = init(clean, *words, expect=2)
    assert told in done.stderr and not (tmp_path / ".env").exists() and not (tmp_path / "data").exists()


def test_on_a_terminal_it_asks_explains_and_asks_again(tmp_path: Path, clean: dict[str, str]) -> None:
    ours, theirs = pty.openpty()
    answers = ["nobody", CONTACT, "", "http://127.0.0.1:9", "", "id=1&key=geheim", "", "", ""]
    done = subprocess.Popen(
        [sys.executable, "-m", "kamengwatch", "init", "--lang", "en"],
        env=clean, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    said, asked = b"", 0
    while select.select([ours], [], [], 60)[0]:
        try:
            said += os.read(ours, 65536)
        except OSError:
            break  # the program closed its end
        if said.count(PROMPT) > asked:
            asked += 1
            if "geheim" in answers[0]:  # the key is not shown; what is typed before that is thrown away
                while termios.tcgetattr(ours)[3] & termios.ECHO:
                    time.sleep(0.01)
            os.write(ours, f"{answers.pop(0)}\n".encode())
    assert done.wait(60) == 0, said.decode()
    assert b"geheim" not in said
    assert b"Who answers for the crawler" in said and b"mail address or a page" in said
    assert dotenv_values(tmp_path / ".env") == {
        "KAMENGWATCH_LANG": "en",
        "KAMENGWATCH_CONTACT": CONTACT,
        "KAMENGWATCH_ICP_BASE": "http://127.0.0.1:9",
        "KAMENGWATCH_ICP_KEY": "id=1&key=geheim",
    }


# The test bed itself: both databases are real, nothing leaves loopback, the browser draws Chinese.


OUTSIDE = "192.0.2.1"  # RFC 5737: belongs to nobody


def test_both_databases_answer(database_url: str) -> None:
    engine = create_engine(database_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE seen (host VARCHAR(80) PRIMARY KEY)"))
        connection.execute(text("INSERT INTO seen VALUES ('例子.中国')"))
        assert connection.scalar(text("SELECT 1")) == 1
        assert connection.scalar(text("SELECT host FROM seen")) == "例子.中国"
    engine.dispose()


@pytest.mark.postgres
@pytest.mark.parametrize("_turn", [1, 2])
def test_every_test_gets_a_database_of_its_own(postgres_url: str, _turn: int) -> None:
    engine = create_engine(postgres_url)
    with engine.begin() as connection:
        connection.execute(
            text("CREATE TABLE only_mine (id INTEGER)")
        )  # fails if the last test's is still there
    engine.dispose()


@pytest.mark.postgres
def test_a_database_goes_even_while_somebody_is_connected(postgres_server: str) -> None:
    with postgres.database(postgres_server) as url:
        left_open = create_engine(url).connect()
        left_open.execute(text("SELECT 1"))
        name = left_open.engine.url.database
    left_open.invalidate()  # the server has hung up; nothing is left to roll back
    engine = create_engine(postgres_server)
    with engine.connect() as connection:
        found = connection.scalar(
            text("SELECT count(*) FROM pg_database WHERE datname = :name"), {"name": name}
        )
    engine.dispose()
    assert found == 0


def test_a_connection_outside_loopback_is_refused() -> None:
    with GUARD.expecting() as seen:
        with pytest.raises(OutsideConnection), socket.socket() as sock:
            sock.connect((OUTSIDE, 80))
        with pytest.raises(OutsideConnection):
            urllib.request.urlopen(f"http://{OUTSIDE}/", timeout=5)
        with pytest.raises(OutsideConnection):
            asyncio.run(asyncio.open_connection(OUTSIDE, 80))
        with pytest.raises(OutsideConnection):
            socket.getaddrinfo("www.heimao.sina.com.cn", 443)
        with pytest.raises(OutsideConnection), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.sendto(b"x", (OUTSIDE, 53))
    assert len(seen) == 5


def test_a_reserved_name_fails_as_in_the_world() -> None:
    with pytest.raises(socket.gaierror):
        socket.getaddrinfo("shop.test", 80)


def test_a_swallowed_attempt_still_fails_its_test() -> None:
    with pytest.raises(AssertionError, match=f"tried to leave loopback.*{OUTSIDE}"):  # noqa: SIM117
        with GUARD.watching():
            with contextlib.suppress(Exception):
                socket.create_connection((OUTSIDE, 9))


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("0.0.0.0", True),
        ("localhost", True),
        ("a.localhost", True),
        ("", True),
        ("10.0.0.1", False),
        ("::ffff:8.8.8.8", False),
        ("fe80::1%eth0", False),
        ("example.com", False),
    ],
)
def test_what_counts_as_this_machine(host: str, here: bool) -> None:
    assert stays_here(host) is here


def test_loopback_unix_sockets_and_programs_still_work(tmp_path: Path) -> None:
    class Hello(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    with HTTPServer(("127.0.0.1", 0), Hello) as web:
        threading.Thread(target=web.serve_forever, daemon=True).start()
        url = f"http://localhost:{web.server_port}/"
        assert urllib.request.urlopen(url, timeout=10).status == 204
        script = f"import urllib.request as u; print(u.urlopen('{url}', timeout=10).status)"
        told = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
        )
        assert told.stdout.strip() == "204"
        web.shutdown()
    with socket.socket(socket.AF_UNIX) as near, socket.socket(socket.AF_UNIX) as far:
        near.bind(str(tmp_path / "s"))
        near.listen()
        far.connect(str(tmp_path / "s"))


@pytest.mark.browser
def test_the_browser_draws_chinese(browser_path: str) -> None:
    """Three different characters draw three different pictures; without a font all would be the same box."""
    with sync_playwright() as p:
        browser = p.chromium.launch(
            executable_path=browser_path, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        page = browser.new_page()
        page.set_content("<b style='font-size:40px;display:inline-block'>卡</b>")
        pictures = set()
        for character in "卡盟信":
            page.locator("b").evaluate("(element, text) => element.textContent = text", character)
            pictures.add(page.locator("b").screenshot())
        browser.close()
    assert len(pictures) == 3


def test_real_records_are_where_the_variable_says(real_data: Path) -> None:
    assert (real_data / "complaints").is_dir()
