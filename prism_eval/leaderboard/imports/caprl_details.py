"""The files that CapRL's evaluation leaves, read and checked entry by entry.

``Prism_Evaluation/Eval_CapRL.py`` ends with a details file, one list of ``[sample, rewards, parsed, lengths, texts]``,
the texts first the captions and then an answer to each. Between its stages it keeps JSON Lines of a sample and its
captions alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from prism_eval.benchmarks import definition_names
from prism_eval.benchmarks.sources.caprl import plain_prompt, tidied
from prism_eval.errors import DataError, UsageError
from prism_eval.files.folders import user_path
from prism_eval.files.packed import unpacked
from prism_eval.leaderboard.writing import counted
from prism_eval.plan.overrides import split_options
from prism_eval.plugins.identity import digest_of
from prism_eval.plugins.specs import read_options


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What the evaluation made of one question.

    Attributes:
        where: Its file and place, for messages.
        image: The image's path, from the image folder on.
        prompt: The stored prompt, which with the image tells questions apart.
        gold: The gold answer.
        captions: The image's captions, as drawn for this question.
        replies: An answer to each; none in a file of captions alone.
        rewards: The stored scores, one an answer.
    """

    where: str
    image: str
    prompt: str
    gold: str
    captions: tuple[str, ...]
    replies: tuple[str, ...] = ()
    rewards: tuple[float, ...] = ()

    @property
    def question(self) -> str:
        """The question, without the marks of turns and pictures."""
        return plain_prompt(self.prompt)

    @property
    def id(self) -> str:
        """The same in whichever order a run met its questions: files of several processes are in none."""
        return digest_of([self.image, self.prompt])[:12]


@dataclass(frozen=True, slots=True)
class Details:
    """One file.

    Attributes:
        benchmark: The benchmark that it is of.
        entries: Its questions, in the order of their ids.
    """

    benchmark: str
    entries: tuple[Entry, ...]

    @property
    def samples(self) -> int:
        """Captions a question."""
        return len(self.entries[0].captions)

    @property
    def scored(self) -> bool:
        """Whether there are answers, and not captions alone."""
        return bool(self.entries[0].replies)


def read_details(place: str) -> Details:
    """Read a file, as the command line names it: ``FILE``, or ``FILE?benchmark=NAME`` where its name does not tell.

    Raises:
        UsageError: It has an option that there is not, or nothing says of which benchmark it is.
        DataError: It is not such a file, or one of its entries is not whole; the message names it.
    """
    name, query = split_options(place)
    options = read_options(query, place)
    if strange := sorted(set(options) - {"benchmark"}):
        raise UsageError(f"{place}: no option {strange[0]!r}; there is benchmark")
    path = user_path(name)
    benchmark = _benchmark(path, options.get("benchmark"))
    entries = sorted((_entry(value, where) for value, where in _values(path)), key=lambda entry: entry.id)
    if not entries:
        raise DataError(f"{path}: there is no question in it")
    first = entries[0]
    for before, entry in pairwise(entries):
        if entry.id == before.id:
            raise DataError(f"{before.where} and {entry.where}: the same question on the same image; remove one")
        if (len(entry.captions), bool(entry.replies)) != (len(first.captions), bool(first.replies)):
            raise DataError(
                f"{entry.where} has {_shape(entry)} and {first.where} {_shape(first)}: a run draws alike for all"
            )
    return Details(benchmark, tuple(entries))


def _benchmark(path: Path, named: str | None) -> str:
    names = definition_names()
    if named is not None:
        if named not in names:
            raise UsageError(f"{path}: no benchmark {named!r}; there are {', '.join(names)}")
        return named
    said = re.sub(r"[^a-z0-9]", "", path.name.lower())
    # "chartqapro" says "chartqa", too.
    found = max((name for name in names if name.replace("_", "") in said), key=len, default=None)
    if found is None:
        raise UsageError(f"{path}: its name says no benchmark: write {path.name}?benchmark=NAME, of {', '.join(names)}")
    return found


