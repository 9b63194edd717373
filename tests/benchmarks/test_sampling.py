"""A limit keeps a random sample of whole images: nested, stratified, the same wherever the rows stand."""

from __future__ import annotations

import json
import random
import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prism_eval.benchmarks import Benchmark, definition_names, load_definition, open_benchmark
from prism_eval.benchmarks.sampling import Drawn, Sample, draw
from prism_eval.benchmarks.sources.jsonl import jsonl_rows


def rows_of(sizes: Sequence[int], strata: Sequence[str] = ("",)) -> list[Drawn]:
    """Images of so many questions each, their strata in turn."""
    rows: list[Drawn] = []
    for image, size in enumerate(sizes):
        name = f"{image:064x}"
        stratum = strata[image % len(strata)]
        rows += [Drawn(len(rows) + more, 1, (name,), (name,), stratum) for more in range(size)]
    return rows


def positions(sample: Sample) -> set[int]:
    return set().union(*sample.looks)


images = st.lists(st.integers(1, 6), min_size=1, max_size=60)
names = st.lists(st.sampled_from(["a", "b", "c", ""]), min_size=1, max_size=5)


@given(images, names, st.integers(0, 99), st.integers(1, 300), st.integers(1, 300))
def test_a_larger_sample_contains_a_smaller_one(
    sizes: list[int], strata: list[str], seed: int, one: int, other: int
) -> None:
    rows = rows_of(sizes, strata)
    smaller, larger = (positions(draw(rows, seed=seed, limit=limit)) for limit in sorted((one, other)))
    assert smaller <= larger


@given(images, names, st.integers(0, 99), st.integers(1, 300))
def test_at_most_so_many_items_but_whole_images_and_at_least_one(
    sizes: list[int], strata: list[str], seed: int, limit: int
) -> None:
    rows = rows_of(sizes, strata)
    sample = draw(rows, seed=seed, limit=limit)
    kept = Counter(row.images for row in rows if row.position in positions(sample))
    assert kept == {row: count for row, count in Counter(row.images for row in rows).items() if row in kept}
    assert sum(sample.images) == len(kept) >= 1
    assert sum(sample.items) == kept.total() <= limit or len(kept) == 1
    assert (sample.of_items, sample.of_images) == (sum(sizes), len(sizes))
    # It stops at the first image that does not fit, and not before.
    assert kept.total() > limit - max(sizes) or kept.total() == sum(sizes)


@given(images, names, st.integers(0, 99))
def test_every_sample_holds_its_strata_in_the_shares_of_the_whole(
    sizes: list[int], strata: list[str], seed: int
) -> None:
    rows = rows_of([1] * len(sizes), strata)
    whole = Counter(row.stratum for row in rows)
    for limit in range(1, len(rows) + 1):
        drawn = positions(draw(rows, seed=seed, limit=limit))
        found = Counter(row.stratum for row in rows if row.position in drawn)
        # Each stratum by itself is within one image; a sample ends where their sum says, which moves each by one more.
        assert all(abs(found[name] - limit * count / len(rows)) < len(whole) for name, count in whole.items())


