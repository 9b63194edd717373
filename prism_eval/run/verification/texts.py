"""Whether the captions and answers that verdicts quote are those of the other tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import zip_longest

from prism_eval.captioners.spoken import spoken
from prism_eval.run.folder import RunFolder
from prism_eval.run.reading import Manifest, Table
from prism_eval.run.verification.finding import Finding
from prism_eval.schema import Caption

_WHO = ("captioner", "reasoner", "benchmark", "item", "sample", "order")
_SAID = (*_WHO, "images", "caption_digest", "text")
_RULED = (*_WHO, "answer", "caption", "caption_words")


def unlike_texts(folder: RunFolder, manifest: Manifest) -> Iterator[Finding]:
    """Verdicts on other answers or captions than were given.

    Args:
        folder: The run folder.
        manifest: Its manifest.

    Raises:
        RunError: A table cannot be read.
    """
    answers, verdicts = Table(folder.path, "answers"), Table(folder.path, "verdicts")
    written = _Written.of(Table(folder.path, "captions"), verbatim=_is_verbatim(manifest))
    wrong: dict[str, list[str]] = defaultdict(list)
    for said, ruled in zip_longest(answers.rows(_SAID), verdicts.rows(_RULED)):
        if said is None or ruled is None or any(said[name] != ruled[name] for name in _WHO):
            yield Finding("verdicts.parquet", "does not go with answers.parquet row by row")
            return
        place = f"{said['benchmark']} {said['item']}, {said['captioner']}"
        if said["text"] != ruled["answer"]:
            wrong["an answer that answers.parquet does not have there"].append(place)
        caption, digest = ruled["caption"], said["caption_digest"]
        if (None if caption is None else Caption(caption).words) != ruled["caption_words"]:
            wrong["a caption of another length than is said"].append(place)
        if (None if caption is None else _digest(caption)) != digest:
            wrong["another caption than the answer was given to"].append(place)
        # What is read of several images is joined; of one it is the caption itself.
        elif (
            digest
            and len(said["images"] or ()) == 1
            and digest not in written.known(said["captioner"], said["images"][0], said["sample"])
        ):
            wrong["a caption that captions.parquet does not have for that image"].append(place)
    for problem, places in wrong.items():
        yield Finding("verdicts.parquet", problem, len(places), places[0])


def _is_verbatim(manifest: Manifest) -> bool:
    caption = (manifest.get("protocol") or {}).get("caption")
    return isinstance(caption, Mapping) and bool(caption.get("verbatim"))


@dataclass(frozen=True)
class _Written:
    """Digests of the captions as they are read: of each image, and of whoever says the same of all images once."""

    of_images: Mapping[tuple[str, str, int], set[str]]
    of_captioners: Mapping[tuple[str, int], set[str]]

    @classmethod
    def of(cls, captions: Table, *, verbatim: bool) -> _Written:
        made = cls(defaultdict(set), defaultdict(set))
        for row in captions.rows(["captioner", "image", "sample", "text"]):
            if row["text"] is not None:
                caption = Caption(row["text"]) if verbatim else spoken(Caption(row["text"]))
                made.of_images[row["captioner"], row["image"], row["sample"]].add(caption.digest)
                made.of_captioners[row["captioner"], row["sample"]].add(caption.digest)
        return made

    def known(self, captioner: str, image: str, sample: int) -> set[str]:
        """What was said of an image; one that has no row of its own shares another's call."""
        return self.of_images.get((captioner, image, sample)) or self.of_captioners[captioner, sample]


# A caption is quoted by every question about its image.
@lru_cache(maxsize=512)
def _digest(text: str) -> str:
    return Caption(text).digest
