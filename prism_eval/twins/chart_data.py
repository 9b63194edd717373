"""What charts show: seeded figures on seeded topics, and the questions they raise."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from prism_eval.twins import pools
from prism_eval.twins.scene import Question, near, number, others


@dataclass(frozen=True, slots=True)
class Topic:
    """A measure taken of entities of one sort: its words, unit and range, and whether adding it up makes sense."""

    measure: str
    unit: str
    entity: str
    pool: Sequence[str]
    low: float
    high: float
    decimals: int = 0
    additive: bool = True


TOPICS = (
    Topic("unemployment rate", "percent", "country", pools.COUNTRIES, 2, 19, 1, additive=False),
    Topic("coffee output", "thousand tonnes", "country", pools.COUNTRIES, 40, 990),
    Topic("number of museum visitors", "thousands", "city", pools.CITIES, 110, 980),
    Topic("average rent", "euros a month", "city", pools.CITIES, 410, 1890, additive=False),
    Topic("annual revenue", "million dollars", "company", pools.COMPANIES, 12, 96, 1),
    Topic("number of patents filed", "patents", "company", pools.COMPANIES, 30, 480),
    Topic("electricity generation", "terawatt hours", "source", pools.SOURCES, 11, 98, 1),
    Topic("number of new students", "students", "faculty", pools.FACULTIES, 120, 960),
    Topic("share of adults", "percent", "habit", pools.HABITS, 4, 71, additive=False),
    Topic("crop yield", "quintals per hectare", "crop", pools.CROPS, 11, 94, 1, additive=False),
    Topic("number of goals scored", "goals", "team", pools.TEAMS, 18, 97),
    Topic("number of visits", "visits a day", "place", pools.PLACES, 140, 970),
    Topic("export value", "million euros", "crop", pools.CROPS, 15, 240, 1),
    Topic("life satisfaction score", "points", "country", pools.COUNTRIES, 31, 98, 1, additive=False),
    Topic("annual rainfall", "millimetres", "city", pools.CITIES, 310, 1870, additive=False),
    Topic("number of units sold", "units", "product", pools.GOODS, 105, 940),
    Topic("number of employees", "employees", "company", pools.COMPANIES, 210, 990),
    Topic("carbon saving", "kilotonnes", "source", pools.SOURCES, 21, 410),
)


@dataclass(frozen=True, slots=True)
class ChartData:
    """The numbers behind one chart: a value per series and category.

    Attributes:
        topic: What is measured.
        title: The chart's title.
        axis: What the categories are: an entity or the year.
        categories: Along the axis.
        series: Values by series, each in the categories' order; one series has the name "".
    """

    topic: Topic
    title: str
    axis: str
    categories: tuple[str, ...]
    series: dict[str, tuple[float, ...]]

    @property
    def label(self) -> str:
        """The value axis' label."""
        return f"{self.topic.measure.capitalize()} ({self.topic.unit})"

    @property
    def about(self) -> list[str]:
        """Statements about the chart as a whole."""
        facts = [f"The chart's title reads {self.title}.", f"The value axis is labelled {self.label}."]
        if len(self.series) > 1:
            facts.append(f"The legend lists {', '.join(self.series)}.")
        return facts


def one_series(rng: random.Random, topic: Topic, *, size: int) -> ChartData:
    """One value for each of ``size`` entities."""
    entities = tuple(rng.sample(topic.pool, size))
    title = f"{topic.measure.capitalize()} by {topic.entity}, {rng.randint(2008, 2024)}"
    return ChartData(topic, title, topic.entity, entities, {"": _values(rng, topic, size)})


def shares(rng: random.Random, topic: Topic, *, size: int) -> ChartData:
    """Percentages of ``size`` entities, all different, that add up to 100."""
    least = 7
    cuts = sorted(rng.sample(range(1, 101 - least * size), size))
    parts = [least - 1 + after - before for before, after in itertools.pairwise([0, *cuts])]
    parts[-1] += 100 - sum(parts)
    if len(set(parts)) < size:
        return shares(rng, topic, size=size)
    title = f"Share of {topic.measure.removeprefix('number of ')} by {topic.entity}, {rng.randint(2008, 2024)}"
    percent = Topic(f"share of {topic.measure.removeprefix('number of ')}", "percent", topic.entity, topic.pool, 0, 100)
    entities = tuple(rng.sample(topic.pool, size))
    return ChartData(percent, title, topic.entity, entities, {"": tuple(float(part) for part in parts)})


