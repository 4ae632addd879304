"""The lists of a snapshot, read as their format says, and by the browser extension in a Chromium against a server of ours."""

import datetime as dt
import hashlib
import json
import shutil
import tomllib
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import supply

from dashboard.presenters.verdict_card import STATES, card
from scoring.publish import lists
from scoring.snapshot import signing
from scoring.snapshot.reader import Snapshot
from tests.support.markets import snapshots
from tests.support.servers.browsing import ARGS, served

ROOT = Path(__file__).parents[3]
EXTENSION = ROOT / "extension"
MALL = "pay.ldxp.cn/shop/AbC1"
NOW = dt.datetime(2026, 11, 21, tzinfo=dt.UTC)


def publish(
    data: Path, name: str, as_of: dt.date = snapshots.AS_OF, change: Callable[[Path], None] | None = None
) -> Path:
    """A signed snapshot with lists, the usual market and a merchant of a mall in it."""
    rows = snapshots.ratings()
    rows.append(rows[0] | {"host": MALL})
    folder = snapshots.build(data, name, {"ratings": [row | {"as_of": as_of} for row in rows]})
    lists.write_lists(folder, as_of)
    files = {
        f.relative_to(folder).as_posix(): hashlib.sha256(f.read_bytes()).hexdigest()
        for f in [*(folder / "lists").rglob("*.*"), data / signing.FOLDER / signing.LISTED]
        if f.is_relative_to(folder)
    }
    shutil.copy(data / signing.FOLDER / signing.LISTED, folder / "keys.json")
    files["keys.json"] = ""
    manifest = json.loads((folder / "manifest.json").read_text("utf-8")) | {"files": files}
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    with (folder / "SHA256SUMS").open("a") as sums:
        sums.write(f"{'0' * 64}  manifest.json\n")
    if key := signing.private_key(data):
        signing.sign(folder, key)
    if change:
        change(folder)
    return folder


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    signing.create_key(folder, NOW)
    publish(folder, "20261121T080000-a")
    return folder


def entry_of(folder: Path, key: str) -> dict[str, Any] | None:
    """What the lists say of a key, read as docs/lists.md describes."""
    index = json.loads((folder / "lists/index.json").read_text("utf-8"))
    digest = hashlib.sha256(key.encode()).hexdigest()
    width = index["prefix_bytes"]
    raw = (folder / "lists/prefixes.bin").read_bytes()
    prefixes = [raw[i : i + width] for i in range(0, len(raw), width)]
    assert prefixes == sorted(prefixes) and len(prefixes) == index["sites"]
    if bytes.fromhex(digest)[:width] not in prefixes:
        return None
    file = folder / f"lists/verdicts/{digest[: index['file_digits']] or 'all'}.json"
    found: dict[str, Any] | None = json.loads(file.read_text("utf-8")).get(digest)
    return found


def test_the_lists_say_of_every_site_what_its_card_says(data: Path) -> None:
    snapshot = Snapshot.latest(data)
    for row in snapshot.rows("select * from ratings"):
        shown, listed = card(row, "zh"), entry_of(snapshot.path, row["host"])
        assert listed is not None
        assert listed["verdict"] == shown.code, row["host"]
        assert listed["reason_zh"] == ((row["reasons_zh"] or [""])[0])
    assert entry_of(snapshot.path, "unknown.example") is None


def test_a_hosts_file_names_whole_red_hosts_only_with_date_and_expiry(data: Path) -> None:
    text = (Snapshot.latest(data).path / "lists/red.hosts").read_text("utf-8")
    blocked = [line.split()[1] for line in text.splitlines() if not line.startswith("#")]
    assert blocked and set(blocked) == {
        r["host"] for r in snapshots.ratings() if r["verdict"] == "红" and "/" not in r["host"]
    }
    assert all(
        line.startswith(("# ", "0.0.0.0 ")) and len(line.split("\t")) == 1 for line in text.splitlines()
    )
    assert str(snapshots.AS_OF) in text and "演示数据" in text


