"""Protocols: everything that must be held fixed for scores to be comparable, as data files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from prism_eval.errors import UnknownName, UsageError
from prism_eval.files.folders import user_path
from prism_eval.files.toml import read_toml
from prism_eval.plan.overrides import is_path, override, split_options
from prism_eval.schema import AnswerForm, Reading, Sampling, Through

Edition = Literal["official", "caprl", "prism", "strict"]
"""Whose rules score the answers: the benchmarks' authors', CapRL's, Prism's, or exact equality."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CaptionSettings(_Section):
    """What captioners are given: the prompt, how to sample, and whether each question has captions of its own.

    And how captions become the one text that is read. ``verbatim`` leaves a model's thoughts and the marks of its chat
    template in it. ``heading``, with ``{number}``, stands right in front of each of several; by default each has the
    placeholder above it that the question calls the image by.
    """

    prompt: str
    per_question: bool = False
    verbatim: bool = False
    heading: str | None = None
    sampling: Sampling = Sampling(max_tokens=2048)


class SpecificSettings(_Section):
    """What captioners are given that caption for one question, as ``specific`` does.

    ``choice_question`` is the question of multiple choice as they are told it, with ``{question}`` and ``{options}``;
    by default they are not told the options. ``max_tokens`` is what the reasoner may take to say what to look at; by
    default as many as for an answer.
    """

    choice_question: str | None = None
    max_tokens: int | None = Field(None, gt=0)


class AnswerSettings(_Section):
    """What reasoners are given: prompts with the slots ``{caption}``, ``{question}``, ``{options}``, and sampling.

    ``{abstain}`` is what to write when the caption does not say: the benchmark's own word, else the form's.

    Where options are ranked, ``rank_prompt`` is what their texts are measured behind, and ``prior_prompt`` the same
    without the caption.

    ``stored`` is what takes the place of the picture in prompts that the data store in a model's chat format, which are
    then sent as they are, ``through`` the server's completions, or turn by turn through its chat; empty for protocols
    that ask with their own prompts alone.

    ``fence`` puts a caption between two lines of a code of its own, and a blank into each control token of a chat
    template that it holds (`prism_eval.reasoners.fence`).
    """

    choice_prompt: str
    short_prompt: str
    rank_prompt: str = "{caption}\n\nQuestion: {question}\nAnswer:"
    prior_prompt: str = "Question: {question}\nAnswer:"
    system: str = ""
    no_caption: str
    stored: str = ""
    through: Through = "completions"
    fence: bool = False
    sampling: Sampling = Sampling()


class DirectSettings(_Section):
    """What ``direct`` asks behind the images: prompts with the slots ``{question}``, ``{options}`` and ``{abstain}``.

    It asks for the same form of answer as the reasoner's prompts do, and is sampled as answers are. Empty where a
    protocol has no words for it.
    """

    choice_prompt: str = ""
    short_prompt: str = ""
    system: str = ""


