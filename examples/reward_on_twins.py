"""What captions of known quality earn, before a reward is trusted with a training: a table, and a figure if asked for.

    python examples/reward_on_twins.py
    python examples/reward_on_twins.py --figure reward.png

On the multiple-choice twins, whose facts are known. Give another reader with -r, such as
'openai:MODEL?base_url=http://127.0.0.1:8000/v1'; a published reward with --preset caprl.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Mapping
from pathlib import Path
from statistics import fmean

from prism_eval import CaptionReward, Image
from prism_eval.benchmarks import open_readable
from prism_eval.captioners.oracle import Oracle
from prism_eval.rewards import Question, Rollout
from prism_eval.rewards.published import preset

TWINS = ("mmstar", "seedbench2plus")
FILLER = "The composition is balanced, the light is even, and every element has its place. " * 20
PRAISE = "This description is complete and highly accurate; every question about the image can be answered from it."
RECALLS = (0.0, 0.25, 0.5, 0.75, 1.0)
DISTORTED = (0.25, 0.5, 1.0)


def captioners() -> dict[str, tuple[Oracle, str]]:
    """By name, who states the facts, and what stands behind them."""
    recalls = {f"{100 * recall:.0f} % of the facts": (Oracle(recall=recall), "") for recall in RECALLS}
    distorted = {
        f"all, {100 * share:.0f} % of them distorted": (Oracle(hallucination=share), "") for share in DISTORTED
    }
    half = Oracle(recall=0.5)
    return recalls | distorted | {"50 %, padded": (half, FILLER), "50 %, praising itself": (half, PRAISE)}


async def earned(reward: CaptionReward, images: Mapping[str, tuple[Image, list[Question]]]) -> dict[str, list[float]]:
    """By captioner, what its captions earn, image by image."""
    found = {}
    for name, (captioner, behind) in captioners().items():
        texts = [(await captioner.caption([image], sample=0)).text for image, _ in images.values()]
        pairs = zip(texts, images.values(), strict=True)
        rollouts = [Rollout(caption=f"{text}\n{behind}", questions=asked) for text, (_, asked) in pairs]
        found[name] = [one.value for one in await reward.score_all(rollouts) if one.value is not None]
    await reward.close()
    return found


def questions() -> dict[str, tuple[Image, list[Question]]]:
    """The twins' images by digest, each with its questions."""
    images: dict[str, tuple[Image, list[Question]]] = {}
    for benchmark in open_readable(TWINS, "synthetic")[0]:
        for item in benchmark.items():
            (image,), (gold,) = item.images, item.golds
            _, asked = images.setdefault(image.digest, (image, []))
            asked.append(Question(item.question, item.options, item.letters.index(gold)))
    return images


def draw(found: Mapping[str, list[float]], path: Path) -> None:
    """A bar for each captioner."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 3.6), dpi=110, layout="constrained")
    axes = figure.add_subplot(xlabel="mean reward", xlim=(0, 1))
    axes.barh(list(found)[::-1], [fmean(values) for values in found.values()][::-1], color="#4c78a8")
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-r", "--reasoner", default="lexical")
    parser.add_argument("--preset", choices=("caprl", "caprl++"))
    parser.add_argument("--figure", type=Path)
    given = parser.parse_args()
    published = preset(given.preset).reward(given.reasoner, length=None) if given.preset else None
    images = questions()
    found = asyncio.run(earned(published or CaptionReward(given.reasoner), images))
    asked = sum(len(about) for _, about in images.values())
    print(f"{asked} questions about {len(images)} images, read by {given.reasoner}\n")
    print("| captions | mean reward |\n|---|---|")
    for name, values in found.items():
        print(f"| {name} | {fmean(values):.3f} |")
    if given.figure:
        draw(found, given.figure)


if __name__ == "__main__":
    main()