def test_files_of_verdicts_stay_small_however_many_sites() -> None:
    assert [lists.digits_for(n) for n in (0, 1, 512, 513, 100_000, 1_000_000)] == [0, 0, 0, 1, 2, 3]


def test_words_and_colours_are_the_dashboards() -> None:
    catalogue = tomllib.loads((ROOT / "dashboard/catalogue.toml").read_text("utf-8"))
    for lang, folder in (("zh", "zh_CN"), ("en", "en")):
        said = {
            k: v["message"]
            for k, v in json.loads(
                (EXTENSION / f"_locales/{folder}/messages.json").read_text("utf-8")
            ).items()
        }
        for state in STATES.values():
            sentence = catalogue["sentence"][state.code][lang].replace("{date}", "$1").replace("{host}", "$2")
            assert said[f"verdict_{state.code}"] == catalogue["verdict"][state.code][lang]
            assert said[f"sentence_{state.code}"] == sentence
    words = (EXTENSION / "words.js").read_text("utf-8")
    assert all(f'{s.code}: {{ shape: "{s.shape.lstrip("○")}"' in words for s in STATES.values())


def test_the_extension_is_packed_the_same_each_time(tmp_path: Path) -> None:
    first, second = (supply.extension(tmp_path / name).read_bytes() for name in ("a", "b"))
    assert first == second
    with zipfile.ZipFile(tmp_path / "a/kamengwatch-extension.zip") as packed:
        assert "manifest.json" in packed.namelist()


MODULE = """async ({calls, today}) => {
  const {refresh, lookUp, candidates} = await import('/ext/lists.js');
  window.kept ??= {};
  const store = {get: async (n) => ({[n]: window.kept[n]}), set: async (more) => Object.assign(window.kept, more)};
  const done = [];
  for (const [name, value] of calls) {
    try {
      done.push(name === 'refresh' ? await refresh(location.origin, store) : name === 'candidates'
        ? candidates(value, window.kept.lists.index.malls) : await lookUp(value, store, today));
    } catch (error) { done.push({error: error.message}); }
  }
  return done; }"""


class Reader:
    """The extension's module in a page of the server's origin; remembers what it asked the server for."""

    def __init__(self, chromium: Any, site: str) -> None:
        self.page = chromium.new_page()
        self.page.route("**/ext/*", self._file)
        self.page.goto(f"{site}/ext/")
        self.asked: list[str] = []
        self.page.on("request", lambda request: self.asked.append(request.url.removeprefix(site)))

    def _file(self, route: Any) -> None:
        name = route.request.url.rsplit("/", 1)[1]
        body = (EXTENSION / name).read_text("utf-8") if name else ""
        route.fulfill(body=body, content_type="text/javascript" if name else "text/html")

    def __call__(self, *calls: tuple[str, str], today: str = str(snapshots.AS_OF)) -> list[Any]:
        self.asked.clear()
        found: list[Any] = self.page.evaluate(MODULE, {"calls": calls, "today": today})
        self.asked = [path for path in self.asked if not path.startswith("/ext/")]
        return found


@pytest.fixture
def reader(data: Path, chromium: Any) -> Iterator[Reader]:
    with served(data) as site:
        reader = Reader(chromium, site)
        yield reader
        reader.page.close()


def test_the_server_never_learns_which_page_its_user_is_on(reader: Reader) -> None:
    (kept,) = reader(("refresh", ""))
    assert kept["key"] and kept["index"]["sites"] == len(snapshots.ratings()) + 1
    red = next(row["host"] for row in snapshots.ratings() if row["verdict"] == "红")
    unknown, listed, merchant = reader(
        ("lookUp", "https://nobody.example/pay?order=1"),
        ("lookUp", f"https://www.{red}/item?id=1#x"),
        ("lookUp", "https://m.pay.ldxp.cn/shop/AbC1/goods.html"),
    )
    assert unknown["state"] == "unlisted"
    assert (listed["state"], listed["key"], listed["entry"]["verdict"]) == ("listed", red, "red")
    assert merchant["key"] == MALL
    assert set(reader.asked) == {"/snapshot/lists/verdicts/all.json"}
    (late,) = reader(("lookUp", f"https://{red}/"), today="2027-01-01")
    assert late["state"] == "expired" and not reader.asked
    nothing = reader(
        *[("candidates", text) for text in ("chrome://settings", "file:///etc/passwd", "no address", "")]
    )
    assert nothing == [[], [], [], []]


