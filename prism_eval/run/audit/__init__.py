"""What the captions of a run do beside describing: columns next to scores, and never a change of one.

Whoever is scored, or trained, by what a reader answers may learn to speak to that reader. What that looks like is
counted here, entry by entry; what it does to a reader is for the control ``suffix(A)`` to show.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from prism_eval.run.audit import compared
from prism_eval.run.audit.compared import Compared
from prism_eval.run.audit.picks import Picks, picks
from prism_eval.run.audit.signs import SIGNS, signs_of
from prism_eval.run.folder import RunFolder
from prism_eval.run.reading import Table

__all__ = ["MEANINGS", "Audited", "audit"]

MEANINGS = {sign.name: sign.meaning for sign in SIGNS} | compared.MEANINGS
"""What is counted, by its name in tables."""


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
    with Compared.beside_questions(folder) as beside:
        for row in Table(folder.path, "captions").rows(["captioner", "image", "image_name", "text"]):
            if not row["text"]:
                continue
            one = entries.setdefault(row["captioner"], Audited(row["captioner"]))
            one.captions += 1
            for sign in signs_of(row["text"]):
                one.note(sign, row["image_name"])
            beside.add(row["captioner"], row["image"], row["image_name"], row["text"])
        for captioner, sign, image in beside.signs():
            entries[captioner].note(sign, image)
    picked = picks(folder)
    for captioner, one in entries.items():
        one.picks = picked.get(captioner)
    return tuple(entries.values())
