"""Assisted look-ups: a page on loopback plays registry and person; only an answer about the domain asked is kept."""

from __future__ import annotations

import gzip
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import text

from kamengwatch.config import Config, Failure
from kamengwatch.intake.assisted_lookup import assisted
from kamengwatch.intake.watchlist import add
from tests.support.programs.in_process_cli import command

HOST = "shop.example"
PATH = "/icpproject_query/api/icpAbbreviateInfo/queryByCondition"
_PERSON = """<script>
const ask = (name, after) => setTimeout(() => fetch("%s", {method: "POST", body: JSON.stringify({unitName: name})}), after);
%s
</script>"""


def registry(answers: dict[str, Any], queries: list[str]) -> ThreadingHTTPServer:
    """A page that asks `queries` one after another by itself, and the answers it gets."""
    asks = "".join(f'ask("{name}", {500 + 300 * n});' for n, name in enumerate(queries))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._send("text/html; charset=utf-8", _PERSON % (PATH, asks))

        def do_POST(self) -> None:
            posted = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self._send("application/json", json.dumps(answers[posted["unitName"]], ensure_ascii=False))

        def _send(self, media_type: str, body: str) -> None:
            self.send_response(200)
            self.send_header("Content-Type", media_type)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    return server


def rows(*found: dict[str, Any]) -> dict[str, Any]:
    return {"code": 200, "success": True, "params": {"list": list(found), "total": len(found)}}


def look_up(config: Config, server: ThreadingHTTPServer, seconds: float = 20) -> None:
    try:
        url = f"http://127.0.0.1:{server.server_address[1]}/"
        assisted(config, ["icp"], [HOST], True, page_url=url, headless=True, seconds=seconds)
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def config(data_dir: Path, browser_path: str, monkeypatch: pytest.MonkeyPatch) -> Config:
    pytest.importorskip("playwright")
    monkeypatch.setenv("CHROMIUM", browser_path)
    made = Config(data_dir=data_dir)
    add(made, [HOST], None)
    return made


def test_the_persons_answer_is_archived_and_kept_and_others_are_not(
    config: Config, capsys: pytest.CaptureFixture[str]
) -> None:
    other = {
        "domain": "other.example",
        "serviceLicence": "粤ICP备2099000009号-1",
        "natureName": "企业",
        "unitName": "乙科技有限公司",
    }
    mine = {
        "domain": HOST,
        "serviceLicence": "粤ICP备2099000001号-1",
        "natureName": "个人",
        "unitName": "王小明",
    }
    failed = {"success": False, "code": 429, "msg": "您目前访问频次过高"}
    server = registry({"other.example": rows(other), "www.shop.example": failed, HOST: rows(mine)},
                      ["other.example", "www.shop.example", HOST])  # fmt: skip
    look_up(config, server)
    printed = capsys.readouterr()
    assert json.loads(printed.out) == [{"host": HOST, "state": "filed", "number": "粤ICP备2099000001号-1"}]
    assert "429" in printed.err and "继续等待" in printed.err
    with config.engine.connect() as connection:
        query = "select f.found, f.number, f.nature, f.entity, c.url from filing f join capture c on c.id = f.capture_id"
        kept = connection.execute(text(query)).all()
    assert len(kept) == 1 and tuple(kept[0])[:4] == (1, "粤ICP备2099000001号-1", "个人", None)
    archive = b"".join(gzip.decompress(path.read_bytes()) for path in config.archive_dir.glob("*.gz"))
    assert b"2099000001" in archive
    assert "王小明".encode() not in archive and b"2099000009" not in archive


def test_an_empty_list_about_the_domain_asked_is_not_filed(
    config: Config, capsys: pytest.CaptureFixture[str]
) -> None:
    look_up(config, registry({HOST: rows()}, [HOST]))
    assert json.loads(capsys.readouterr().out)[0]["state"] == "not_filed"


def test_no_answer_leaves_the_filing_unknown(config: Config) -> None:
    with pytest.raises(Failure, match="未知"):
        look_up(config, registry({"other.example": rows()}, ["other.example"]), seconds=1.5)
    with config.engine.connect() as connection:
        assert connection.execute(text("select count(*) from filing")).scalar_one() == 0


def test_without_a_display_it_says_so_in_one_line_and_offers_the_import(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    command(capsys, "watch", "add", HOST)
    said = command(capsys, "crawl", "icp", "--assisted", "--platform", HOST, expect=2).err
    assert "显示器" in said and "kamengwatch import --template icp" in said and len(said.splitlines()) == 1


@pytest.mark.parametrize(
    "words", [("heimao", "--platform", HOST), ("icp",), ("icp", "--platform", "nobody.example")]
)
def test_what_cannot_be_looked_up_is_named(
    words: tuple[str, ...], data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = command(capsys, "crawl", *words, "--assisted", expect=2).err
    assert ("nobody.example" if "nobody.example" in words else "--assisted") in said
