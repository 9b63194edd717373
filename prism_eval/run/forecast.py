"""What a plan would do, without doing it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

from prism_eval.calls import Store, default_path
from prism_eval.captioners.direct import Direct
from prism_eval.captioners.joining import join_captions
from prism_eval.plan.orders import reorder
from prism_eval.plan.plan import Plan
from prism_eval.run.assemble import Assembly, assemble
from prism_eval.run.counts import SeenDigests
from prism_eval.run.items import check_items, read_items
from prism_eval.run.looks import compared_labels
from prism_eval.run.paths import with_absolute_paths
from prism_eval.run.settings import Entry
from prism_eval.schema import Caption, Image, Item

_CHARACTERS_A_TOKEN = 4  # English prose in today's vocabularies; tables and formulas have fewer
_PIXELS_A_TOKEN = 28 * 28  # Qwen2-VL and its successors: patches of 14 x 14, merged four to one


@dataclass
class EntryForecast:
    """What one captioner would cost.

    Attributes:
        label: The captioner, as tables name it.
        captions: Unique captions wanted.
        captions_stored: Of those, in the store.
        answers: Unique answers wanted, as far as captions are known; else one per item, reasoner, sample
            and order.
        answers_stored: Of those, in the store.
        image_tokens: Estimated tokens of the images still to be shown, at one token per 28 x 28 pixels.
        text_tokens: Estimated tokens of the questions and known captions still to be answered, at 4 characters each.
    """

    label: str
    captions: int = 0
    captions_stored: int = 0
    answers: int = 0
    answers_stored: int = 0
    image_tokens: int = 0
    text_tokens: int = 0


@dataclass
class Forecast:
    """What a plan would do: items and unique images by benchmark, the calls of each captioner, and what is left out."""

    items: dict[str, int] = field(default_factory=dict)
    images: dict[str, int] = field(default_factory=dict)
    entries: list[EntryForecast] = field(default_factory=list)
    unread: Mapping[str, str] = field(default_factory=dict)


async def forecast(plan: Plan, store: Path | None = None) -> Forecast:
    """Count a plan's items, unique images, store hits and requests, and estimate its tokens. Calls no model.

    Raises:
        UsageError: Something the plan names does not exist or will not do.
    """
    with Store(store or default_path()) as opened:
        assembly = assemble(with_absolute_paths(plan), opened)
        # A baseline that is nobody's is said now, and not by the run that this was to forecast.
        if plan.until_decided:
            compared_labels(plan, assembly.settings)
        labels = [entry.label for entry in assembly.settings.entries]
        result = Forecast(entries=list(map(EntryForecast, labels)), unread=assembly.unread)
        count, images = _Count(assembly, opened), SeenDigests()
        # Without scorers: what something would cost can be asked where the scorers' extras are not installed.
        await check_items(assembly.benchmarks)
        async for read in read_items(assembly.sources):
            if read.problem:
                continue
            item = read.item
            result.items[item.benchmark] = result.items.get(item.benchmark, 0) + 1
            new = sum(images.add(item.benchmark, image.digest) for image in item.images)
            result.images[item.benchmark] = result.images.get(item.benchmark, 0) + new
            for entry, counted in zip(assembly.settings.entries, result.entries, strict=True):
                for sample in range(assembly.settings.samples):
                    count.add(item, entry, sample, counted)
        await assembly.close()
    return result


@dataclass
class _Count:
    assembly: Assembly
    store: Store
    seen: SeenDigests = field(default_factory=SeenDigests)

    def add(self, item: Item, entry: Entry, sample: int, counted: EntryForecast) -> None:
        settings = self.assembly.settings
        text = item.question + "".join(item.options)
        reasoners, orders = settings.reasoners.values(), settings.orders.of(item)
        if isinstance(entry.captioner, Direct):
            for reasoner, order in product(reasoners, orders):
                call = entry.captioner.answer_call(item.images, reorder(item, order), reasoner, sample=sample)
                # The facts of a twin go to the reasoner in place of its images.
                seen = item.images if call.plugin is entry.captioner.part else ()
                self._answer(call.key, text, entry, counted, images=seen)
            return
        captions = self._captions(item, entry, sample, counted)
        # An answer's key holds the caption's digest: without the caption nobody can tell whether it is stored.
        if len(captions) < len(item.images):
            asked = len(reasoners) * len(orders)
            counted.answers += asked
            counted.text_tokens += asked * (len(text) // _CHARACTERS_A_TOKEN)
            return
        read = join_captions(captions, item.image_numbers)
        for reasoner, order in product(reasoners, orders):
            key = reasoner.call(read, reorder(item, order), sample=sample).key
            self._answer(key, read.text + text, entry, counted)

    def _answer(
        self, key: str, text: str, entry: Entry, counted: EntryForecast, *, images: Sequence[Image] = ()
    ) -> None:
        if self.seen.add(entry.label, key):
            stored = self.store.get(key)
            counted.answers += 1
            counted.answers_stored += bool(stored)
            counted.text_tokens += 0 if stored else len(text) // _CHARACTERS_A_TOKEN
            counted.image_tokens += 0 if stored else sum(map(_image_tokens, images))

    def _captions(self, item: Item, entry: Entry, sample: int, counted: EntryForecast) -> list[Caption]:
        """The captions that are stored; counts all that are wanted."""
        found = []
        for image in item.images:
            key = entry.captioner.call([image], sample=sample, question=item.question).key
            stored = self.store.get(key)
            if stored:
                found.append(Caption(stored.generation.text, stored.generation.finish_reason))
            if self.seen.add(entry.label, key):
                counted.captions += 1
                counted.captions_stored += bool(stored)
                counted.image_tokens += 0 if stored else _image_tokens(image)
        return found


def _image_tokens(image: Image) -> int:
    from io import BytesIO

    from PIL import Image as PillowImage

    try:
        with PillowImage.open(BytesIO(image.data)) as opened:
            width, height = opened.size
    # A damaged image costs nothing: it will be refused before anybody is asked about it.
    except (OSError, ValueError, PillowImage.DecompressionBombError):
        return 0
    return width * height // _PIXELS_A_TOKEN
