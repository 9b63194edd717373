from __future__ import annotations

import itertools
from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from prism_eval.benchmarks.reading.pairing import WINDOW, pair_with_others
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
