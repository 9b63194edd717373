from __future__ import annotations

import math

import numpy as np
import pytest

from prism_eval.statistics import caption_noise


def drawn(rng: np.random.Generator, captions: int, images: int, questions: int, together: float) -> np.ndarray:
    """Shape (captions, images, questions): how likely each answer is; `together` is what a caption does to all."""
    image, question = rng.normal(0, 1, (1, images, 1)), rng.normal(0, 1, (1, images, questions))
    caption = rng.normal(0, together, (captions, images, 1))
    return 1 / (1 + np.exp(-(image + question + caption)))


def test_the_parts_are_those_that_were_put_in() -> None:
    rng = np.random.default_rng(1)
    images, questions = 300, 5
    # What they are: from 60 captions of each of many images.
    odds = drawn(rng, 60, 3000, questions, 0.8)
    right = (rng.random(odds.shape) < odds).astype(float)
    wobble = right.mean(axis=2).var(axis=0, ddof=1).mean() / images
    off = odds - odds.mean(axis=0)
    pairs = (off.sum(axis=2) ** 2 - (off**2).sum(axis=2)) / (questions * (questions - 1))
    shared = pairs.sum(axis=0).mean() / 59 / images
    held, parts, factors = [], [], []
    for _ in range(150):
        odds = drawn(rng, 4, images, questions, 0.8)
        scores = (rng.random(odds.shape) < odds).astype(float).reshape(4, -1)
        found = caption_noise(scores, np.repeat(np.arange(images), questions))
        assert found is not None
        assert found.together is not None
        held.append(
            (
                found.drawn.low <= math.sqrt(wobble) <= found.drawn.high,
                found.together.low <= math.sqrt(shared) <= found.together.high,
            )
        )
        parts.append((found.drawn.error**2, found.together.error**2))
        factors.append((found.factor(1), found.factor(2), found.factor(4)))
    assert np.mean(parts, axis=0) == pytest.approx([wobble, shared], rel=0.06)
    assert (np.mean(held, axis=0) >= 0.9).all()
    one, two, four = np.mean(factors, axis=0)
    assert one == 1
    assert 0.7 < four < two < 0.9


def test_the_error_of_one_caption_is_that_of_a_run_with_one() -> None:
    rng = np.random.default_rng(2)
    odds = drawn(rng, 4, 4000, 3, 0.8)
    scores = (rng.random(odds.shape) < odds).astype(float)
    found = caption_noise(scores.reshape(4, -1), np.repeat(np.arange(4000), 3))
    assert found is not None
    assert found.total == pytest.approx(scores[0].mean(axis=1).std() / math.sqrt(4000), rel=0.04)
    assert found.total == pytest.approx(math.hypot(found.images, found.drawn.error))
    assert found.factor(4) * found.total == pytest.approx(scores.mean(axis=(0, 2)).std() / math.sqrt(4000), rel=0.04)


def test_one_caption_or_one_image_has_no_parts() -> None:
    assert caption_noise([[1, 0, 1]], range(3)) is None
    assert caption_noise([[1, 0], [0, 1]], ["only", "only"]) is None
    assert caption_noise([[math.nan, 0], [0, math.nan]], range(2)) is None


def test_captions_that_never_differ_are_no_proof_that_none_would() -> None:
    found = caption_noise([[1, 0, 1, 0]] * 3, range(4))
    assert found is not None
    assert (found.drawn.error, found.drawn.low) == (0, 0)
    assert found.drawn.high > 0.1
    assert found.together is None  # one question an image says nothing of what questions share
    assert found.factor(4) == 1


@pytest.mark.parametrize("captions", [2, 3, 7])
def test_captions_that_never_vary_leave_room_for_some_that_do(captions: int) -> None:
    # Sums of tenths and thirds, whose mean is not quite theirs.
    scores = np.tile(np.random.default_rng(0).choice([0.1, 1 / 3, 0.7], 40), (captions, 1))
    found = caption_noise(scores, np.repeat(np.arange(20), 2))
    assert found is not None
    assert (found.drawn.error, found.drawn.low) == (0, 0)
    assert found.drawn.high == pytest.approx(math.sqrt(2) / 22)
