"""What charts show: seeded figures on seeded topics, and the questions they raise."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from prism_eval.twins import pools
from prism_eval.twins.questions import Question, ask, upper, which

KINDS = ("bars", "grouped", "lines", "pie", "sideways", "stacked")


class Topic(NamedTuple):
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
# For "share of adults of knit" is not English, and a reader matches words.
_POSSESSIVES = {"habit": "who", "place": "of the", "faculty": "of the faculty of", "source": "from"}
_PLURALS = {"country": "countries", "city": "cities", "company": "companies", "faculty": "faculties"}


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
    categories: Sequence[str]
    series: dict[str, list[float]]

    @property
    def label(self) -> str:
        """The value axis' label."""
        return f"{upper(self.topic.measure)} ({self.topic.unit})"

    def what(self, series: str, category: str = "") -> str:
        """The words for one value, or for a whole series: "coffee output of Peru in 2012"."""
        of = _POSSESSIVES.get(self.topic.entity, "of")
        words = [self.topic.measure, f"{of} {series}" if series else ""]
        words.append(f"{'in' if self.axis == 'year' else of} {category}" if category else "")
        return " ".join(filter(None, words))

    def said(self, rng: random.Random) -> list[Question | str]:
        """The words around the chart, then what it raises: readings of each value first, then comparisons."""
        facts = [f"The chart's title reads {self.title}.", f"The value axis is labelled {self.label}."]
        if len(self.series) > 1:
            facts.append(f"The legend lists {', '.join(self.series)}.")
        # A tenth of the range apart, wrong values are plausible, and told from the right one at a glance.
        step = max(self.topic.high - self.topic.low, 10) // 10
        readings = [
            ask(self.what(series, category), value, step=step, kind="reading")
            for series, values in self.series.items()
            for category, value in zip(self.categories, values, strict=True)
        ]
        derived = [question for series in self.series for question in self._comparisons(rng, series)]
        return [*facts, *rng.sample(readings, len(readings)), *rng.sample(derived, len(derived))]

    def _comparisons(self, rng: random.Random, series: str) -> Iterator[Question]:
        values, what = self.series[series], self.what(series)
        for word, best in (("highest", max(values)), ("lowest", min(values))):
            # ChartQAPro marks the answers that are years, for they must be met exactly.
            winner, kind = self.categories[values.index(best)], "year" if self.axis == "year" else "name"
            yield which(self.axis, f"has the {word} {what}", winner, self.categories, kind=kind)
        one, two = rng.sample(range(len(values)), 2)
        pair = f"between {self.categories[one]} and {self.categories[two]}"
        yield ask(f"difference in {what} {pair}", abs(values[one] - values[two]), step=3, kind="derived")
        if self.topic.additive:
            every = f"all {len(values)} {_PLURALS.get(self.axis, f'{self.axis}s')}"
            yield ask(f"sum of the {what} over {every}", sum(values), step=7, kind="derived")


def data_for(rng: random.Random, topic: Topic, kind: str) -> ChartData:
    """Numbers of the shape that a chart of ``kind`` shows: one value an entity, or one for each of some years."""
    # Up to five years from the first lie in the past.
    year, measure = rng.randint(2008, 2019), topic.measure
    if kind in ("bars", "sideways", "pie"):
        entities = rng.sample(topic.pool, rng.randint(4, 6) if kind == "pie" else rng.randint(5, 7))
        values = _values(rng, topic, len(entities))
        if kind == "pie":
            measure, values = f"share of {measure.removeprefix('number of ')}", _shares(rng, len(entities))
            topic = Topic(measure, "percent", topic.entity, topic.pool, 0, 100)
        return ChartData(topic, f"{upper(measure)} by {topic.entity}, {year}", topic.entity, entities, {"": values})
    # The values of three lines would be written over each other.
    names, years = rng.sample(topic.pool, 2 if kind == "lines" else rng.randint(2, 3)), rng.randint(3, 5)
    values = _values(rng, topic, len(names) * years)
    series = {name: values[index * years : (index + 1) * years] for index, name in enumerate(names)}
    categories = [str(year + offset) for offset in range(years)]
    return ChartData(topic, f"{upper(measure)}, {year} to {categories[-1]}", "year", categories, series)


def topics_for(rng: random.Random, kinds: Sequence[str]) -> list[Topic]:
    """A topic of its own for each chart; only what adds up is piled up or cut into shares."""
    left, chosen = rng.sample(TOPICS, len(TOPICS)), []
    for kind in kinds:
        chosen.append(next(topic for topic in left if topic.additive or kind not in ("pie", "stacked")))
        left.remove(chosen[-1])
    return chosen


def _values(rng: random.Random, topic: Topic, count: int) -> list[float]:
    """Values without a repetition, so that there is one highest and one lowest."""
    scale = 10**topic.decimals
    return [value / scale for value in rng.sample(range(round(topic.low * scale), round(topic.high * scale)), count)]


def _shares(rng: random.Random, size: int) -> list[float]:
    """Percentages that add up to 100, all different and none too thin for its label."""
    parts: list[float] = []
    while len(set(parts)) < size:
        rest = 100 - 7 * size
        cuts = sorted(rng.sample(range(rest), size - 1))
        parts = [7.0 + after - before for before, after in itertools.pairwise((0, *cuts, rest))]
    return parts
