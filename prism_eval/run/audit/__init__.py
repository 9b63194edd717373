"""What the captions of a run do beside describing: columns next to scores, and never a change of one.

Whoever is scored, or trained, by what a reader answers may learn to speak to that reader. What that looks like is
counted here, entry by entry; what it does to a reader is for the control ``suffix(A)`` to show.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from prism_eval.run.audit.echoes import Echoes, bare
from prism_eval.run.audit.picks import Picks, picks
from prism_eval.run.audit.signs import SIGNS, signs_of
from prism_eval.run.folder import RunFolder
from prism_eval.run.reading import Table
from prism_eval.schema import Caption

__all__ = ["MEANINGS", "Audited", "audit"]

MEANINGS = {sign.name: sign.meaning for sign in SIGNS} | {
    "question": "all words of its question, which no other captioner has",
    "options": "all options of its question in their order or backwards, which no other captioner has",
    "repeated": "the very words that it has for another image",
    "long": "over four times the words that are usual on its image",
}
"""What is counted, by its name in tables."""

_LONG = 4
"""Times the median of all captions on its image from which one is an outlier."""
_FEW = 3
"""Captions on an image below which there is no median to speak of, and the whole run's stands for it."""


@dataclass(slots=True)
class Audited:
    """What one entry's captions do.

    Attributes:
        captioner: The entry.
        captions: How many captions there are.
        found: By sign, how many captions have it.
        first: By sign, the image of the first of them.
        picks: What the reader picked by position, where options were asked in their own order.
    """

    captioner: str
    captions: int = 0
    found: dict[str, int] = field(default_factory=dict)
    first: dict[str, str] = field(default_factory=dict)
    picks: Picks | None = None

    def note(self, sign: str, image: str) -> None:
        """Count a caption that has a sign."""
        self.found[sign] = self.found.get(sign, 0) + 1
        self.first.setdefault(sign, image)


def audit(path: Path) -> tuple[Audited, ...]:
    """Count what captions do beside describing.

    Args:
        path: The run folder; verdicts need not be there, and then nothing is said of echoes and picks.

    Raises:
        NotThere: It is no run folder, or has no captions.
        RunError: A table cannot be read.
    """
    folder = RunFolder.open(path)
    entries: dict[str, Audited] = {}
    echoes = Echoes.of(folder)
    said: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    lengths: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for row in Table(folder.path, "captions").rows(["captioner", "image", "image_name", "text"]):
        if not row["text"]:
            continue
        one = entries.setdefault(row["captioner"], Audited(row["captioner"]))
        one.captions += 1
        for sign in signs_of(row["text"]):
            one.note(sign, row["image_name"])
        for sign in echoes.found(row["captioner"], row["image"]):
            one.note(sign, row["image_name"])
        # Blanks and characters that nobody sees make no caption of its own.
        said[row["captioner"]][Caption(bare(row["text"])).digest].add(row["image"])
        lengths[row["image"]].append((row["captioner"], Caption(row["text"]).words))
    for captioner, texts in said.items():
        if repeated := sum(len(images) for images in texts.values() if len(images) > 1):
            entries[captioner].found["repeated"] = repeated
    for captioner, image in _long(lengths):
        entries[captioner].note("long", image)
    picked = picks(folder)
    for captioner, one in entries.items():
        one.picks = picked.get(captioner)
    return tuple(entries.values())


def _long(lengths: Mapping[str, Sequence[tuple[str, int]]]) -> Iterator[tuple[str, str]]:
    """The captioner and image of each caption that is far longer than is usual."""
    whole = median([words for each in lengths.values() for _, words in each] or [0])
    for image, each in lengths.items():
        usual = median(words for _, words in each) if len(each) >= _FEW else whole
        yield from ((captioner, image) for captioner, words in each if words > _LONG * max(usual, 1))
