"""Screenshots reach the public small, cut and under the hash of their original; what cannot be read is left out."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import insert, select

from kamengwatch.config import Config
from scoring import method
from scoring.publish.captures import TALLEST, WIDTH, front_hash, same_fronts, write_pictures
from store.archive.warc import ArchiveWriter, Stored
from store.db.tables import Capture, Platform
from store.evidence.crawl_ledger import start_crawl
from tests.support.data.kept import NOW, kept
from tests.support.markets.records import HOST


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return kept(tmp_path / "data")


def keep(config: Config, pictures: list[tuple[str, dt.datetime, bytes]]) -> list[Stored]:
    """The pictures as a crawl would have archived them."""
    crawl = start_crawl(config.engine, "screenshot", "storefront", NOW)
    with ArchiveWriter(config.archive_dir, "screenshot-1") as archive:
        stored = [
            archive.write(f"http://{HOST}/{path}", at, 200, [("Content-Type", "image/png")], data)
            for path, at, data in pictures
        ]
    with config.engine.begin() as connection:
        site = connection.execute(select(Platform.id).where(Platform.host == HOST)).scalar_one()
        for one in stored:
            row = dataclasses.asdict(one)
            connection.execute(insert(Capture).values(**row, crawl_id=crawl.id, platform_id=site))
    return stored


def png(colour: str, height: int = 3000) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (1280, height), colour).save(out, "PNG")
    return out.getvalue()


def published(config: Config, folder: Path, hosts: tuple[str, ...] = (HOST,)) -> list[dict[str, str]]:
    (folder / "captures").mkdir(parents=True)
    write_pictures(config.engine, hosts, NOW + dt.timedelta(days=1), config.archive_dir, folder)
    return json.loads((folder / "captures/pictures.json").read_text("utf-8"))


def test_the_newest_picture_of_a_page_is_small_and_named_by_its_original(config, tmp_path):
    keep(config, [("", NOW - dt.timedelta(days=30), png("red")), ("", NOW, png("blue"))])
    (listed,) = published(config, tmp_path / "out")
    assert listed["sha256"] == hashlib.sha256(png("blue")).hexdigest() and listed["host"] == HOST
    file = tmp_path / "out/captures" / f"{listed['sha256']}.jpg"
    with Image.open(file) as small:
        assert small.width <= WIDTH and small.height <= TALLEST
        assert not small.getexif()
    assert file.stat().st_size < 40_000


def test_no_picture_of_what_is_damaged_later_or_not_rated(config, tmp_path):
    keep(config, [("", NOW, png("red")[:200]), ("terms", NOW + dt.timedelta(days=2), png("blue"))])
    assert published(config, tmp_path / "out") == []
    assert published(config, tmp_path / "other", hosts=()) == []
    assert list((tmp_path / "out/captures").glob("*.jpg")) == []


def noise(seed: int, dots: int = 0) -> bytes:
    """A front of its own, with a few dots that differ from visit to visit."""
    rng = np.random.default_rng(seed)
    fields = rng.integers(0, 255, (8, 9), dtype=np.uint8)
    picture = Image.fromarray(fields).resize((1280, 1680), Image.Resampling.NEAREST).convert("RGB")
    for at in range(dots):
        picture.paste("black", (at * 30, 40, at * 30 + 8, 48))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=60)
    return out.getvalue()


def test_the_same_front_on_another_name_is_found_and_a_themes_is_not_told():
    fronts = {
        "a.test": front_hash(noise(1)),
        "b.test": front_hash(noise(1, dots=9)),
        "www.a.test": front_hash(noise(1)),
    }
    fronts |= {f"s{n}.test": front_hash(noise(100 + n)) for n in range(20)}
    found = same_fronts(fronts)
    assert [other for other, _ in found["a.test"]["alike"]] == ["b.test"], (
        "a host of one's own domain is no other name"
    )
    assert set(found) == {"a.test", "b.test", "www.a.test"}
    theme = {f"t{n}.test": front_hash(noise(7, dots=n % 5)) for n in range(method.LINK_COMMON + 1)}
    assert all(told == {"shared_by": len(theme)} for told in same_fronts(theme).values())
    assert front_hash(noise(1)) == front_hash(noise(1)) and same_fronts({}) == {}


@pytest.mark.parametrize("colour", ["white", "black", "red"])
def test_an_empty_page_looks_like_no_other(colour):
    assert front_hash(png(colour)) is None
