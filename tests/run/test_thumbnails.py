"""Small pictures of a run's images: what they look like, where they lie, and what they never cost."""

import io
import json
import random

import pyarrow.parquet as pq
import pytest
from PIL import Image as Pillow

from prism_eval.errors import PermanentError, RunError
from prism_eval.plan import make_plan
from prism_eval.run.execute import run_plan
from prism_eval.run.folder import RunFolder
from prism_eval.run.reading import Table
from prism_eval.run.thumbnails import SIDE, drawn, kept, thumbnails_of
from prism_eval.schema import Image
from tests.builders import chart_folder, png


def run(folder, data, **plan):
    values = {"captioners": ["blind"], "benchmarks": ["chartqa"], "data": str(data), **plan}
    return run_plan(make_plan(values), out=folder, store=folder.parent / "store.sqlite").folder


def encoded(picture, form, **how):
    file = io.BytesIO()
    picture.save(file, form, **how)
    return Image(file.getvalue(), f"a.{form.lower()}")


def thumbnail(image):
    picture = Pillow.open(io.BytesIO(drawn(image)))
    assert picture.format == "WEBP"
    return picture.convert("RGB")


@pytest.mark.parametrize("size", [(2000, 1000), (1000, 2000), (300, 9000), (40, 30)])
def test_it_is_a_small_webp_in_the_pictures_proportions(size):
    small = thumbnail(encoded(Pillow.new("RGB", size, "red"), "PNG"))
    assert max(small.size) == min(SIDE, max(size))
    assert small.width / small.height == pytest.approx(size[0] / size[1], rel=0.15)


@pytest.mark.parametrize(
    "picture",
    [
        Pillow.new("RGBA", (500, 500), (0, 0, 0, 0)),
        Pillow.new("LA", (500, 500), (0, 0)),
        Pillow.new("P", (500, 500), 0).convert("P", palette=Pillow.Palette.ADAPTIVE).point(lambda _: 0),
        Pillow.new("1", (500, 500), 1),
        Pillow.new("I;16", (500, 500), 65535),
        Pillow.new("CMYK", (500, 500)).convert("CMYK"),
    ],
    ids=lambda picture: picture.mode,
)
def test_every_mode_is_drawn_on_white(picture):
    form = "TIFF" if picture.mode == "CMYK" else "PNG"
    how = {"transparency": 0} if picture.mode == "P" else {}
    red, green, blue = thumbnail(encoded(picture, form, **how)).getpixel((100, 100))
    assert min(red, green, blue) > 245


def test_a_phones_picture_stands_upright():
    exif = Pillow.Exif()
    exif[0x0112] = 6
    assert thumbnail(encoded(Pillow.new("RGB", (400, 200), "red"), "JPEG", exif=exif)).size == (128, 256)


def test_a_bomb_is_not_unpacked():
    header = encoded(Pillow.new("1", (20_000, 20_000)), "PNG")
    with pytest.raises(PermanentError, match="too large"):
        drawn(header)


def test_each_image_has_one_and_a_second_run_draws_none(tmp_path):
    folder = run(tmp_path / "run", chart_folder(tmp_path / "data", images=6, questions=3))
    images = {image for row in Table(folder.path, "verdicts").rows(["images"]) for image in row["images"]}
    assert sorted(kept(folder)) == sorted(images)
    assert len(images) == 6
    before = [(path, path.stat().st_mtime_ns) for path in folder.thumbnail_files()]
    run(tmp_path / "run", tmp_path / "data")
    assert [(path, path.stat().st_mtime_ns) for path in folder.thumbnail_files()] == before


def test_a_run_goes_on_from_what_is_there(tmp_path):
    """As after a kill: a file of some of them lies there, and the others are drawn beside it."""
    folder = run(tmp_path / "run", chart_folder(tmp_path / "data", images=3))
    first = dict(thumbnails_of(folder, frozenset(kept(folder))))
    for shade in range(50, 55):
        (tmp_path / "data" / "chartqa" / "images" / f"{shade}.png").write_bytes(png(shade))
    rows = [{"imgname": f"{shade}.png", "query": "?", "label": "1", "type": "human_test"} for shade in range(50, 55)]
    with (tmp_path / "data" / "chartqa" / "data.jsonl").open("a") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    run(tmp_path / "run", tmp_path / "data")
    assert len(folder.thumbnail_files()) == 2
    assert len(list(kept(folder))) == 8
    assert dict(thumbnails_of(folder, frozenset(first))) == first


def test_an_image_that_cannot_be_drawn_costs_nothing_but_its_picture(tmp_path):
    """Whole by its header and its end, as the checks before a run look at it, and broken in between."""
    data = chart_folder(tmp_path / "data", images=3)
    noise = Pillow.effect_noise((300, 300), 90)
    broken = bytearray(encoded(noise, "PNG").data)
    broken[200:-20] = random.Random(0).randbytes(len(broken) - 220)
    (data / "chartqa" / "images" / "1.png").write_bytes(broken)
    folder = run(tmp_path / "run", data)
    rows = list(Table(folder.path, "verdicts").rows(["outcome"]))
    assert [row["outcome"] for row in rows if row["outcome"] == "failed"] == []
    assert len(rows) == 6
    assert len(list(kept(folder))) == 2


def test_without_images_none_are_kept_and_the_verdicts_are_the_same(tmp_path):
    data = chart_folder(tmp_path / "data")
    with_images, without = run(tmp_path / "a", data), run(tmp_path / "b", data, thumbnails=False)
    assert without.thumbnail_files() == []
    assert not without.thumbnails.exists()
    assert with_images.table("verdicts").read_bytes() == without.table("verdicts").read_bytes()


def test_a_place_that_cannot_be_written_is_a_note_and_no_failure(tmp_path):
    folder = RunFolder.create(tmp_path / "run")
    folder.thumbnails.write_text("somebody's file")
    notes = []

    def watch(state):
        notes.append(state.notes)
        return io.BytesIO()

    values = {"captioners": ["blind"], "benchmarks": ["chartqa"], "data": str(chart_folder(tmp_path / "data"))}
    run_plan(make_plan(values), out=tmp_path / "run", store=tmp_path / "store.sqlite", watch=watch)
    assert [note for note in notes[0] if "no picture" in note]
    assert folder.thumbnails.read_text() == "somebody's file"


def test_replacing_a_run_takes_its_pictures_away(tmp_path):
    folder = run(tmp_path / "run", chart_folder(tmp_path / "data"))
    assert folder.thumbnail_files()
    folder.clear()
    assert list(folder.path.iterdir()) == []


def test_what_is_no_thumbnail_is_told_or_left_out(tmp_path):
    folder = run(tmp_path / "run", chart_folder(tmp_path / "data", images=2))
    (path,) = folder.thumbnail_files()
    table = pq.read_table(path)
    texts = [b"<svg onload='alert(1)'/>", table["thumbnail"][1].as_py()]
    pq.write_table(table.set_column(1, "thumbnail", [texts]), path)
    assert len(dict(thumbnails_of(folder, frozenset(kept(folder))))) == 1
    path.write_bytes(b"damaged")
    with pytest.raises(RunError, match="remove it, and it is made again"):
        list(kept(folder))
    pq.write_table(pq.read_table(folder.table("verdicts")), path)
    with pytest.raises(RunError, match="holds no thumbnails"):
        list(kept(folder))
