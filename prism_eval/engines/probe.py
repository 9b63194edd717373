"""What an engine is, found out before it is asked anything that counts."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from prism_eval.schema import Image, Message, Request, Sampling

_ASKED = "Say yes."
_TOKENS = 16
"""Of a reply that only shows that there is one; fewer are below what some hosted services allow."""


_WORDS = frozenset({"note", "why_no_images", "why_no_log_probabilities"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Probe:
    """What an engine found out about itself. ``None`` and empty stand for what it cannot tell.

    Attributes:
        model: The model's name, as the engine calls it.
        root: What is really served under the name.
        version: That of whoever serves it.
        context: Tokens that a request and its reply may have together; ``None`` too where nothing bounds the reply.
        images: Whether it takes images.
        log_probabilities: Whether it gives those of continuations, so that options can be ranked.
        several: Whether one request can have several completions.
        takes: Fields of the sampling that it took.
        refuses: Those that it did not.
        note: What else is to be said, in a few words.
        why_no_images: What was said to an image.
        why_no_log_probabilities: What was said where they were asked for.
    """

    model: str
    root: str | None = None
    version: str = ""
    context: int | None = None
    images: bool | None = None
    log_probabilities: bool | None = None
    several: bool | None = None
    takes: tuple[str, ...] = ()
    refuses: tuple[str, ...] = ()
    note: str = ""
    why_no_images: str = ""
    why_no_log_probabilities: str = ""

    def facts(self) -> dict[str, object]:
        """What is known, as JSON values."""
        # What was said today is no fact about the engine: two runs of one server would tell different things.
        named = [field.name for field in dataclasses.fields(self) if field.name not in _WORDS]
        known = {name: value for name in named if (value := getattr(self, name)) not in (None, (), "")}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in known.items()}

    def __str__(self) -> str:
        """What is known, in one line."""
        said = [
            self.note or self.model,
            f"root {self.root}" if self.root not in (None, self.model) else "",
            f"version {self.version}" if self.version else "",
            f"context {self.context} tokens" if self.context else "",
            _whether(self.images, "takes images", "takes no images, so it can answer but not caption"),
            self.why_no_images,
            _whether(self.log_probabilities, "gives log-probabilities", "gives no log-probabilities"),
            _whether(self.several, "several completions at once", "one completion at a time"),
            f"does not take {', '.join(self.refuses)}" if self.refuses else "",
        ]
        return "; ".join(filter(None, said))


def together(probes: Sequence[Probe], *, notes: Sequence[str]) -> Probe:
    """What may be asked of every one of several servers that serve the same.

    Args:
        probes: What was found out about each that could be asked; at least one.
        notes: What is to be said of each, the others included.
    """
    first = probes[0]
    refused = [name for name in first.takes + first.refuses if any(name in probe.refuses for probe in probes)]
    return replace(
        min(probes, key=lambda probe: probe.images is not False),
        note="; ".join(notes),
        root=first.root,
        version=", ".join(dict.fromkeys(probe.version for probe in probes if probe.version)),
        log_probabilities=_least(probe.log_probabilities for probe in probes),
        why_no_log_probabilities=next(filter(None, (probe.why_no_log_probabilities for probe in probes)), ""),
        several=_least(probe.several for probe in probes),
        takes=tuple(name for name in first.takes if name not in refused),
        refuses=tuple(refused),
    )


def _least(said: Iterable[bool | None]) -> bool | None:
    """What holds for all: no where one says no, and nothing where one does not know."""
    known = set(said)
    return False if False in known else None if None in known else True


def _whether(known: bool | None, yes: str, no: str) -> str:
    return "" if known is None else yes if known else no


def trial_of(sampling: Sampling, *, sees: bool) -> Request:
    """A short request that is sampled as those that will follow are.

    Args:
        sampling: How they are.
        sees: Whether they hold images.
    """
    shown = (_white_square(), _ASKED) if sees else (_ASKED,)
    return Request(messages=(Message("user", shown),), sampling=_short(sampling))


def raw_trial(sampling: Sampling) -> Request:
    """The same as plain text, for requests that are no messages."""
    return Request(messages=(), raw=_ASKED, sampling=_short(sampling))


def _short(sampling: Sampling) -> Sampling:
    return replace(sampling, max_tokens=min(sampling.max_tokens, _TOKENS))


def text_alone(trial: Request) -> Request:
    """The same without its image."""
    return trial_of(trial.sampling, sees=False)


def _white_square() -> Image:
    from PIL import Image as Pillow

    file = io.BytesIO()
    # Large enough for processors that cut pictures into patches.
    Pillow.new("RGB", (64, 64), "white").save(file, "PNG")
    return Image(file.getvalue(), "a white square")