@pytest.mark.parametrize("fault", ["edited", "resigned", "unsigned", "older"])
def test_lists_that_were_tampered_with_are_refused_and_the_kept_ones_stay(
    fault: str, data: Path, reader: Reader, tmp_path: Path
) -> None:
    (before,) = reader(("refresh", ""))
    stranger = tmp_path / "stranger"
    signing.create_key(stranger, NOW)

    def change(folder: Path) -> None:
        if fault == "edited":
            (folder / "lists/index.json").write_text("{}", "utf-8")
        elif fault == "resigned":
            shutil.copy(stranger / signing.FOLDER / signing.LISTED, folder / "keys.json")
            signing.sign(folder, signing.private_key(stranger))  # type: ignore[arg-type]
        elif fault == "unsigned":
            (folder / "manifest.sig").unlink()

    day = snapshots.AS_OF - dt.timedelta(days=3) if fault == "older" else snapshots.AS_OF
    publish(data, f"20261122T080000-{fault}", day, change)
    try:
        for _ in range(40):  # until the server has seen that another one is published
            (told,) = reader(("refresh", ""))
            if "error" in told:
                break
            reader.page.wait_for_timeout(250)
        assert "error" in told
        assert reader.page.evaluate("window.kept.lists") == before
    finally:
        snapshots.point_latest(data, "20261121T080000-a")


def test_a_key_that_was_handed_over_is_followed(tmp_path: Path, chromium: Any) -> None:
    signing.create_key(tmp_path, NOW)
    publish(tmp_path, "20261121T080000-a")
    with served(tmp_path) as site:
        reader = Reader(chromium, site)
        (old,) = reader(("refresh", ""))
        signing.create_key(tmp_path, NOW)
        publish(tmp_path, "20261122T080000-b")
        for _ in range(40):
            (new,) = reader(("refresh", ""))
            if new.get("key") != old["key"]:
                break
            reader.page.wait_for_timeout(250)
        assert "error" not in new and new["key"] != old["key"]
        reader.page.close()


STUB = """(() => { const {lang, messages, answer, lists} = %s;
const getMessage = (name, parts) => [].concat(parts ?? []).reduce((m, part, i) => m.replaceAll('$' + (i + 1), part), messages[name].message);
window.chrome = {i18n: {getUILanguage: () => lang, getMessage}, tabs: {query: async () => [{url: 'https://a.test/'}]},
  storage: {local: {get: async () => ({lists, failure: answer.error && {message: answer.error}})}}, runtime: {sendMessage: async () => answer}}; })()"""