@given(images, names, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(sizes: list[int], strata: list[str], chance: random.Random) -> None:
    rows = rows_of(sizes, strata)
    other = [row._replace(position=place) for place, row in enumerate(chance.sample(rows, len(rows)))]

    def shown(rows: list[Drawn]) -> Counter[tuple[str, ...]]:
        drawn = positions(draw(rows, seed=3, limit=20))
        return Counter(row.images for row in rows if row.position in drawn)

    assert shown(rows) == shown(other)


PINNED = ([4, 1, 0, 7, 5, 6, 2, 3], [4, 5, 0, 7, 2, 1, 6, 3])
"""The places of eight images of two strata, in the orders of seeds 0 and 1."""


def test_the_order_is_this_one_on_every_machine() -> None:
    order = [min(draw(rows_of([1] * 8, "ab"), seed=seed, looks=8).looks[look]) for seed in (0, 1) for look in range(8)]
    assert (order[:8], order[8:]) == PINNED


def test_every_image_is_as_likely_as_any_other() -> None:
    # One large stratum, one of two images, and eight of one: what is rare is neither favoured nor forgotten.
    strata = ["large"] * 20 + ["small"] * 2 + list("abcdefgh")
    rows = [row._replace(stratum=stratum) for row, stratum in zip(rows_of([1] * 30), strata, strict=True)]
    seeds = 3000
    met = Counter(place for seed in range(seeds) for place in positions(draw(rows, seed=seed, limit=10)))
    # Six standard errors of a share of a third.
    assert all(abs(met[place] / seeds - 1 / 3) < 6 * (2 / 9 / seeds) ** 0.5 for place in range(30))


def test_strata_narrow_what_a_sample_says_of_the_whole() -> None:
    score = {"easy": 0.9, "hard": 0.1}
    rows = rows_of([1] * 100, ["easy", "hard"])
    flat = [row._replace(stratum="") for row in rows]

    def spread(rows: list[Drawn]) -> float:
        means = [
            sum(score[("easy", "hard")[place % 2]] for place in positions(draw(rows, seed=seed, limit=20))) / 20
            for seed in range(200)
        ]
        assert sum(means) / 200 == pytest.approx(0.5, abs=0.03)
        return max(means) - min(means)

    assert spread(rows) <= 0.05 < spread(flat)


def test_rows_that_share_an_image_or_a_group_go_together() -> None:
    shares = [("a",), ("a", "b"), ("b",), ("c", "group 1"), ("d", "group 1"), ("e",)]
    rows = [Drawn(place, 1, share, share[:1]) for place, share in enumerate(shares)]
    together = [{0, 1, 2}, {3, 4}, {5}]
    for seed in range(20):
        for limit in range(1, 7):
            drawn = positions(draw(rows, seed=seed, limit=limit))
            assert all(group <= drawn or not group & drawn for group in together)


def test_looks_are_consecutive_parts_of_one_order() -> None:
    rows = rows_of([1, 2, 3] * 20, "ab")
    five = draw(rows, seed=0, looks=5)
    assert [len({rows[place].images for place in look}) for look in five.looks] == [12] * 5
    assert sum(five.items) == 120
    # What a limit keeps are the first looks, and nothing of a later one before an earlier one is whole.
    some = positions(draw(rows, seed=0, limit=60))
    assert five.looks[0] <= some
    assert not some & five.looks[4]


# Below: real folders.


def chart_rows(count: int = 24) -> list[dict[str, Any]]:
    return [
        {
            "imgname": f"{number // 2}.png",
            "query": f"{number}?",
            "label": str(number),
            "type": ("human", "augmented")[number // 2 % 2],
        }
        for number in range(count)
    ]


def written(home: Path, rows: Sequence[Any], png: Any) -> Benchmark:
    folder = home / "chartqa"
    (folder / "images").mkdir(parents=True)
    for shade in range(12):
        (folder / "images" / f"{shade}.png").write_bytes(png(shade))
    (folder / "data.jsonl").write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows))
    return open_benchmark("chartqa", home)


def test_files_and_tables_of_the_same_images_give_the_same_sample(
    tmp_path: Path, png: Any, parquet_folder: Any
) -> None:
    rows = chart_rows()
    files = written(tmp_path / "files", rows, png)
    chance = random.Random(1)
    table = [
        {"question": row["query"], "answer": row["label"], "type": row["type"], "image": png(int(row["imgname"][:-4]))}
        for row in chance.sample(rows, len(rows))
    ]
    stored = open_benchmark("chartqa", parquet_folder("chartqa", table))
    one, other = (
        {item.question for item in benchmark.sampled(limit=9, seed=5).items()} for benchmark in (files, stored)
    )
    assert one == other
    assert len(one) == 8


