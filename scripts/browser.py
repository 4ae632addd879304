"""Find or install a Chromium and a Chinese font, and write the browser's path to `.cache/browser`.

Standard library only. It must never fail its caller: without a browser everything else works, and it says so.
`.cache/browser` holds one line, the executable's path; no such file means no browser.
"""

from __future__ import annotations

import contextlib
import os
import platform
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

from system import CACHE, ROOT, apt_install, load_env_file, run_logged, say

RECORD = CACHE / "browser"
NAMES = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
)
MAC_APPS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
PLAYWRIGHT_PATTERNS = (
    "chromium_headless_shell-*/*/headless_shell",
    "chromium_headless_shell-*/*/chrome-headless-shell",
    "chromium-*/*/chrome",
    "chromium-*/*/*.app/Contents/MacOS/*",
)
# The same flags as the tests use: a root user has no sandbox, and background services would call out.
# Containers have little or no shared memory.
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
)
PROBE = "data:text/html;charset=utf-8,<p id=drawn>drawn</p>"
FONT_NAMES = ("*CJK*", "*cjk*", "wqy*", "*SourceHan*", "*DroidSansFallback*")


def works(executable: str) -> bool:
    """Say whether this browser really renders a page (a snap stub or a missing library does not)."""
    with tempfile.TemporaryDirectory(prefix="kw-browser-", ignore_cleanup_errors=True) as profile:
        try:
            done = subprocess.run(
                [executable, *FLAGS, f"--user-data-dir={profile}", "--dump-dom", PROBE],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=60,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return False
    return b"drawn</p>" in done.stdout


def candidates() -> Iterator[str]:
    """Yield executables worth trying: the CHROMIUM variable, the PATH, then Playwright's own folder."""
    if named := os.environ.get("CHROMIUM"):
        yield named
    yield from (path for name in NAMES if (path := shutil.which(name)))
    yield from (app for app in MAC_APPS if Path(app).exists())
    default = "Library/Caches/ms-playwright" if platform.system() == "Darwin" else ".cache/ms-playwright"
    folder = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / default)
    for pattern in PLAYWRIGHT_PATTERNS:
        yield from map(str, sorted(folder.glob(pattern), reverse=True))


def find() -> str | None:
    """Return the first candidate that works."""
    return next((path for path in candidates() if works(path)), None)


def recorded() -> str | None:
    """Return the path found last time if it is still there and nobody asked for another."""
    path = RECORD.read_text(encoding="utf-8").strip() if RECORD.exists() else ""
    asked = os.environ.get("CHROMIUM")
    return path if path and os.access(path, os.X_OK) and asked in (None, "", path) else None


def record(path: str | None) -> None:
    """Write the path whole or remove the file, so that no reader sees half a line."""
    CACHE.mkdir(exist_ok=True)
    if path is None:
        RECORD.unlink(missing_ok=True)
        return
    fresh = RECORD.with_suffix(f".{os.getpid()}")
    fresh.write_text(path + "\n", encoding="utf-8")
    fresh.replace(RECORD)


def has_chinese_font() -> bool:
    """Say whether Chinese characters can be drawn."""
    if platform.system() == "Darwin":  # ships PingFang
        return True
    if shutil.which("fc-list"):
        found = subprocess.run(["fc-list", ":lang=zh"], capture_output=True, timeout=60, check=False)
        return bool(found.stdout.strip())
    folders = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path.home() / ".local/share/fonts")
    return any(next(folder.rglob(name), None) for folder in folders for name in FONT_NAMES)


def driver_works() -> bool:
    """Say whether Playwright's own driver starts; a minimal system lacks a library of its bundled Node."""
    python = ROOT / ".venv/bin/python"
    return python.exists() and run_logged([str(python), "-m", "playwright", "--version"], "browser.log", 60)


def playwright_download(total: float = 300, silence: float = 30) -> bool:
    """Let Playwright fetch its Chromium; give up after `silence` seconds without a line, or `total` in all."""
    process = subprocess.Popen(
        [str(ROOT / ".venv/bin/python"), "-m", "playwright", "install", "--only-shell", "chromium"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT": "10000"},
        start_new_session=True,
    )

    def stop() -> None:
        # The downloader is a grandchild: end the whole group this function started.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)

    deadline = threading.Timer(total, stop)
    deadline.start()
    quiet = threading.Timer(silence, stop)
    quiet.start()
    for _line in process.stdout or ():
        quiet.cancel()
        quiet = threading.Timer(silence, stop)
        quiet.start()
    returncode = process.wait()
    quiet.cancel()
    deadline.cancel()
    return returncode == 0


def install(need_browser: bool, need_font: bool) -> str | None:
    """Install what is missing and return a working browser, or None."""
    path = None
    if need_browser:
        say("no Chromium found; trying Playwright's own download (30 s without progress ends it)")
        path = find() if playwright_download() else None
    if path and not need_font:
        return path
    fonts = ["fontconfig", "fonts-noto-cjk"] if need_font else []
    wanted = [["chromium-headless-shell"], ["chromium"]] if need_browser and not path else [[]]
    say("asking the system's package manager for a Chromium and a Chinese font (about 170 MB)")
    apt_install([[*browser, *fonts] for browser in wanted])
    return path or find()


def main() -> None:
    """Prepare the browser and the font, and tell in one line each what is there."""
    load_env_file()
    path, font = recorded(), has_chinese_font()
    if path is None and not driver_works():
        say("Playwright cannot start; asking the system's package manager for libatomic1")
        apt_install([["libatomic1"]])
        if not driver_works():
            record(None)
            say("no browser: Playwright's driver does not start here (see .cache/logs/browser.log);")
            say("pages that need JavaScript and screenshots are left out, everything else works")
            return
    path = path or find()
    if not (path and font):
        path = install(need_browser=path is None, need_font=not font) or path
        if shutil.which("fc-cache"):
            run_logged(["fc-cache"], "apt.log", 120)
        font = has_chinese_font()
    record(path)
    if path:
        say(f"browser: {path}")
    else:
        say("no browser: pages that need JavaScript and screenshots are left out, everything else works;")
        say("install Chromium and run this again, or set CHROMIUM to its path (see .cache/logs/apt.log)")
    if not font:
        say("no Chinese font: screenshots would show boxes; install a CJK font such as fonts-noto-cjk")


if __name__ == "__main__":
    main()