class Protocol(_Section):
    """A named protocol.

    Attributes:
        name: Its name, as leaderboards show it.
        summary: One sentence: what it is for and where it comes from.
        edition: The scoring edition.
        reading: How an answer is found in a reply: by our rule, or as the edition's own program finds it.
        samples: Captions per image, each answered once; a score is their mean.
    """

    name: str
    summary: str
    edition: Edition = "official"
    reading: Reading = "robust"
    samples: int = Field(1, gt=0)
    caption: CaptionSettings
    answer: AnswerSettings
    direct: DirectSettings = DirectSettings()
    specific: SpecificSettings = SpecificSettings()
    form: AnswerForm = AnswerForm()

    def facts(self) -> dict[str, object]:
        """What a manifest says of it: without what `direct` is asked, which stands in that entry's identity.

        Of keys that came later only those that a protocol sets, so that runs of before stay comparable.
        """
        unset = {
            "caption": _unset(self.caption, "per_question", "verbatim", "heading"),
            "answer": _unset(self.answer, "stored", "through", "fence"),
        }
        return self.model_dump(mode="json", exclude={"direct": True, **_unset(self, "reading", "specific"), **unset})

    def captioner_settings(self, seed: int) -> Mapping[str, object]:
        """What captioners may take from the protocol and the plan, by name."""
        direct = {f"direct_{name}": prompt for name, prompt in self.direct.model_dump().items() if prompt}
        sampling, answers = (replace(part.sampling, seed=seed) for part in (self.caption, self.answer))
        own = {"prompt": self.caption.prompt, "sampling": sampling, "seed": seed, "abstain": self.form.abstain}
        said = replace(answers, max_tokens=self.specific.max_tokens or answers.max_tokens)
        asked = {"per_question": self.caption.per_question, "answer_sampling": answers, "instruction_sampling": said}
        return {**own, **direct, **asked}

    def reasoner_settings(self, seed: int) -> Mapping[str, object]:
        """What reasoners may take from the protocol and the plan, by name."""
        prompts = self.answer.model_dump(exclude={"sampling"})
        sampling = replace(self.answer.sampling, seed=seed)  # a protocol fixes how to draw, a plan what is drawn
        return {**prompts, "sampling": sampling, "marker": self.form.marker, "abstain": self.form.abstain, "seed": seed}

    def scorer_settings(self) -> Mapping[str, object]:
        """What scorers may take from the protocol, by name."""
        return {"reading": self.reading}

    def judge_settings(self, seed: int) -> Mapping[str, object]:
        """What judges may take from the plan, by name: what is right is not drawn, whatever the protocol."""
        return {"sampling": Sampling(seed=seed, repetition_penalty=1.0, top_k=-1, min_p=0.0), "seed": seed}


def _unset(part: BaseModel, *keys: str) -> dict[str, bool]:
    return {key: True for key in keys if getattr(part, key) == type(part).model_fields[key].default}


def protocol_names() -> list[str]:
    """The protocols that come with prism-eval."""
    return sorted(path.name.removesuffix(".toml") for path in _folder().iterdir() if path.name.endswith(".toml"))


def load_protocol(name: str) -> Protocol:
    """Load a protocol by name, or from a TOML file of the user's, with the options behind it.

    Args:
        name: ``caprl``, ``mine.toml``, or either with options: ``caprl?caption.prompt=Describe it.&samples=1``.

    Raises:
        UnknownName: No protocol has the name, or none of its keys an option's.
        UsageError: The file cannot be read or is not a protocol, or a value does not fit.
    """
    base, query = split_options(name)
    if not is_path(base) and base not in protocol_names():
        raise UnknownName("protocol", base, protocol_names(), hint="A path ending in .toml names a file of your own.")
    values = read_toml(user_path(base) if is_path(base) else _folder() / f"{base}.toml", f"the protocol {base}")
    override(values, name, Protocol)
    _resolve_prompt(values, base)
    protocol = _validated(values, base)
    # Under the bare name its scores would stand beside those of the protocol as it was published.
    return protocol.model_copy(update={"name": f"{protocol.name}?{query}"}) if query else protocol


def _folder() -> Traversable:
    return resources.files("prism_eval.plan").joinpath("protocols")


def _resolve_prompt(values: Mapping[str, Any], protocol: str) -> None:
    """Put the text in place of a prompt's name, where a protocol's ``[caption.prompts]`` names some."""
    caption = values.get("caption")
    # What stands in place of a table is for the validation to tell.
    if not isinstance(caption, dict) or not isinstance(named := caption.get("prompts"), dict):
        return
    del caption["prompts"]
    prompt = str(caption.get("prompt", "")).strip()
    # Nobody asks for a caption in one word: it is a slip, and would be sent to the model as it stands.
    if prompt not in named and len(prompt.split()) == 1:
        raise UnknownName(f"caption prompt of protocol {protocol!r}", prompt, named)
    caption["prompt"] = named.get(prompt, caption.get("prompt"))


def _validated(values: Mapping[str, Any], name: str) -> Protocol:
    try:
        return Protocol.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise UsageError(f"the protocol {name}: {where}: {first['msg']}") from error
