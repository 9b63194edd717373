from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from prism_eval.benchmarks.reading.pairing import WINDOW, pair_with_others
from prism_eval.benchmarks.recent import KEPT_BYTES
from prism_eval.benchmarks.rows import RowError
from prism_eval.schema import Image, Item, ItemKind


def item(number: int, *images: str) -> Item:
    shown = tuple(Image(name.encode(), name) for name in images)
    kind = ItemKind.SHORT
    return Item(benchmark="b", id=str(number), kind=kind, question="?", images=shown, golds=("1",), cluster="c")


def others(*shown: str) -> list[str | None]:
    paired = pair_with_others(item(number, *names) for number, names in enumerate(shown))
    return [each.images[0].other.name if each.images[0].other else None for each in paired]


def test_the_next_different_image_is_the_other() -> None:
    assert others("a", "a", "b", "c") == ["b", "b", "c", "a"]


def test_the_last_items_wrap_to_the_start() -> None:
    assert others("a", "b", "a") == ["b", "a", "b"]


def test_one_image_alone_has_no_other() -> None:
    assert others("a", "a") == [None, None]


@given(st.lists(st.lists(st.sampled_from("abcdefg"), min_size=1, max_size=4), min_size=1, max_size=30))
def test_an_other_is_never_an_own_image(shown: list[list[str]]) -> None:
    paired = list(pair_with_others(item(number, *names) for number, names in enumerate(shown)))
    assert [each.id for each in paired] == [str(number) for number in range(len(shown))]
    for each in paired:
        own = {image.digest for image in each.images}
        foreign = {name for names in shown for name in names} - {image.name for image in each.images}
        for image in each.images:
            assert (image.other is not None) == bool(foreign)
            assert image.other is None or (image.other.digest not in own and image.other.other is None)


def test_little_is_held_back() -> None:
    taken = 0

    def stream() -> Iterator[Item]:
        nonlocal taken
        for number in itertools.count():
            taken += 1
            yield item(number, "same")

    paired = pair_with_others(stream())
    assert next(paired).images[0].other is None
    assert taken <= WINDOW + 1


def test_the_digest_is_not_computed_again() -> None:
    source = item(0, "a")
    known = source.images[0].digest
    (first, _) = pair_with_others([source, item(1, "b")])
    assert vars(first.images[0])["digest"] == known


def test_items_that_share_an_image_share_its_copy() -> None:
    shared = Image(b"a", "a")
    items = [replace(item(number, "x"), images=(shared,)) for number in range(3)]
    first, second, third, _ = pair_with_others([*items, item(3, "b")])
    assert first.images[0] is second.images[0] is third.images[0]
    assert first.images[0].data is shared.data


def test_large_images_are_let_go_before_the_window_is_full() -> None:
    taken = 0

    def stream() -> Iterator[Item]:
        nonlocal taken
        for number in itertools.count():
            taken += 1
            # Equal, but not one object: what a row group of 3 MB photographs would hold if nothing bounded it.
            yield replace(item(number, "same"), images=(Image(bytes(KEPT_BYTES // 4), "same"),))

    next(pair_with_others(stream()))
    assert taken <= 6


def test_large_openers_are_few_but_enough() -> None:
    large = [Image(bytes([number]) * (KEPT_BYTES // 2), str(number)) for number in range(4)]
    paired = pair_with_others(replace(item(number, "x"), images=(one,)) for number, one in enumerate(large))
    assert [each.images[0].other.name for each in paired if each.images[0].other] == ["1", "2", "3", "0"]


def test_errors_keep_their_places_and_hold_nothing_up() -> None:
    errors = [RowError("bad", str(number)) for number in range(4)]
    seen: list[object] = []
    rows: list[Item | RowError] = [errors[0], errors[1], item(1, "a"), errors[2], item(2, "a"), item(3, "b"), errors[3]]

    def stream() -> Iterator[Item | RowError]:
        for row in rows:
            seen.append(row)
            yield row

    paired = pair_with_others(stream())
    assert next(paired) is errors[0]
    assert len(seen) == 2
    rest = list(paired)
    assert [row if isinstance(row, RowError) else row.id for row in rest] == [
        errors[1],
        "1",
        errors[2],
        "2",
        "3",
        errors[3],
    ]
    assert all(isinstance(row, RowError) or row.images[0].other is not None for row in rest)
