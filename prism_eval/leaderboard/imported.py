"""What a leaderboard of imported results says of where they are from, and of what it does not know."""

from __future__ import annotations

from collections.abc import Iterator

from prism_eval.leaderboard import writing
from prism_eval.leaderboard.column import AnyColumn, Column
from prism_eval.run.reading import Manifest


def imported_facts(manifest: Manifest) -> Iterator[str]:
    """What was measured, in a few words each; nothing for results of our own."""
    imported = manifest.get("imported") or {}
    if "rescored" in imported:
        told = f"{imported.get('same', '?')} of {imported['rescored']} answers as there"
        yield f"results of {imported.get('evaluator', '?')}, scored again: {told}"
    elif imported:
        yield f"results of {imported.get('evaluator', '?')}: each model sees the image itself, nobody reads captions"
        if unclustered := _unclustered(manifest):
            yield f"unclustered: {', '.join(unclustered)}"


def imported_caveats(manifest: Manifest) -> Iterator[str]:
    """What widens the intervals in truth, and is not in them."""
    if "rescored" in (manifest.get("imported") or {}):
        yield "Imported: nothing says which captions and answers were cut, so none is counted as such."
    if unclustered := _unclustered(manifest):
        yield (
            f"Unclustered: {', '.join(unclustered)}. Nothing says which questions share an image, so each counts as an "
            "image of its own, and the intervals there are too narrow where images have several questions."
        )
    for entry in manifest["benchmarks"]:
        if why_not := entry.get("not_joined"):
            yield f"{entry['name']} is not joined to its data set: {why_not}."


def _unclustered(manifest: Manifest) -> list[str]:
    return [str(entry["name"]) for entry in manifest["benchmarks"] if entry.get("clusters") == ""]


def imported_columns(manifest: Manifest) -> tuple[AnyColumn, ...]:
    """The axis that a scaling plot wants, where anybody said how many images a model was trained on."""
    said = {str(entry["label"]): entry.get("images_trained") for entry in manifest.get("captioners") or []}
    trained = {label: images for label, images in said.items() if isinstance(images, int)}
    if not trained:
        return ()
    column = Column[int](
        name="images_trained",
        title="Captioned images trained on",
        heading="trained on",
        value=lambda row: trained.get(row.captioner),
        write=writing.count,
        shown=frozenset({"summary", "scores"}),
    )
    return (column,)