def over_years(rng: random.Random, topic: Topic, *, entities: int, years: int) -> ChartData:
    """A value for each of some entities in each of some years."""
    first = rng.randint(2003, 2024 - years)
    chosen = rng.sample(topic.pool, entities)
    values = _values(rng, topic, entities * years)
    series = {name: values[index * years : (index + 1) * years] for index, name in enumerate(chosen)}
    categories = tuple(str(first + offset) for offset in range(years))
    return ChartData(topic, f"{topic.measure.capitalize()}, {first} to {first + years - 1}", "year", categories, series)


def _values(rng: random.Random, topic: Topic, count: int) -> tuple[float, ...]:
    scale = 10**topic.decimals
    return tuple(
        value / scale for value in rng.sample(range(round(topic.low * scale), round(topic.high * scale)), count)
    )


def questions_on(rng: random.Random, data: ChartData) -> list[Question]:
    """Every question ``data`` raises: readings of each value first, then comparisons, in a seeded order each."""
    readings = [_reading(rng, data, series, index) for series in data.series for index in range(len(data.categories))]
    makers = _DERIVED if data.topic.additive else _DERIVED[:-1]
    derived = [make(rng, data, series) for series in data.series for make in makers]
    return [*rng.sample(readings, len(readings)), *rng.sample(derived, len(derived))]


def _of(data: ChartData, series: str, category: str | None = None) -> str:
    """The words for one value, or for a whole series: "coffee output of Peru in 2012"."""
    parts = [data.topic.measure]
    if series:
        parts.append(_possessor(data.topic, series))
    if category is not None:
        parts.append(f"in {category}" if data.axis == "year" else _possessor(data.topic, category))
    return " ".join(parts)


def _possessor(topic: Topic, entity: str) -> str:
    words = {"habit": "who", "place": "of the", "faculty": "of the faculty of", "source": "from"}
    return f"{words.get(topic.entity, 'of')} {entity}"


def _reading(rng: random.Random, data: ChartData, series: str, index: int) -> Question:
    what, value = _of(data, series, data.categories[index]), data.series[series][index]
    return Question(
        text=f"What is the {what}?",
        answer=number(value),
        fact=f"The {what} is {number(value)}.",
        wrong=near(rng, value, step=max(data.topic.high - data.topic.low, 10) // 10 or 1),
        kind="reading",
    )


def _extreme(data: ChartData, series: str, word: str, pick: Callable[[Sequence[float]], float]) -> Question:
    values = data.series[series]
    winner = data.categories[values.index(pick(values))]
    what = _of(data, series)
    return Question(
        text=f"Which {data.axis} has the {word} {what}?",
        answer=winner,
        fact=f"The {data.axis} that has the {word} {what} is {winner}.",
        wrong=others(data.categories, winner),
        kind="year" if data.axis == "year" else "name",
    )


def _highest(_: random.Random, data: ChartData, series: str) -> Question:
    return _extreme(data, series, "highest", max)


def _lowest(_: random.Random, data: ChartData, series: str) -> Question:
    return _extreme(data, series, "lowest", min)


def _difference(rng: random.Random, data: ChartData, series: str) -> Question:
    one, two = rng.sample(range(len(data.categories)), 2)
    gap = abs(data.series[series][one] - data.series[series][two])
    what = f"difference in {_of(data, series)} between {data.categories[one]} and {data.categories[two]}"
    return Question(
        text=f"What is the {what}?",
        answer=number(gap),
        fact=f"The {what} is {number(gap)}.",
        wrong=near(rng, gap, step=3),
        kind="derived",
    )


def _total(rng: random.Random, data: ChartData, series: str) -> Question:
    total = sum(data.series[series])
    what = f"sum of the {_of(data, series)} over all {len(data.categories)} {_plural(data.axis)}"
    return Question(
        text=f"What is the {what}?",
        answer=number(total),
        fact=f"The {what} is {number(total)}.",
        wrong=near(rng, total, step=7),
        kind="derived",
    )


_DERIVED = (_highest, _lowest, _difference, _total)


def _plural(noun: str) -> str:
    return f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
