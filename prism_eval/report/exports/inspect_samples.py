"""One verdict as a sample of inspect_ai: the story that its viewer tells, from the image to the score."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypedDict
from urllib.parse import quote

from prism_eval.run.reading import Manifest
from prism_eval.run.thumbnails import MEDIA_TYPE
from prism_eval.schema import Outcome, option_letters

if TYPE_CHECKING:
    from inspect_ai.log import EvalError, EvalSample
    from inspect_ai.model import ChatMessage, Content, ModelOutput
    from inspect_ai.scorer import Score


class Asked(TypedDict):
    """What is read of a verdict."""

    captioner: str
    reasoner: str
    item: str
    images: list[str] | None
    sample: int
    order: int
    cluster: str | None
    question: str | None
    options: str | None
    gold: str | None
    outcome: str
    score: float | None
    answer: str | None
    extracted: str | None
    note: str | None
    caption: str | None


COLUMNS = tuple(Asked.__annotations__)


@dataclass(frozen=True, kw_only=True)
class Telling:
    """What all samples of a log share.

    Attributes:
        texts: Reads a cell that holds a list of texts.
        scorer: The scorer's name.
        prompt: What captioners were told.
        pictures: By digest, an image as a data URI; none where the run folder keeps none.
    """

    texts: Callable[[str | None], list[str]]
    scorer: str
    prompt: str
    pictures: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        manifest: Manifest,
        texts: Callable[[str | None], list[str]],
        *,
        scorer: str,
        pictures: Mapping[str, bytes],
    ) -> Telling:
        """What the manifest says of it; the pictures are as run folders keep them."""
        caption = (manifest.get("protocol") or {}).get("caption") or {}
        return cls(
            texts=texts,
            scorer=scorer,
            prompt=str(caption.get("prompt") or "Describe the image."),
            pictures={
                digest: f"data:{MEDIA_TYPE};base64,{b64encode(data).decode()}" for digest, data in pictures.items()
            },
        )


def sample_of(asked: Asked, telling: Telling, epoch: int) -> EvalSample:
    """A verdict as a sample.

    Args:
        asked: The verdict.
        telling: What it shares with the others of its log.
        epoch: How often its item was asked before, from 1.
    """
    from inspect_ai.log import EvalSample

    options = telling.texts(asked["options"])
    question = _question(asked["question"] or "", options)
    failed = asked["outcome"] == Outcome.FAILED
    return EvalSample(
        # An id names a member of a zip file: with "/" or ".." in it, whoever unpacks the log writes elsewhere.
        id=quote(asked["item"], safe=" :,()[]{}+=@#"),
        epoch=epoch,
        input=question,
        choices=options or None,
        target=telling.texts(asked["gold"]),
        messages=_messages(asked, telling, question),
        output=_output(asked),
        # A call that failed is no score: as 0 it would be one.
        scores=None if failed else {telling.scorer: _score(asked)},
        error=_error(asked["note"] or "a call failed") if failed else None,
        metadata={key: asked[key] for key in ("item", "images", "sample", "order", "cluster")},
    )


def _messages(asked: Asked, telling: Telling, question: str) -> list[ChatMessage]:
    """The captioner sees the image, the reasoner the caption: what was said to whom, in that order."""
    from inspect_ai.model import ChatMessageAssistant, ChatMessageUser, ContentImage, ContentText

    pictures = [telling.pictures[digest] for digest in asked["images"] or [] if digest in telling.pictures]
    shown: list[Content] = [ContentImage(image=picture) for picture in pictures]
    messages: list[ChatMessage] = [
        ChatMessageUser(id="seen", content=[*shown, ContentText(text=telling.prompt)]),
        ChatMessageAssistant(id="caption", model=asked["captioner"], content=asked["caption"] or ""),
        ChatMessageUser(id="question", content=question),
    ]
    return [*messages, *(choice.message for choice in _output(asked).choices)]


def _output(asked: Asked) -> ModelOutput:
    from inspect_ai.model import ChatCompletionChoice, ChatMessageAssistant, ModelOutput

    if asked["answer"] is None:
        return ModelOutput(model=asked["reasoner"])
    # An id of our own, as above: inspect would draw one, and the same run would give other logs every time.
    answer = ChatMessageAssistant(id="answer", model=asked["reasoner"], content=asked["answer"], source="generate")
    return ModelOutput(model=asked["reasoner"], choices=[ChatCompletionChoice(message=answer)])


def _question(question: str, options: list[str]) -> str:
    lettered = zip(option_letters(len(options)), options, strict=True)
    return "\n".join([question, *(f"{letter}. {option}" for letter, option in lettered)])


def _score(asked: Asked) -> Score:
    from inspect_ai.scorer import Score

    return Score(
        value=asked["score"] or 0.0,
        answer=asked["extracted"],
        explanation=f"{asked['outcome']}: {asked['note']}" if asked["note"] else asked["outcome"],
        metadata={"outcome": asked["outcome"]},
    )


def _error(message: str) -> EvalError:
    from inspect_ai.log import EvalError

    return EvalError(message=message, traceback="", traceback_ansi="")