def _values(path: Path) -> Iterator[tuple[object, str]]:
    try:
        with unpacked(path) as file:
            text = file.read().decode("utf-8-sig")
    except (OSError, ValueError) as error:
        raise DataError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    # Lines are told by the first: one list over many lines opens with what is no JSON by itself.
    if len(lines) > 1 and _parsed(lines[0][1]) is not None:
        for number, line in lines:
            yield _whole(line, f"{path} line {number}"), f"{path} line {number}"
        return
    said = _whole(text, str(path))
    for number, value in enumerate(said if isinstance(said, list) and not _is_entry(said) else [said], 1):
        yield value, f"{path} entry {number}"


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _whole(text: str, where: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{where}: not JSON, or cut off: {error}") from error


def _is_entry(value: Sequence[object]) -> bool:
    """Whether a list is one question, and not several: a file of lines may have one alone."""
    return bool(value) and isinstance(value[0], dict) and "prompt" in value[0]


def _entry(value: object, where: str) -> Entry:
    if isinstance(value, dict) and "generated_captions" in value:
        return Entry(where=where, captions=_texts(value["generated_captions"], where), **_sample(value, where))
    if not isinstance(value, list) or len(value) != 5:
        raise DataError(f"{where}: no [sample, rewards, parsed, lengths, texts], and no generated_captions")
    sample, rewards, parsed, lengths, texts = value
    rewards, texts = _rewards(rewards, where), _texts(texts, where)
    for what, listed, wanted in (
        ("parsed answers", parsed, len(rewards)),
        ("lengths", lengths, len(rewards)),
        ("texts", texts, 2 * len(rewards)),
    ):
        if not isinstance(listed, list | tuple) or len(listed) != wanted:
            found = len(listed) if isinstance(listed, list | tuple) else "no list of"
            raise DataError(f"{where}: {len(rewards)} rewards and {found} {what}, where {wanted} belong")
    drawn = len(rewards)
    return Entry(
        where=where,
        captions=texts[:drawn],
        replies=texts[drawn:],
        rewards=rewards,
        **_sample({"original_sample": sample}, where),
    )


def _sample(value: Mapping[str, object], where: str) -> dict[str, Any]:
    sample = value.get("original_sample")
    if not isinstance(sample, dict):
        raise DataError(f"{where}: its sample is no object")
    # As a question file's are read: a gold may be a list or a number there.
    read = tidied(sample)
    prompt, gold, images = sample.get("prompt"), read.get("answer"), read.get("image")
    shown = [image for image in images if isinstance(image, str) and image] if isinstance(images, list) else []
    if not shown:
        raise DataError(f"{where}: its sample names no image")
    if not isinstance(prompt, str) or not plain_prompt(prompt):
        raise DataError(f"{where}: its sample has no prompt")
    if not isinstance(gold, str) or not gold.strip():
        raise DataError(f"{where}: its sample has no answer")
    return {"image": " ".join(shown), "prompt": prompt, "gold": gold}


def _rewards(value: object, where: str) -> tuple[float, ...]:
    if not isinstance(value, list) or not value:
        raise DataError(f"{where}: no list of rewards")
    for reward in value:
        # NaN is between no two numbers.
        if isinstance(reward, bool) or not isinstance(reward, int | float) or not 0 <= reward <= 1:
            raise DataError(f"{where}: a reward is {reward!r}, which is no score from 0 to 1")
    return tuple(map(float, value))


def _texts(value: object, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or not all(isinstance(text, str) for text in value):
        raise DataError(f"{where}: its texts are no list of texts")
    return tuple(value)


def _shape(entry: Entry) -> str:
    return f"{counted(len(entry.captions), 'caption')} and {counted(len(entry.replies), 'answer')}"


def check_once(files: Sequence[Details], samples: int) -> None:
    """Make sure that the files are one run: of different benchmarks, and drawn alike.

    Args:
        files: The files.
        samples: How many captions a question there shall be.

    Raises:
        UsageError: They are not.
    """
    first = files[0]
    if first.samples != samples:
        raise UsageError(
            f"{first.entries[0].where} has {_shape(first.entries[0])}, where {samples} captions belong: if its "
            f"--gen_num was {first.samples}, give --samples {first.samples}"
        )
    for place, one in enumerate(files):
        if one.benchmark in (before.benchmark for before in files[:place]):
            raise UsageError(f"two files are of {one.benchmark}: a run holds each benchmark once")
        if (one.samples, one.scored) != (first.samples, first.scored):
            raise UsageError(
                f"{one.benchmark} has {_shape(one.entries[0])} a question and {first.benchmark} "
                f"{_shape(first.entries[0])}: import them into two folders"
            )
