"""Protocols: everything that must be held fixed for scores to be comparable, as data files."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from prism_eval.errors import UnknownName, UsageError
from prism_eval.schema import AnswerForm

Edition = Literal["official", "caprl", "strict"]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CaptionSettings(_Section):
    """What captioners are offered: the prompt and how to sample."""

    prompt: str
    temperature: float = Field(0.0, ge=0)
    top_p: float = Field(1.0, gt=0, le=1)
    max_tokens: int = Field(2048, gt=0)


class AnswerSettings(_Section):
    """What reasoners are offered: prompts with the slots ``{caption}``, ``{question}``, ``{options}``, and sampling.

    Where options are ranked, ``rank_prompt`` is what their texts are measured behind, and ``prior_prompt`` the same
    without the caption.
    """

    choice_prompt: str
    short_prompt: str
    rank_prompt: str = "{caption}\n\nQuestion: {question}\nAnswer:"
    prior_prompt: str = "Question: {question}\nAnswer:"
    system: str = ""
    no_caption: str
    temperature: float = Field(0.0, ge=0)
    top_p: float = Field(1.0, gt=0, le=1)
    max_tokens: int = Field(1024, gt=0)


class FormSettings(_Section):
    """The form in which the prompts ask for the answer."""

    marker: str = "Answer:"
    boxed: bool = False
    abstain: str = "cannot answer"


class Protocol(_Section):
    """A named protocol.

    Attributes:
        name: Its name, as leaderboards show it.
        summary: One sentence: what it is for and where it comes from.
        edition: The scoring edition.
        samples: Captions per image, each answered once; a score is their mean.
    """

    name: str
    summary: str
    edition: Edition = "official"
    samples: int = Field(1, gt=0)
    caption: CaptionSettings
    answer: AnswerSettings
    form: FormSettings = FormSettings()

    @property
    def answer_form(self) -> AnswerForm:
        """The asked-for form, as scorers take it."""
        return AnswerForm(**self.form.model_dump())

    def offers(self, stage: Literal["caption", "answer"]) -> Mapping[str, Any]:
        """The values that plugins of a stage are offered for fields nobody set."""
        values: dict[str, Any] = getattr(self, stage).model_dump()
        return {**values, "marker": self.form.marker} if stage == "answer" else values


def protocol_names() -> list[str]:
    """The protocols that come with prism-eval."""
    return sorted(path.name.removesuffix(".toml") for path in _folder().iterdir() if path.name.endswith(".toml"))


def load_protocol(name: str) -> Protocol:
    """Load a protocol by name, or from a TOML file of the user's.

    Raises:
        UnknownName: No protocol has the name.
        UsageError: The file cannot be read or is not a protocol.
    """
    if name.endswith(".toml"):
        return _read(Path(name), name)
    if name not in protocol_names():
        raise UnknownName("protocol", name, protocol_names(), hint="A path ending in .toml names a file of your own.")
    return _read(_folder() / f"{name}.toml", name)


def _folder() -> Any:
    return resources.files("prism_eval.plan").joinpath("protocols")


def _read(path: Any, name: str) -> Protocol:
    try:
        return Protocol.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise UsageError(f"cannot read the protocol {name}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"the protocol {name} is not TOML: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise UsageError(f"the protocol {name}: {where}: {first['msg']}") from error
