"""The card of an exported data set: what the hub and ``datasets`` read from it, and what its reader should know."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from prism_eval._version import __version__
from prism_eval.leaderboard import Leaderboard
from prism_eval.leaderboard.markdown import escaped
from prism_eval.report.exports.markdown import markdown
from prism_eval.report.text import flat

PICTURES = "thumbnails"
"""The configuration of the small pictures, and their folder."""

_PICTURED = (
    "`thumbnails` has a small picture of each image, by its digest; it stands under the licence of the benchmark that",
    "shows the image.",
)
_COLUMNS = """\
| column | meaning |
|---|---|
| `captioner`, `reasoner` | whose caption was read, and by whom |
| `benchmark`, `item` | the question; ids are unique within a benchmark |
| `images` | SHA-256 of the encoded images that were captioned, which are not part of this data set |
| `sample`, `order` | which of several captions, and which order of the options; from 0 |
| `cluster` | items with one cluster share an image: their errors are not independent |
| `kind`, `question`, `options`, `gold` | what was asked, and the accepted answers |
| `outcome`, `score` | how the answer ended; a `failed` call has no score, every other one is in [0, 1] |
| `answer`, `extracted`, `note` | the reply, what was read out of it, and why |
| `cause` | why it `failed`: `unusable`, `infrastructure`; by the captioner `refused`, `missing`, `too_long`, `broken` |
| `chosen_position`, `gold_position` | where the picked and the right option stood, as shown, from 0 |
| `caption`, `caption_words`, `caption_truncated` | what the reasoner read |
| `row` | what else of the benchmark's row a scorer reads, as JSON |
"""


def card(board: Leaderboard, splits: Mapping[str, str], *, images: bool) -> str:
    """The text of ``README.md``.

    Args:
        board: The leaderboard.
        splits: The benchmarks that have verdicts, with their splits' names.
        images: Whether the small pictures of the images are part of it.
    """
    return "\n".join(
        [
            *_front_matter(splits, images=images),
            "# Verdicts of a caption leaderboard",
            "",
            f"Made by prism-eval {__version__}, which measures captions by what a reader who never saw the image can",
            "answer from them.",
            "",
            markdown(board),
            "## What is in it",
            "",
            "The configuration `verdicts` has a row for each captioner and item, a split for each benchmark;",
            "`leaderboard` has the table above with every number.",
            *(_PICTURED if images else ()),
            "",
            _COLUMNS,
            "## Licences",
            "",
            "Questions, options and accepted answers are the benchmarks' and stand under their licences; captions and",
            "replies are model output.",
            "",
            "| benchmark | split | licence | revision |",
            "|---|---|---|---|",
            *_licences(board, splits),
            "",
        ]
    )


def _front_matter(splits: Mapping[str, str], *, images: bool) -> Iterator[str]:
    """YAML, of which JSON is a part: so no name can end a value."""
    yield "---"
    yield 'pretty_name: "Verdicts of a caption leaderboard"'
    yield "license: other"
    yield "license_name: see-licences-below"
    yield "tags: [prism-eval, image-captioning]"
    yield f"prism_eval_version: {json.dumps(__version__)}"
    yield "configs:"
    yield "- config_name: verdicts"
    yield "  default: true"
    yield "  data_files:"
    for split in splits.values():
        yield f"  - split: {split}"
        yield f"    path: verdicts/{split}-*.parquet"
    yield "- config_name: leaderboard"
    yield "  data_files:"
    yield "  - split: rows"
    yield "    path: leaderboard.parquet"
    if images:
        yield f"- config_name: {PICTURES}"
        yield "  data_files:"
        yield "  - split: images"
        yield f"    path: {PICTURES}/*.parquet"
    yield "---"
    yield ""


def _licences(board: Leaderboard, splits: Mapping[str, str]) -> Iterator[str]:
    # Not where the data lay: that may be a folder of the user's.
    entries = {str(entry["name"]): entry for entry in board.manifest["benchmarks"]}
    for name, split in splits.items():
        said = [entries.get(name, {}).get(key) or "not stated" for key in ("licence", "revision")]
        yield f"| {' | '.join(escaped(flat(str(text))) for text in (name, split, *said))} |"
