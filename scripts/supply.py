"""The supply chain: what is in it (SBOM), whether any of it is known to be vulnerable (audit), and the wheel, the same bytes each time.

`sbom` and `wheel` need no network. `audit` asks a vulnerability service about the locked versions; where it cannot be asked that is
said and is exit code 3, never "nothing found".
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from system import ROOT, fail, say

LOCK = ROOT / "requirements.lock"
OUT = ROOT / "dist"
NOT_ASKED = 3
EPOCH = "1577836800"
"""2020-01-01 UTC: the time of every file in a wheel of a checkout without git."""


def sbom(out: Path) -> Path:
    """Write `<out>/sbom.cdx.json`, CycloneDX 1.6 of every locked package; the same lock gives the same bytes."""
    out.mkdir(parents=True, exist_ok=True)
    file = out / "sbom.cdx.json"
    words = ["requirements", str(LOCK), "--pyproject", str(ROOT / "pyproject.toml"), "--output-reproducible"]
    done = _python("-m", "cyclonedx_py", *words, "-o", str(file))
    if done.returncode:
        fail(f"the SBOM could not be made: {_last(done.stderr)}")
    found = json.loads(file.read_text("utf-8"))["components"]
    say(f"{_shown(file)}: {len(found)} packages")
    return file


def wheel(out: Path) -> Path:
    """Build the wheel twice and keep it; fails when the two differ."""
    made = []
    for _ in range(2):
        with tempfile.TemporaryDirectory() as folder:
            done = _python(
                "-m", "hatchling", "build", "-t", "wheel", "-d", folder, SOURCE_DATE_EPOCH=_epoch()
            )
            if done.returncode:
                fail(f"the wheel could not be built: {_last(done.stderr)}")
            (file,) = Path(folder).glob("*.whl")
            made.append((file.name, file.read_bytes()))
    (name, body), second = made
    if (name, body) != second:
        fail("two builds of one revision differ")
    out.mkdir(parents=True, exist_ok=True)
    (out / name).write_bytes(body)
    say(f"{_shown(out / name)}: sha256 {hashlib.sha256(body).hexdigest()}, twice the same")
    return out / name


def extension(out: Path) -> Path:
    """Write `<out>/kamengwatch-extension.zip` from `extension/`; the same revision gives the same bytes."""
    folder, out_file = ROOT / "extension", out / "kamengwatch-extension.zip"
    out.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(out_file, "w", zipfile.ZIP_DEFLATED) as packed:
        for file in sorted(p for p in folder.rglob("*") if p.is_file()):
            entry = zipfile.ZipInfo(file.relative_to(folder).as_posix(), (2020, 1, 1, 0, 0, 0))
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            packed.writestr(entry, file.read_bytes())
    say(f"{_shown(out_file)}: sha256 {hashlib.sha256(out_file.read_bytes()).hexdigest()}")
    return out_file


def audit(words: list[str]) -> int:
    """Ask about every locked version; 0 none known, 1 some are, NOT_ASKED when the service gave no answer."""
    asked = ["-r", str(LOCK), "--require-hashes", "--disable-pip", "--progress-spinner", "off", "-f", "json"]
    done = _python("-m", "pip_audit", *asked, *words)
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        say(f"NOT AUDITED: the vulnerability service could not be asked ({_last(done.stderr)})")
        return NOT_ASKED
    skipped = [one["name"] for one in packages if "skip_reason" in one]
    wrong = [one for one in packages if one.get("vulns")]
    for one in wrong:
        named = ", ".join(
            v["id"] + (f" (mended in {v['fix_versions'][0]})" if v["fix_versions"] else "")
            for v in one["vulns"]
        )
        say(f"{one['name']} {one['version']}: {named}")
    say(f"{len(packages) - len(skipped)} packages asked about, {len(wrong)} with known vulnerabilities")
    if skipped:
        say(f"NOT AUDITED: {', '.join(skipped)}")
    return 1 if wrong else NOT_ASKED if skipped else 0


def _epoch() -> str:
    """The time of the last commit, so that one revision always gives one wheel."""
    asked = ["git", "-C", str(ROOT), "log", "-1", "--format=%ct"]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    return done.stdout.strip() or EPOCH


def _python(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *words]
    return subprocess.run(
        command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, check=False
    )


def _last(said: str) -> str:
    return next((line.strip() for line in reversed(said.splitlines()) if line.strip()), "no reason given")[
        :300
    ]


def _shown(file: Path) -> str:
    return str(file.relative_to(ROOT)) if file.is_relative_to(ROOT) else file.name


def main(words: list[str]) -> int:
    """`sbom`, `wheel`, `extension` or `audit`."""
    out = Path(words[1]) if len(words) > 1 else OUT
    match words[:1]:
        case ["sbom"]:
            sbom(out)
        case ["wheel"]:
            wheel(out)
        case ["extension"]:
            extension(out)
        case ["audit"]:
            return audit(words[1:])
        case _:
            fail("say sbom, wheel, extension or audit")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
