"""Pictures that another program deals out, captioned batch after batch by a captioner that is made once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from prism_eval.data_sets.batches import BatchCaptioner
from prism_eval.data_sets.captioning import caption_data_set
from prism_eval.data_sets.opening import open_data_set
from prism_eval.data_sets.picture import Picture
from prism_eval.errors import FatalError, UsageError
from prism_eval.plan import make_plan
from tests.builders import png
from tests.data_sets.making import pictures
from tests.server.threaded import ThreadedServer

Serve = Callable[..., ThreadedServer]


def dealt(*shades: int) -> list[Picture]:
    return [Picture(f"k{number}", f"{shade}.png", png(shade)) for number, shade in enumerate(shades)]


def test_each_picture_has_its_row_and_equal_ones_of_all_batches_are_asked_about_once(
    tmp_path: Path, serve: Serve
) -> None:
    server = serve()
    unusable = [Picture("bad", "x.png", b"no picture"), Picture("gone", "y.png", problem="gone")]
    with BatchCaptioner(f"openai:model?base_url={server.url}", store=tmp_path / "store") as captions:
        first = captions([*dealt(1, 2, 1), *unusable])
        second = captions(dealt(2, 3))
        assert captions([]) == []
    assert [(row.key, row.status) for row in first] == [
        *(("k0", "success"), ("k1", "success"), ("k2", "success")),
        *(("bad", "unreadable"), ("gone", "unreadable")),
    ]
    assert first[0].caption == first[2].caption != first[1].caption == second[0].caption
    assert [row.sha256 == first[0].sha256 for row in first] == [True, False, True, False, False]
    assert server.server.arrivals.total() == 3


def test_what_was_captioned_so_is_there_for_a_data_set_and_the_other_way_round(tmp_path: Path, serve: Serve) -> None:
    server = serve()
    spec, store = f"openai:model?base_url={server.url}", tmp_path / "store"
    home = pictures(tmp_path / "data", 4)
    with BatchCaptioner(spec, store=store) as captions:
        captions(dealt(0, 1))
    done = caption_data_set(make_plan({"captioners": [spec]}), open_data_set(str(home)), tmp_path / "out", store=store)
    assert (done.tallies["caption"].made, done.tallies["caption"].hits) == (2, 2)
    with BatchCaptioner(spec, store=store) as captions:
        assert [row.status for row in captions(dealt(2, 3))] == ["success", "success"]
    assert server.server.arrivals.total() == 4


def test_a_call_that_fails_costs_a_row_and_a_server_that_lets_nobody_in_ends_it(tmp_path: Path, serve: Serve) -> None:
    broken = serve(fail=0.5, modes=("422",), seed=5)
    with BatchCaptioner(f"openai:model?base_url={broken.url}", store=tmp_path / "a", attempts=1) as captions:
        rows = captions(dealt(*range(8)))
    assert {row.status for row in rows} == {"success", "failed"}
    assert all("HTTP 422" in row.error for row in rows if row.status == "failed")
    shut = serve(fail=1.0, modes=("401",))
    with (
        BatchCaptioner(f"openai:model?base_url={shut.url}", store=tmp_path / "b") as captions,
        pytest.raises(FatalError, match="401"),
    ):
        captions(dealt(*range(8)))


@pytest.mark.parametrize(
    ("spec", "settings", "said"),
    [
        ("nobody", {}, "unknown captioner 'nobody'"),
        ("direct(ocr)", {}, "has no model that could answer"),
        ("direct(openai:m)", {}, "wants a question to each picture"),
        ("blind", {"colour": 1}, "colour"),
    ],
)
def test_what_cannot_caption_is_refused_at_once(
    tmp_path: Path, spec: str, settings: dict[str, object], said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        BatchCaptioner(spec, store=tmp_path / "store", **settings)
