"""Which documents show the same image: lmms-eval leaves the images out of its files, and an interval needs to know."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Final

from prism_eval.benchmarks import open_benchmark
from prism_eval.benchmarks.rows import RowError
from prism_eval.errors import PrismError
from prism_eval.leaderboard.imports.samples import Sample
from prism_eval.schema import Item

BENCHMARKS: Mapping[str, str] = {
    "chartqa": "chartqa",
    "chartqapro": "chartqapro",
    "charxiv_val_descriptive": "charxiv:descriptive",
    "charxiv_val_reasoning": "charxiv:reasoning",
    "infovqa_val": "infovqa",
    "mathverse_testmini_vision_intensive": "mathverse",
    "mathvision_test": "mathvision",
    "mathvision_testmini": "mathvision:testmini",
    "mmmu_pro_standard": "mmmu_pro",
    "mmmu_pro_vision": "mmmu_pro:vision",
    "mmmu_val": "mmmu",
    "mmstar": "mmstar",
    "seedbench_2_plus": "seedbench2plus",
    "visulogic": "visulogic",
    "wemath_testmini_reasoning": "wemath",
}
"""By lmms-eval's task, our benchmark of the same rows in the same order."""

_FIELDS: Final = ("imageId", "image_id", "docId", "imgname", "image_path", "image_url")
"""What data sets call the field that names a document's image: GQA, SEED-Bench, InfoVQA and DocVQA, ChartQA ..."""

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Shown:
    """What a document shows: its images' digests, where they are known, and the name of its cluster."""

    images: tuple[str, ...]
    cluster: str


@dataclass(frozen=True, slots=True)
class Clusters:
    """The documents of a task by what they show.

    Attributes:
        shown: One a document.
        basis: What they are known by: ``images``, or the name of a field; empty where nothing tells.
        why_not: Why they were not joined to a data set that was given; empty where they were.
    """

    shown: tuple[Shown, ...]
    basis: str
    why_not: str = ""


def clusters_of(task: str, documents: Sequence[Sample], data: str | None) -> Clusters:
    """Find out which documents share an image: in a copy of the data set, else by what the samples say.

    Args:
        task: lmms-eval's task.
        documents: Its documents.
        data: Where our copy of the data set is, as `open_benchmark` takes it; ``None`` for nowhere.
    """
    why_not = ""
    if data is not None:
        try:
            return Clusters(tuple(_joined(task, documents, data)), "images")
        except PrismError as error:
            why_not = str(error)
    media = [" ".join(document.media) for document in documents]
    if all(media):
        return Clusters(tuple(Shown((), name) for name in media), "input_media", why_not)
    for field in _FIELDS:
        names = [document.fields.get(field) for document in documents]
        if all(isinstance(name, str | int) and name != "" for name in names):
            return Clusters(tuple(Shown((), str(name)) for name in names), field, why_not)
    return Clusters(tuple(Shown((), f"document {document.doc}") for document in documents), "", why_not)


def _joined(task: str, documents: Sequence[Sample], data: str) -> Iterator[Shown]:
    """What each document's row shows; raises `DataError` where the rows are not those documents."""
    benchmark = open_benchmark(BENCHMARKS.get(task, task), data)
    wanted = {document.doc: document for document in documents}
    for place, (row, document) in enumerate(_beside(benchmark.items_and_problems(), wanted)):
        if document is None:
            continue
        if not isinstance(row, Item) or not _is(row, document):
            asked = row.question if isinstance(row, Item) else "nothing"
            raise RowError(
                "another row", f"doc_id {place} asks {document.question[:60]!r}, and that row of {data} {asked[:60]!r}"
            )
        yield Shown(tuple(image.digest for image in row.images), row.cluster)


def _beside(
    rows: Iterator[Item | RowError], wanted: Mapping[int, Sample]
) -> Iterator[tuple[Item | RowError | None, Sample | None]]:
    """Every row with the document that has its place, as far as documents go."""
    places = range(max(wanted, default=-1) + 1)
    for place, row in zip_longest(places, rows):
        if place is None:
            return
        yield row, wanted.get(place)


def _is(item: Item, document: Sample) -> bool:
    # Prompts add options and instructions to the question, and differ in their white space.
    question = _WORD.findall(item.question.lower())
    return bool(question) and " ".join(question) in " ".join(_WORD.findall(document.question.lower()))
