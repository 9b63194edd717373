import asyncio
from dataclasses import dataclass, field

import pytest

from prism_eval.calls import Calls, Limits, Patience, Store
from prism_eval.captioners.base import Captioner
from prism_eval.captioners.joining import join_captions
from prism_eval.errors import FatalError, PermanentError
from prism_eval.reasoners.base import Reasoner
from prism_eval.run.pipeline import stream
from prism_eval.run.settings import Entry, Settings
from prism_eval.schema import Answer, AnswerForm, Caption, FinishReason, Image, Outcome
from prism_eval.scoring.relaxed import Relaxed
from tests.builders import image, short_item


@dataclass(kw_only=True)
class Namer(Captioner):
    """Says the image's name; counts, and fails on demand."""

    slow: float = 0.0
    fails: dict = field(default_factory=dict)
    asked: list = field(default_factory=list)

    @property
    def identity(self):
        return {"plugin": "namer"}

    async def caption(self, images, *, sample, question=None):
        (only,) = images
        self.asked.append(only.name)
        await asyncio.sleep(self.slow / len(self.asked))
        if only.name in self.fails:
            raise self.fails[only.name]
        return Caption(f"{only.name} says 42")


@dataclass(kw_only=True)
class Repeater(Reasoner):
    heard: list = field(default_factory=list)

    @property
    def identity(self):
        return {"plugin": "repeater"}

    async def answer(self, caption, item, *, sample):
        self.heard.append(caption.text)
        assert not any(isinstance(part, Image) for part in caption.text)
        return Answer("Answer: 42")


class Source:
    name = "chartqa"

    def __init__(self, items):
        self._items, self.read = items, 0

    def items_and_problems(self):
        for item in self._items:
            self.read += 1
            yield item


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path / "store.sqlite") as opened:
        yield opened


def settings(store, captioner, reasoner, **options):
    calls = Calls(store, limits=Limits(16), patience=Patience(2, 1, 0.001))
    return Settings(
        calls=calls,
        entries=[Entry("namer", captioner.bound(calls))],
        reasoners={"repeater": reasoner.bound(calls)},
        scorers={"chartqa": Relaxed()},
        form=AnswerForm(),
        **{"samples": 1, "through": "score", "trials": 8, "images": 8, **options},
    )


async def run(items, store, captioner=None, reasoner=None, **options):
    source = Source(items)
    stages = settings(store, captioner or Namer(), reasoner or Repeater(), **options)
    return [result async for result in stream([source], stages)], source


async def test_verdicts_come_in_the_order_of_the_items_whatever_the_timing(store):
    items = [short_item(number) for number in range(40)]
    results, _ = await run(items, store, Namer(slow=0.2))
    assert [result.item.id for result in results] == [str(number) for number in range(40)]
    assert {result.verdict.outcome for result in results} == {Outcome.CORRECT}


async def test_an_image_is_captioned_once_however_many_questions_ask_about_it(store):
    shared, captioner = image(5), Namer()
    await run([short_item(number, shared, question=f"{number}?") for number in range(20)], store, captioner)
    assert captioner.asked == ["image-5.png"]


async def test_the_images_of_an_item_are_dropped_on_the_way(store):
    (result,), _ = await run([short_item(1)], store)
    assert result.item.images == ()
    assert len(result.images) == 1


async def test_a_failed_caption_fails_its_items_and_no_others(store):
    captioner = Namer(fails={"image-1.png": PermanentError("cannot see")})
    results, _ = await run([short_item(number) for number in range(3)], store, captioner)
    outcomes = [result.verdict.outcome for result in results]
    assert outcomes == [Outcome.CORRECT, Outcome.FAILED, Outcome.CORRECT]
    assert (results[1].verdict.score, results[1].error) == (None, "cannot see")


async def test_a_truncated_image_is_a_failed_row(store):
    broken = Image(image(1).data[:40], "cut.png")
    (_, result), _ = await run([short_item(0), short_item(1, broken)], store)
    assert result.verdict.outcome is Outcome.FAILED
    assert "cut.png" in result.error


async def test_a_fatal_error_stops_the_run_at_once(store):
    captioner = Namer(fails={"image-3.png": FatalError("wrong key")})
    source = Source(short_item(number) for number in range(10_000))
    with pytest.raises(FatalError, match="wrong key"):
        async for _ in stream([source], settings(store, captioner, Repeater())):
            pass
    assert source.read < 200


async def test_items_are_read_as_they_are_needed(store):
    source = Source(short_item(number % 3) for number in range(10_000))
    results = stream([source], settings(store, Namer(), Repeater()))
    await anext(results)
    assert source.read < 200
    await results.aclose()


async def test_samples_are_captioned_and_answered_apart(store):
    captioner = Namer()
    results, _ = await run([short_item(1)], store, captioner, samples=3)
    assert [result.sample for result in results] == [0, 1, 2]
    assert len(captioner.asked) == 3


async def test_the_stages_can_end_at_the_captions(store):
    reasoner = Repeater()
    (result,), _ = await run([short_item(1)], store, None, reasoner, through="caption")
    assert result.captions[0].caption.text == "image-1.png says 42"
    assert (reasoner.heard, result.verdict) == ([], None)


async def test_several_images_are_read_as_one_text_in_order(store):
    reasoner = Repeater()
    await run([short_item(1, image(1), image(2))], store, None, reasoner)
    assert reasoner.heard == ["<image 1>\nimage-1.png says 42\n\n<image 2>\nimage-2.png says 42"]


def test_silent_captions_join_to_silence_and_a_cut_one_cuts_the_whole():
    assert join_captions([Caption(""), Caption("")]).text == ""
    assert join_captions([Caption("a"), Caption("b", FinishReason.LENGTH)]).finish_reason is FinishReason.LENGTH
