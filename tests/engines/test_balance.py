"""Which replica is asked."""

from __future__ import annotations

from collections import Counter

from prism_eval.engines.balance import beginning_of, least_busy, shared_part
from prism_eval.schema import Image, Message, Request, Sampling

NAMES = ("a", "b", "c", "d")


def asked(*parts: str | Image, system: str = "") -> Request:
    messages = (*([Message("system", (system,))] if system else []), Message("user", parts))
    return Request(messages=messages, sampling=Sampling())


def test_the_least_busy_is_asked() -> None:
    for number in range(50):
        assert least_busy({"a": 3, "b": 2, "c": 4}, f"caption {number}") == "b"


def test_of_equals_the_beginning_tells_and_all_get_their_share() -> None:
    loads = dict.fromkeys(NAMES, 5)
    chosen = [least_busy(loads, f"caption {number}") for number in range(2000)]
    assert chosen == [least_busy(dict.fromkeys(reversed(NAMES), 5), f"caption {number}") for number in range(2000)]
    assert all(400 < count < 600 for count in Counter(chosen).values())
    assert len(Counter(chosen)) == 4


def test_one_that_goes_away_moves_only_what_was_its_own() -> None:
    for number in range(500):
        before = least_busy(dict.fromkeys(NAMES, 0), f"{number}")
        after = least_busy(dict.fromkeys(NAMES[:3], 0), f"{number}")
        assert after == before or before == "d"


def test_with_slack_one_that_knows_the_beginning_may_be_a_little_busier() -> None:
    home = least_busy(dict.fromkeys(NAMES, 0), "caption")
    loads = {name: 2 + 3 * (name == home) for name in NAMES}
    assert least_busy(loads, "caption", slack=3) == home
    assert least_busy(loads, "caption", slack=2) != home


def test_questions_on_one_caption_begin_alike() -> None:
    def prompt(caption: str, question: str) -> str:
        return f"Description of the image:\n{caption}\n\nUse it.\n\nQuestion: {question}\nA. x\nB. y"

    one, two = (beginning_of(asked(prompt("A bar.\n\nA line.", text))) for text in ("How many?", "Which?"))
    assert one == two
    assert one != beginning_of(asked(prompt("A pie.", "How many?")))
    assert beginning_of(asked("q", system="s")) == "sq", "what has one paragraph is shared as a whole"
    assert shared_part("How many?") == "How many?"


def test_requests_with_an_image_begin_with_it() -> None:
    image, other = Image(b"one"), Image(b"two")
    assert beginning_of(asked(image, "Describe.\n\nNow.")) == beginning_of(asked(image, "How many?"))
    assert beginning_of(asked(image, "x")) != beginning_of(asked(other, "x"))


def test_half_a_surrogate_pair_is_a_beginning_like_any_other() -> None:
    assert least_busy({"a": 0}, "\ud800") == "a"
