"""Rollouts that somebody has saved: a line each, in whatever names their trainer writes."""

from __future__ import annotations

from pathlib import Path

from prism_eval.benchmarks.rows import MISSING, Row, RowError
from prism_eval.benchmarks.sources.jsonl import json_rows
from prism_eval.errors import DataError
from prism_eval.rewards.rollout import Rollout
from prism_eval.rewards.trainers.texts import text_of

CAPTION = ("caption", "completion", "response", "solution_str", "output")
QUESTIONS = ("questions", "ground_truth", "reward_model.ground_truth", "qa")
IMAGE = ("image", "image_id", "image_path", "prompt_id", "id")
TOKENS = ("tokens", "response_length", "cap_tokens")


def read_rollouts(path: Path) -> list[Rollout]:
    """The rollouts of a JSON Lines file, or of a JSON file that is one list of them.

    A caption stands under one of `CAPTION`, as a text or as messages, its image's questions under one of `QUESTIONS`.
    Rollouts with one ``image`` are a group: those that a trainer would compare.

    Raises:
        DataError: The file cannot be read, holds no rollout, or a line has no caption or no questions.
    """
    rollouts = [_rollout(row) for row in json_rows(path)]
    if not rollouts:
        raise DataError(f"{path} holds no rollouts: give a file with a JSON object a line")
    return rollouts


def _rollout(row: Row | RowError) -> Rollout:
    if isinstance(row, RowError):
        raise row
    caption, questions = _needed(row, CAPTION, "caption"), _needed(row, QUESTIONS, "questions")
    image, tokens = row.get(IMAGE), row.get(TOKENS)
    try:
        text = text_of("" if caption is None else caption)
    except DataError as error:
        raise DataError(f"{row.where}: {error}") from error
    return Rollout(
        caption=text,
        questions=questions,
        image=str(image) if isinstance(image, str | int) else "",
        tokens=tokens if isinstance(tokens, int) and tokens >= 0 else None,
    )


def _needed(row: Row, names: tuple[str, ...], what: str) -> object:
    value = row.get(names)
    if value is MISSING:
        raise row.bad("column missing", f"no {what}: put it under {' or '.join(map(repr, names))}")
    return value