@pytest.mark.parametrize("lang", ["zh_CN", "en"])
@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (
            {"found": {"state": "listed", "key": "a.test", "entry": {"verdict": "red", "as_of": "2026-11-15", "reason_zh": "打不开。", "reason_en": "Down."}}},
            ["sentence_red", "verdict_red"],
        ),
        ({"found": {"state": "unlisted", "key": "a.test"}}, ["unlisted"]),
        ({"found": {"state": "unlisted"}}, ["no_site"]),
        ({"error": "Failed to fetch"}, ["no_answer", "unreachable"]),
        ({"error": "manifest.json: no longer signed"}, ["no_answer", "refused"]),
    ],
)  # fmt: skip
def test_the_popup_says_in_the_readers_language_what_is_known_and_what_failed(
    chromium: Any, lang: str, answer: dict[str, Any], told: list[str]
) -> None:
    messages = json.loads((EXTENSION / f"_locales/{lang}/messages.json").read_text("utf-8"))
    kinds = {"html": "text/html", "js": "text/javascript", "css": "text/css"}
    lists_kept = {"server": "https://watch.example", "key": "k", "index": {"as_of": "2026-11-15"}}
    page = chromium.new_page(viewport={"width": 360, "height": 300})
    page.route(
        "**/*",
        lambda route: route.fulfill(
            body=(EXTENSION / route.request.url.rsplit("/", 1)[1]).read_text("utf-8"),
            content_type=kinds[route.request.url.rsplit(".", 1)[1]],
        ),
    )
    stub = {"lang": lang.replace("_", "-"), "messages": messages, "answer": answer, "lists": lists_kept}
    page.add_init_script(STUB % json.dumps(stub))
    page.goto("http://extension.test/popup.html")
    page.locator("#age", has_text="2026-11-15").wait_for()
    shown = page.inner_text("main")
    for name in told:
        said = messages[name]["message"].replace("$1", "2026-11-15" if "sentence" in name else "a.test")
        said = said.replace("$2", "a.test").replace("a.test", answer.get("error", "a.test"))
        assert said in shown, (name, shown)
    assert shown.count(answer.get("error", "a.test")) == ("no_site" not in told), "once, and of which site"
    word = page.locator("#word")
    if "entry" in answer.get("found", {}):
        assert word.evaluate("e => getComputedStyle(e).backgroundColor") == "rgb(110, 0, 23)"
    else:
        assert not word.is_visible()
    page.close()


def test_the_extension_itself_tells_on_the_page(data: Path, chromium: Any, tmp_path: Path) -> None:
    """A whole Chromium is needed: the one without a window's frame loads no extensions."""
    program = next(
        (p for name in ("chromium", "google-chrome", "chromium-browser") if (p := shutil.which(name))), None
    )
    if program is None:
        pytest.skip("no whole Chromium here: extensions need one")
    red = next(row["host"] for row in snapshots.ratings() if row["verdict"] == "红")
    with served(data) as site:
        context = chromium.browser_type.launch_persistent_context(
            str(tmp_path / "profile"), executable_path=program, headless=False, locale="zh-CN",
            args=[*ARGS, "--headless=new", f"--load-extension={EXTENSION}", f"--disable-extensions-except={EXTENSION}",
                  "--disable-features=DisableLoadExtensionCommandLineSwitch", f"--host-resolver-rules=MAP {red} 127.0.0.1"],
        )  # fmt: skip
        try:
            worker = (
                context.service_workers[0]
                if context.service_workers
                else context.wait_for_event("serviceworker")
            )
            # Once installed it opens its options by itself, in the tab that is there or in one of its own.
            address = worker.url.replace("background.js", "options.html")
            while not (options := next((page for page in context.pages if page.url == address), None)):
                context.pages[0].wait_for_timeout(100)
            options.wait_for_load_state()
            options.fill("#server", site)
            options.click("#save")
            options.get_by_text(str(snapshots.AS_OF)).wait_for()
            # The shipped market is of a fixed day: what is kept is made to hold today.
            worker.evaluate(
                "async () => { const {lists} = await chrome.storage.local.get('lists'); lists.index.valid_until = '2999-01-01'; await chrome.storage.local.set({lists}); }"
            )
            page = context.new_page()
            page.goto(f"http://{red}:{site.rsplit(':', 1)[1]}/healthz")
            page.wait_for_selector("#kamengwatch-strip", state="attached")
            badge = worker.evaluate(
                "async () => { const [t] = await chrome.tabs.query({url: '*://*/healthz'}); return chrome.action.getBadgeText({tabId: t.id}); }"
            )
            assert badge == "⬣"
            page.screenshot(path=str(tmp_path / "strip.png"))
        finally:
            context.close()
