"""Infographics: a tall page of coloured blocks, icons made of shapes, and big numbers."""

from __future__ import annotations

import functools
import random
from typing import NamedTuple

from prism_eval.twins.canvas import Sketch, around
from prism_eval.twins.pools import CITIES, PALETTES, PEOPLE
from prism_eval.twins.questions import ask, upper
from prism_eval.twins.scene import Maker, Said, drawn

_WIDTH = 620


class Theme(NamedTuple):
    """What an infographic is about: who is counted, what they do, what they rank, and what happened when."""

    heading: str
    group: str
    habits: tuple[str, ...]
    ranked: str
    pool: tuple[str, ...]
    event: str


# Twelve, as many as pages are drawn: each page is about something else.
_THEMES = (
    Theme("Coffee", "coffee drinkers", ("add milk", "drink it cold", "grind beans at home"), "drink",
          ("latte", "espresso", "mocha", "cortado", "americano"), "the first café opened"),
    Theme("Recycling", "households", ("sort glass", "compost peelings", "return bottles"), "recycled material",
          ("paper", "glass", "metal", "plastic", "textiles"), "the sorting plant opened"),
    Theme("Cycling", "commuters", ("ride to work", "own a helmet", "rent a bike"), "cycling route",
          ("river loop", "old port", "ring road", "forest trail", "canal path"), "the first bike lane was painted"),
    Theme("Reading", "adults", ("read before sleep", "borrow from libraries", "listen to audiobooks"), "book genre",
          ("crime", "romance", "history", "poetry", "travel"), "the public library was founded"),
    Theme("Pets", "pet owners", ("adopt from shelters", "cook for their pet", "keep two pets"), "pet",
          ("dog", "cat", "rabbit", "parrot", "tortoise"), "the animal shelter moved"),
    Theme("Sleep", "students", ("nap at noon", "sleep under six hours", "use an alarm clock"), "bedtime drink",
          ("milk", "mint tea", "cocoa", "water", "juice"), "the sleep clinic was built"),
    Theme("Music", "listeners", ("stream daily", "buy vinyl records", "play an instrument"), "music style",
          ("jazz", "folk", "opera", "rock", "techno"), "the concert hall burned down"),
    Theme("Travel", "visitors", ("arrive by train", "stay one night", "travel alone"), "sight",
          ("cathedral", "harbour", "castle", "gardens", "market hall"), "the tourist office opened"),
    Theme("Energy", "home owners", ("have solar panels", "heat with wood", "switched supplier"), "heating system",
          ("heat pump", "gas boiler", "pellet stove", "district heat", "oil burner"), "the dam was completed"),
    Theme("Food", "families", ("eat together daily", "buy organic eggs", "cook on Sundays"), "breakfast",
          ("porridge", "pancakes", "toast", "yoghurt", "omelette"), "the covered market was restored"),
    Theme("Games", "players", ("play with friends", "play on phones", "watch tournaments"), "board game",
          ("chess", "draughts", "dominoes", "mahjong", "backgammon"), "the arcade closed"),
    Theme("Gardens", "gardeners", ("collect rain water", "keep hens", "grow tomatoes"), "flower",
          ("tulip", "dahlia", "peony", "iris", "lavender"), "the botanical garden was planted"),
)  # fmt: skip


