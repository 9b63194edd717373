"""Infographics: a tall page of coloured blocks, icons made of shapes, and big numbers."""

from __future__ import annotations

import random
from dataclasses import dataclass

from prism_eval.twins.canvas import Sketch, around
from prism_eval.twins.pools import CITIES, PALETTES, PEOPLE
from prism_eval.twins.scene import Question, Scene, asked, named

_WIDTH = 620


@dataclass(frozen=True, slots=True)
class Theme:
    """What an infographic is about: who is counted, what they do, what they rank, and what happened when."""

    heading: str
    group: str
    habits: tuple[str, ...]
    ranked: str
    pool: tuple[str, ...]
    event: str


THEMES = (
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


@dataclass(frozen=True, slots=True)
class _Numbers:
    city: str
    percents: tuple[int, ...]
    tenth: int
    ranking: dict[str, int]
    year: int
    author: str


def infographic(rng: random.Random, theme: Theme) -> Scene:
    """One page on ``theme`` with five or more questions."""
    numbers = _Numbers(
        city=rng.choice(CITIES),
        percents=tuple(rng.sample(range(11, 90), len(theme.habits))),
        tenth=rng.randint(2, 8),
        ranking=dict(zip(rng.sample(theme.pool, 5), sorted(rng.sample(range(12, 98), 5), reverse=True), strict=True)),
        year=rng.randint(1861, 2019),
        author=f"{rng.choice(PEOPLE)} & {rng.choice(PEOPLE)} Studio",
    )
    asides = (f"The infographic is headed {theme.heading} in {numbers.city}.",)
    questions = tuple(_questions(rng, theme, numbers))
    return Scene(png=_page(rng, theme, numbers), subject=theme.heading, questions=questions, asides=asides)


def _questions(rng: random.Random, theme: Theme, numbers: _Numbers) -> list[Question]:
    made = [
        asked(rng, f"percentage of {theme.group} in {numbers.city} who {habit}", percent, unit="%", step=4)
        for habit, percent in zip(theme.habits, numbers.percents, strict=True)
    ]
    rng.shuffle(made)
    names, values = list(numbers.ranking), list(numbers.ranking.values())
    made.insert(1, named(f"most popular {theme.ranked} in {numbers.city}", names[0], names))
    made.insert(2, asked(rng, f"year in which {theme.event} in {numbers.city}", numbers.year, step=4))
    place = rng.randint(1, 4)
    votes = f"number of votes for {names[place]} as {theme.ranked} in {numbers.city}"
    made.append(asked(rng, votes, values[place], step=4))
    made.append(named(f"least popular {theme.ranked} in {numbers.city}", names[-1], names))
    helped = f"number of {theme.group} out of 10 in {numbers.city} who would recommend it"
    made.append(asked(rng, helped, numbers.tenth))
    return made


def _page(rng: random.Random, theme: Theme, numbers: _Numbers) -> bytes:
    palette = rng.choice(PALETTES)
    dark, accent, mild = palette[0], palette[2], palette[1]
    page = Sketch(_WIDTH, 1180, paper="#f6f3ec")
    page.box(0, 0, _WIDTH, 150, fill=dark)
    page.text(_WIDTH / 2, 62, f"{theme.heading.upper()} IN {numbers.city.upper()}", size=34, colour="white", bold=True,
              room=_WIDTH - 60)  # fmt: skip
    page.text(_WIDTH / 2, 112, f"How {theme.group} live today", size=17, colour="#f0e6d2")
    _percent_blocks(page, theme, numbers, palette)
    _people(page, theme, numbers, accent)
    _ranking(page, theme, numbers, dark, mild)
    _milestone(page, theme, numbers, palette[3])
    page.text(_WIDTH / 2, 1158, f"Design: {numbers.author}", size=12, colour="#5c6470")
    return page.png()


def _percent_blocks(page: Sketch, theme: Theme, numbers: _Numbers, palette: tuple[str, ...]) -> None:
    for index, (habit, percent) in enumerate(zip(theme.habits, numbers.percents, strict=True)):
        x = 20 + index * 196
        page.box(x, 172, 188, 250, fill="white", round_by=14)
        page.disc(x + 94, 240, 50, fill="#e3e0d8", edge=None)
        page.wedge(x + 94, 240, 50, -90, -90 + 3.6 * percent, fill=palette[(index + 1) % len(palette)])
        page.disc(x + 94, 240, 27, fill="white", edge=None)
        page.text(x + 94, 332, f"{percent}%", size=38, bold=True, colour=palette[0])
        page.text(x + 94, 368, f"of {theme.group}", size=13, room=172)
        page.text(x + 94, 392, habit, size=15, bold=True, room=172)


def _people(page: Sketch, theme: Theme, numbers: _Numbers, colour: str) -> None:
    page.box(20, 442, _WIDTH - 40, 150, fill="white", round_by=14)
    for index in range(10):
        x, shade = 66 + index * 54, colour if index < numbers.tenth else "#cfccc4"
        page.disc(x, 476, 12, fill=shade, edge=None)
        page.box(x - 14, 492, 28, 44, fill=shade, round_by=10)
    text = f"{numbers.tenth} out of 10 {theme.group} would recommend it"
    page.text(_WIDTH / 2, 566, text, size=17, bold=True, room=_WIDTH - 80)


def _ranking(page: Sketch, theme: Theme, numbers: _Numbers, dark: str, colour: str) -> None:
    page.box(20, 612, _WIDTH - 40, 340, fill="white", round_by=14)
    page.text(40, 642, f"Most popular {theme.ranked} (votes)", size=20, bold=True, anchor="lm", colour=dark, room=540)
    for index, (name, votes) in enumerate(numbers.ranking.items()):
        y = 688 + index * 54
        page.disc(58, y, 17, fill=dark, edge=None)
        page.text(58, y, str(index + 1), size=16, bold=True, colour="white")
        page.text(88, y, name, size=16, anchor="lm", room=130)
        page.box(226, y - 14, 3 * votes, 28, fill=colour, round_by=6)
        page.text(226 + 3 * votes + 10, y, str(votes), size=16, bold=True, anchor="lm")


def _milestone(page: Sketch, theme: Theme, numbers: _Numbers, colour: str) -> None:
    page.box(20, 972, _WIDTH - 40, 160, fill=colour, round_by=14)
    star = [around(100, 1052, 44 if point % 2 == 0 else 19, 90 + 36 * point) for point in range(10)]
    page.polygon(*star, fill="white", edge=None)
    page.text(170, 1026, str(numbers.year), size=44, bold=True, colour="white", anchor="lm")
    event = theme.event[0].upper() + theme.event[1:]
    page.text(170, 1080, event, size=18, colour="white", anchor="lm", room=410)
