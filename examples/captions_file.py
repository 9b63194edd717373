"""Captions that were made elsewhere, by any model.

    python examples/captions_file.py

First they are written to a file, a caption a line, each beside the SHA-256 of its image's bytes. Then the file is
evaluated, as this does it:

    prism-eval run -c file:captions.jsonl -c blind -b infovqa --data synthetic
"""

import json
from pathlib import Path

from prism_eval import Image, evaluate
from prism_eval.benchmarks import open_benchmark


def caption(image: Image) -> str:
    """Your model's words. These are half of what the twin says of the image, so that there is something to score."""
    return "\n".join((image.facts or ())[::2])


# One image may belong to many items, and is captioned once.
items = open_benchmark("infovqa", "synthetic").items()
captions = {image.digest: caption(image) for item in items for image in item.images}

file = Path("captions.jsonl")
with file.open("w", encoding="utf-8") as lines:
    for digest, text in captions.items():
        lines.write(json.dumps({"sha256": digest, "caption": text}) + "\n")

result = evaluate([f"file:{file}", "blind"], benchmarks="infovqa", data="synthetic")
print(result.leaderboard.to_pandas()[["captioner", "mean", "mean_low", "mean_high"]].round(2).to_string(index=False))
print(result.html)
