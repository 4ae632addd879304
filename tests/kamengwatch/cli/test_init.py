"""`kamengwatch init` as it is typed: questions on a terminal, options elsewhere, and a `.env` that nothing is lost from."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest
from dotenv import dotenv_values

from store import env_file
from tests.support.programs import forked

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