def _infographic(theme: Theme, page: Sketch, rng: random.Random) -> Said:
    # Neither the first in rank nor the last, which are asked for by name.
    city, year, tenth, place = rng.choice(CITIES), rng.randint(1861, 2019), rng.randint(2, 8), rng.randint(1, 3)
    percents = dict(zip(theme.habits, rng.sample(range(11, 90), 3), strict=True))
    # No two with as many votes: the ranking has one order.
    names, votes = rng.sample(theme.pool, 5), sorted(rng.sample(range(12, 98), 5), reverse=True)
    dark, mild, accent, *rest = rng.choice(PALETTES)
    page.box(0, 0, _WIDTH, 150, fill=dark)
    title = f"{theme.heading} in {city}"
    page.text(_WIDTH / 2, 62, title.upper(), size=34, colour="white", bold=True, room=_WIDTH - 60)
    page.text(_WIDTH / 2, 112, f"How {theme.group} live today", size=17, colour="#f0e6d2")
    for x, colour, (habit, percent) in zip((20, 216, 412), (mild, accent, rest[0]), percents.items(), strict=True):
        _percentage(page, x, percent, (f"of {theme.group}", habit), (dark, colour))
    _people(page, tenth, f"{tenth} out of 10 {theme.group} would recommend it", accent)
    page.box(20, 612, _WIDTH - 40, 340, fill="white", round_by=14)
    page.text(40, 642, f"Most popular {theme.ranked} (votes)", size=20, bold=True, anchor="lm", colour=dark, room=540)
    for index, (name, count) in enumerate(zip(names, votes, strict=True)):
        y = 688 + index * 54
        page.disc(58, y, 17, str(index + 1), fill=dark, edge=None, size=16, bold=True, colour="white")
        page.text(88, y, name, size=16, anchor="lm", room=130)
        page.box(226, y - 14, 3 * count, 28, fill=mild, round_by=6)
        page.text(236 + 3 * count, y, str(count), size=16, bold=True, anchor="lm")
    page.box(20, 972, _WIDTH - 40, 160, fill=rest[0], round_by=14)
    star = [around(100, 1052, (44, 19)[point % 2], 90 + 36 * point) for point in range(10)]
    page.polygon(*star, fill="white", edge=None)
    page.text(170, 1026, str(year), size=44, bold=True, colour="white", anchor="lm")
    page.text(170, 1080, upper(theme.event), size=18, colour="white", anchor="lm", room=410)
    author = " & ".join(rng.sample(PEOPLE, 2))
    page.text(_WIDTH / 2, 1158, f"Design: {author} Studio", size=12, colour="#5c6470")
    yield f"The infographic is headed {title}."
    for habit, percent in percents.items():
        yield ask(f"percentage of {theme.group} in {city} who {habit}", percent, unit="%", step=4)
    yield ask(f"most popular {theme.ranked} in {city}", names[0], names)
    yield ask(f"year in which {theme.event} in {city}", year, step=4)
    yield ask(f"number of votes for {names[place]} as {theme.ranked} in {city}", votes[place], step=4)
    yield ask(f"least popular {theme.ranked} in {city}", names[-1], names)
    yield ask(f"number of {theme.group} out of 10 in {city} who would recommend it", tenth)


def _percentage(page: Sketch, x: float, percent: int, words: tuple[str, str], colours: tuple[str, str]) -> None:
    page.box(x, 172, 188, 250, fill="white", round_by=14)
    page.disc(x + 94, 240, 50, fill="#e3e0d8", edge=None)
    page.wedge(x + 94, 240, 50, percent / 100, fill=colours[1])
    page.disc(x + 94, 240, 27, fill="white", edge=None)
    page.text(x + 94, 332, f"{percent}%", size=38, bold=True, colour=colours[0])
    page.text(x + 94, 368, words[0], size=13, room=172)
    page.text(x + 94, 392, words[1], size=15, bold=True, room=172)


def _people(page: Sketch, tenth: int, text: str, colour: str) -> None:
    page.box(20, 442, _WIDTH - 40, 150, fill="white", round_by=14)
    for index in range(10):
        x, shade = 66 + index * 54, colour if index < tenth else "#cfccc4"
        page.disc(x, 476, 12, fill=shade, edge=None)
        page.box(x - 14, 492, 28, 44, fill=shade, round_by=10)
    page.text(_WIDTH / 2, 566, text, size=17, bold=True, room=_WIDTH - 80)


INFOGRAPHICS: tuple[Maker, ...] = tuple(
    drawn(theme.heading, _WIDTH, 1180, paper="#f6f3ec")(functools.partial(_infographic, theme)) for theme in _THEMES
)
