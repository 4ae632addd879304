"""Which published snapshots and ratings are old enough to shrink: of the first manifest and sums stay, of the second the row.

Nothing reads them any more but `verify`, for which the chain of hashes runs through the manifests. It never touches what `latest` shows.
"""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import select

from kamengwatch.config import SHANGHAI, Config
from kamengwatch.keeping import STAYS, erasures, snapshot_folders
from store.tables import RatedRun


def due_snapshots(config: Config, before: dt.datetime) -> list[Path]:
    """Snapshots made before a moment that are neither the last of their month nor `latest`, and those a kill left half thinned."""
    begun = erasures(config.data_dir)["thinned"]
    made = dict(_made(config))
    last = {
        f"{at.astimezone(SHANGHAI):%Y-%m}": folder for folder, at in sorted(made.items(), key=lambda m: m[1])
    }
    kept = {*last.values(), (config.data_dir / "snapshots/latest").resolve()}
    due = (f for f, at in made.items() if f.name in begun or (at < before and not {f, f.resolve()} & kept))
    return sorted(folder for folder in due if any(p.name not in STAYS for p in folder.iterdir()))


def _made(config: Config) -> Iterator[tuple[Path, dt.datetime]]:
    """Every snapshot whose manifest can be read, and when it was made; what is wrong with the others `verify` says."""
    for folder in snapshot_folders(config.data_dir):
        try:
            manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
            yield folder, dt.datetime.fromisoformat(manifest["created_at"])
        except (OSError, ValueError, KeyError, TypeError):
            continue


def thin(folder: Path) -> None:
    """Leave only the manifest and the sums; killed and begun again, it ends the same."""
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path.name not in STAYS:
            path.unlink()


def due_ratings(config: Config, before: dt.datetime) -> list[Path]:
    """Folders of ratings finished before a moment, but not of the newest one or the one `latest` was made of."""
    try:
        shown = json.loads((config.data_dir / "snapshots/latest/manifest.json").read_text("utf-8"))[
            "rated_run"
        ]
    except (OSError, ValueError, KeyError):
        return []
    with config.engine.connect() as connection:
        runs = connection.execute(select(RatedRun.folder, RatedRun.finished_at).order_by(RatedRun.id)).all()
    kept = {shown, *(run.folder for run in runs[-1:])}
    old = {run.folder for run in runs if run.finished_at < before} - kept
    return sorted(path for name in old if (path := config.data_dir / "rated" / name).is_dir())
