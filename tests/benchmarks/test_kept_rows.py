"""What is streamed is paid for once, however often a sample has to look at it."""

from __future__ import annotations

import gc
import math
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import IO, Any

import pytest

from prism_eval.benchmarks import Benchmark, load_definition
from prism_eval.benchmarks.rows import Row, RowError
from prism_eval.benchmarks.sources.kept import KeptRows
from prism_eval.schema import Item
from tests.builders import png


class Stream:
    """A source that counts how often it is read from its beginning."""

    origin, revision, image_folder = "a stream", "c0ffee", None

    def __init__(self, rows: Sequence[Row | RowError]) -> None:
        self._rows, self.readings, self.streamed = rows, 0, True

    def size(self) -> int:
        return len(self._rows)

    def rows(self) -> Iterator[Row | RowError]:
        self.readings += 1
        yield from self._rows


def chart(number: int) -> Row:
    values = {
        "type": "human_test",
        "question": f"What is {number}?",
        "answer": str(number),
        "image": {"bytes": png(number % 250), "path": None},
    }
    return Row(number, values, f"stream row {number + 1}", ("unread",))


def benchmark_of(rows: Sequence[Row | RowError]) -> tuple[Benchmark, Stream]:
    stream = Stream(rows)
    return Benchmark(load_definition("chartqa"), stream), stream


def seen(items: Iterable[Item]) -> list[tuple[str, str, bytes]]:
    return [(item.id, item.question, item.images[0].data or b"") for item in items]


def test_a_sample_of_a_stream_reads_it_once_and_asks_what_it_did_before() -> None:
    rows = [chart(number) for number in range(40)]
    benchmark, stream = benchmark_of(rows)
    sample = benchmark.sampled(limit=10, seed=0, looks=2)
    asked = seen(sample.items())
    assert asked == seen(sample.items())
    parts = [seen(part.items()) for look in range(2) if (part := sample.at_look(look))]
    assert sorted(parts[0] + parts[1]) == sorted(asked)
    assert len(list(sample.pictures(named=False))) == 10
    assert stream.readings == 1
    assert (sample.source.revision, sample.source.origin, sample.source.size()) == ("c0ffee", "a stream", 40)
    # The same that a source which is read again and again gives.
    again, other = benchmark_of(rows)
    other.streamed = False
    assert seen(again.sampled(limit=10, seed=0, looks=2).items()) == asked
    assert other.readings == 3


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        7,
        10**30,
        1.5,
        math.inf,
        "caf\u00e9 \ud83d",
        b"\x00\xff" * 400,
        [],
        {"of": {"bytes": [0, 1]}},
        [{"a": b""}],
    ],
)
def test_values_come_back_as_they_were(value: object) -> None:
    rows = [Row(0, {"x": value}, "here", ("a", "b")), RowError("few words", "here: all of it", item="7")]
    kept = KeptRows(Stream(list(rows)))
    list(kept.rows())
    row, error = kept.rows()
    assert row == rows[0]
    assert isinstance(error, RowError)
    assert (error.reason, str(error), error.item) == ("few words", "here: all of it", "7")


def test_readings_by_turns_do_not_mix_their_rows() -> None:
    kept = KeptRows(Stream([chart(number) for number in range(5)]))
    whole = list(kept.rows())
    assert list(zip(kept.rows(), kept.rows(), strict=True)) == list(zip(whole, whole, strict=True))


@pytest.mark.parametrize("value", [date(2026, 1, 1), (1, 2), {1: "a"}])
def test_what_no_file_gives_back_exactly_is_read_again(value: object) -> None:
    kept = KeptRows(stream := Stream([Row(0, {"x": value}, "here")]))
    assert list(kept.rows()) == list(kept.rows())
    assert stream.readings == 2


def test_a_reading_that_was_not_finished_counts_for_nothing() -> None:
    kept = KeptRows(stream := Stream([chart(number) for number in range(5)]))
    next(kept.rows())
    assert len(list(kept.rows())) == len(list(kept.rows())) == 5
    assert stream.readings == 2


@pytest.mark.parametrize("when", ["open", "write"])
def test_a_full_disk_reads_the_stream_again(when: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full:
        def write(self, data: bytes) -> int:
            raise OSError(28, "No space left on device")

        def tell(self) -> int:
            return 0

        def close(self) -> None:
            pass

    def full(**_: Any) -> Any:
        if when == "open":
            raise OSError(28, "No space left on device")
        return Full()

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    benchmark, stream = benchmark_of([chart(number) for number in range(8)])
    assert len(list(benchmark.sampled(limit=3, seed=0).items())) == 3
    assert stream.readings == 2


def test_the_file_is_closed_with_the_benchmark(monkeypatch: pytest.MonkeyPatch) -> None:
    files: list[IO[bytes]] = []
    real = tempfile.TemporaryFile

    def noted(**given: Any) -> IO[bytes]:
        files.append(real(**given))
        return files[-1]

    monkeypatch.setattr(tempfile, "TemporaryFile", noted)
    benchmark, _ = benchmark_of([chart(number) for number in range(8)])
    sample = benchmark.sampled(limit=3, seed=0)
    assert not files[0].closed
    del sample
    gc.collect()
    assert files[0].closed