def test_items_keep_the_order_and_the_ids_of_the_whole(tmp_path: Path, shared: Path) -> None:
    source = [row.values for row in jsonl_rows(shared / "data" / "wemath" / "data.jsonl") if hasattr(row, "values")]
    home = tmp_path / "wemath"
    home.mkdir()
    for folder in ("2steps", "3steps"):
        shutil.copytree(shared / "data" / "wemath" / folder, home / folder)
    # Every row twice: the second of an id is known as such, whether or not the first is drawn with it.
    (home / "data.jsonl").write_text("\n".join(json.dumps(row) for row in [*source, *source]))
    whole = open_benchmark("wemath", tmp_path)
    ids = [item.id for item in whole.items()]
    for limit in (6, 30, 100):
        drawn = [item.id for item in whole.sampled(limit=limit, seed=1).items()]
        assert [name for name in ids if name in drawn] == drawn
    assert any(name.endswith("#2") for name in drawn)


def test_lines_that_are_no_rows_are_drawn_like_rows_and_excluded_rows_are_not(tmp_path: Path, png: Any) -> None:
    good = chart_rows()
    benchmark = written(tmp_path, [*good[:10], "{", *good[10:], "[]"], png)
    sample = benchmark.sampled(limit=0, seed=0).sample
    assert sample is not None
    assert (sample.of_items, sample.of_images, sum(sample.items)) == (26, 12, 26)
    everything = list(benchmark.sampled(limit=100, seed=0).items_and_problems())
    assert [str(item) for item in everything] == [str(item) for item in benchmark.items_and_problems()]
    definition = benchmark.definition.model_copy(update={"excluded": {"3": "broken"}})
    fewer = Benchmark(definition, benchmark.source).sampled(limit=100, seed=0)
    assert (fewer.size(), fewer.asked(), len(list(fewer.items_and_problems()))) == (25, 25, 25)


def test_a_sample_of_one_image_still_knows_another(tmp_path: Path, png: Any) -> None:
    one = written(tmp_path, chart_rows(), png).sampled(limit=2, seed=0)
    (first, second) = one.items()
    assert first.images[0].digest == second.images[0].digest != first.images[0].other.digest  # type: ignore[union-attr]


@pytest.mark.parametrize("name", definition_names())
def test_strata_are_columns_of_the_twins_and_of_the_real_samples(name: str, shared: Path) -> None:
    names = load_definition(name).fields.strata
    if not names:
        # Its questions have types, its images have none.
        assert name == "infovqa"
        return
    homes: list[str | Path] = ["synthetic"]
    if (shared / "data" / name / "data.jsonl").exists():
        homes.append(shared / "data")
    for home in homes:
        benchmark = open_benchmark(name, home)
        rows = [row for row in benchmark.source.rows() if not isinstance(row, Exception)]
        assert rows
        assert all(isinstance(row.get(names), str | int) for row in rows)
        sample = benchmark.sampled(limit=10, seed=0)
        assert 1 <= len(list(sample.items_and_problems())) == sample.asked()


def test_real_questions_without_their_images_have_their_strata_too(shared: Path) -> None:
    rows = [
        row for row in jsonl_rows(shared / "data/chartqapro/questions_only.jsonl") if not isinstance(row, Exception)
    ]
    types = Counter(row.get(load_definition("chartqapro").fields.strata) for row in rows)
    assert types["Factoid"] == 1081
    assert len(types) == 5
    charts = json.loads((shared / "data/charxiv/reasoning_val.json").read_text()).values()
    column = load_definition("charxiv").fields.strata[1]
    assert Counter(chart[column] for chart in charts) == {1: 440, 3: 232, 4: 229, 2: 99}


def test_groups_of_wemath_are_drawn_whole(shared: Path) -> None:
    whole = open_benchmark("wemath", shared / "data")
    sizes = Counter(item.cluster for item in whole.items())
    drawn = Counter(item.cluster for item in whole.sampled(limit=25, seed=0).items())
    assert drawn == {group: sizes[group] for group in drawn}
    assert 22 <= drawn.total() <= 25
