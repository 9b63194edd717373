"""Every key of the store, on one page.

A key is the SHA-256 of the canonical JSON of everything that can change a call's result. Whatever is left out here can
return a stale result; whatever is here without need costs only a store hit. Raise `FORMAT` with any change of a recipe.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from prism_eval.plugins.identity import digest_of
from prism_eval.schema import Caption, Image, Item, Message

FORMAT = 2
"""1 had no format in its keys and knew nothing of what a captioner reads of an image beside its bytes."""


def caption_key(captioner: str, seen: Sequence[object], *, sample: int, question: str | None) -> str:
    """The key of a caption.

    Args:
        captioner: The digest of the captioner's identity.
        seen: What it reads of the images, as `Captioner.seen` says: their digests, and whatever else.
        sample: Which of the captions of these images, from 0.
        question: The question, for captioners that are told it; ``None`` for the others, so that all questions on an
            image share its caption.
    """
    # The digest stands for the identity: hashing a long prompt again for each image would cost more than the look-up.
    return _key("caption", captioner=captioner, images=list(seen), sample=sample, question=question)


def answer_key(reasoner: str, caption: Caption, question: Mapping[str, object], *, sample: int) -> str:
    """The key of an answer. It holds the caption's digest: a new caption never meets an old answer.

    Args:
        reasoner: The digest of the reasoner's identity.
        caption: What it reads.
        question: What of the item it reads, as `Reasoner.question_identity` says.
        sample: Which of the captions the answer is for.
    """
    return _key("answer", reasoner=reasoner, caption=caption.digest, question=dict(question), sample=sample)


def direct_key(captioner: str, messages: Sequence[Message], *, sample: int) -> str:
    """The key of an answer that a captioner's own model gives with the images: all that it is shown.

    Args:
        captioner: The digest of the identity of whoever asks it so.
        messages: What it is shown, in order.
        sample: Which of the answers.
    """
    shown = [
        [message.role, *({"image": part.digest} if isinstance(part, Image) else part for part in message.parts)]
        for message in messages
    ]
    return _key("direct", captioner=captioner, messages=shown, sample=sample)


def prior_key(engine: Mapping[str, object], prompt: str, question: str, options: Sequence[str]) -> str:
    """The key of what options' texts are worth without a caption. The engine alone matters, not who ranks with it."""
    return _key("prior", engine=dict(engine), prompt=prompt, question=question, options=list(options))


def instruction_key(engine: Mapping[str, object], asked: str, sampling: Mapping[str, object]) -> str:
    """The key of what a model says there is to look at for a question: the engine and all that it is asked."""
    return _key("instruction", engine=dict(engine), asked=asked, sampling=dict(sampling))


def judge_key(judge: str, item: Item, reply: str) -> str:
    """The key of a judge's decision: who judges, and all that is shown."""
    # Golds are part of it: a mended gold answer is a new question to the judge.
    shown = {"kind": item.kind, "question": item.question, "options": list(item.options), "golds": list(item.golds)}
    return _key("judge", judge=judge, item=shown, reply=reply)


def _key(stage: str, **sent: object) -> str:
    return digest_of({"format": FORMAT, "stage": stage, **sent})
