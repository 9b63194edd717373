"""From a row to items, as the definition says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from prism_eval.benchmarks.definition import Definition, KindColumn, Names, Question
from prism_eval.benchmarks.reading.golds import choice_gold, several_letters, short_golds
from prism_eval.benchmarks.reading.images import Facts, ImageReader
from prism_eval.benchmarks.reading.options import read_options, without_options
from prism_eval.benchmarks.reading.templated import templated_question
from prism_eval.benchmarks.rows import MISSING, Row, RowError
from prism_eval.files.jsonable import Json, jsonable
from prism_eval.schema import Image, Item, ItemKind, option_letters


class Converter:
    """Reads the rows of one benchmark.

    Args:
        definition: Says what is where in a row.
        images: Where the images come from.
    """

    def __init__(self, definition: Definition, images: ImageReader) -> None:
        self._definition = definition
        self._images = images

    def items(self, row: Row) -> Iterator[Item | RowError]:
        """The row's items; in place of one that cannot be read, what is wrong with it."""
        try:
            name = self._row_id(row)
            images = self._read_images(row, name)
        except RowError as error:
            yield error
            return
        for asked in self._definition.asked:
            try:
                yield self._item(row, name, images, asked)
            except RowError as error:
                yield error

    def _item(self, row: Row, name: str, images: tuple[Image, ...], asked: Question) -> Item:
        item_id = f"{name}/{asked.name}" if asked.name else name
        row = row.at(item_id)
        options = read_options(self._definition, row, asked)
        gold = row.need(asked.answer, "answer")
        kind = self._kind(row, options)
        question = self._question(row, asked)
        if kind is ItemKind.CHOICE:
            question = without_options(self._definition, question)
            # One letter is all that a choice can be answered with; MathVerse has questions with two right ones.
            if letters := several_letters(gold, options):
                kind, question, gold = ItemKind.SHORT, _listed(question, options), _ways_to_write(letters)
        if kind is ItemKind.CHOICE:
            golds: tuple[str, ...] = (choice_gold(self._definition.answer, row, gold, options),)
        else:
            golds, options = short_golds(self._definition.answer, row, gold), ()
        return Item(
            benchmark=self._definition.full_name,
            id=item_id,
            kind=kind,
            question=question,
            images=images,
            golds=golds,
            options=options,
            cluster=self._cluster(row, images),
            columns=MappingProxyType(self._columns(row, asked)),
            abstain=self._definition.abstain,
        )

    def _row_id(self, row: Row) -> str:
        # Without a column for it the row's position is its id: it is stable, because the data are pinned to a commit.
        parts = [row.need(names, "id") for names in self._definition.fields.id]
        # Answers are joined by id, and the next row without one would have the same.
        if any(part is None or not str(part) for part in parts):
            raise row.bad("id missing", "the row's id is empty")
        return "/".join(str(part) for part in parts) or str(row.number)

    def _read_images(self, row: Row, name: str) -> tuple[Image, ...]:
        fields = self._definition.fields
        values: list[object] = []
        for position, names in enumerate(fields.images):
            # MMMU has seven image columns, and most rows fill the first alone.
            value = row.get(names) if position else row.need(names, "image")
            values.extend(value if isinstance(value, list) else [] if value in (None, MISSING) else [value])
        if not values:
            raise row.bad("image missing", f"item {name} has no image")
        facts = _facts(row, row.get(fields.facts), len(values))
        row = row.at(name)
        return tuple(
            self._images.read(row, value, name=f"{name}-{position}", facts=facts[position - 1])
            for position, value in enumerate(values, start=1)
        )

    def _kind(self, row: Row, options: tuple[str, ...]) -> ItemKind:
        rule = self._definition.kind
        if isinstance(rule, KindColumn):
            value = str(row.need(rule.column, "kind"))
            if value not in rule.choice + rule.short:
                raise row.bad("kind unknown", f"{value!r} is not a kind of question the definition lists")
            return ItemKind.CHOICE if value in rule.choice else ItemKind.SHORT
        if rule == "options":
            return ItemKind.CHOICE if options else ItemKind.SHORT
        return ItemKind(rule)

    def _question(self, row: Row, asked: Question) -> str:
        value = row.need(asked.question, "question") if asked.question else None
        if asked.templated:
            return templated_question(self._definition, row, value)
        if isinstance(value, list):
            value = _conversation(row, value, row.get(asked.answer))
        # Some rows ask nothing in words (MMMU-Pro's vision rows): the definition says what is asked.
        text = value if isinstance(value, str) and value.strip() else self._definition.ask
        if not text:
            raise row.bad("question missing", "the question is empty")
        context = row.get(self._definition.fields.context)
        return f"{context.strip()}\n\n{text}" if isinstance(context, str) and context.strip() else text

    def _cluster(self, row: Row, images: tuple[Image, ...]) -> str:
        if self._definition.fields.cluster:
            return str(row.need(self._definition.fields.cluster, "cluster"))
        # By digest, not by name: data sets store one picture under many names, and their errors go together.
        return "+".join(sorted({image.digest for image in images}))

    def _columns(self, row: Row, asked: Question) -> dict[str, Json]:
        needed: Mapping[str, Names] = {**self._definition.columns, **asked.columns}
        columns = {name: jsonable(row.need(names, name)) for name, names in needed.items()}
        for name, names in self._definition.columns_if_present.items():
            value = row.get(names)
            if value is not MISSING:
                columns[name] = jsonable(value)
        if asked.templated:
            # The question has become a text, and CharXiv's grading rules go by the template's number.
            columns["template"] = jsonable(row.need(asked.question, "question"))
        return {**columns, **asked.constants}


def _conversation(row: Row, questions: list[object], answers: object) -> str:
    """The last turn, after the turns before it with their answers."""
    if not questions or not all(isinstance(question, str) for question in questions):
        raise row.bad("question missing", "the question is a list, but not of texts")
    if len(questions) == 1:
        return str(questions[0])
    if not isinstance(answers, list) or len(answers) != len(questions):
        raise row.bad("gold does not parse", f"{len(questions)} turns need as many answers")
    turns = [f"Q: {question}\nA: {answer}" for question, answer in zip(questions[:-1], answers[:-1], strict=True)]
    return "\n".join(["Earlier in the conversation:", *turns, "", str(questions[-1])])


def _facts(row: Row, value: object, count: int) -> list[Facts]:
    if value in (None, MISSING):
        return [None] * count
    if not isinstance(value, list) or len(value) != count or not all(isinstance(facts, list) for facts in value):
        raise row.bad("facts do not match", f"facts must be one list for each of {count} images")
    return [tuple(str(fact) for fact in facts) for facts in value]


def _listed(question: str, options: tuple[str, ...]) -> str:
    """The question with its options in it, for an item whose kind has none of its own."""
    lines = [f"{letter}. {option}" for letter, option in zip(option_letters(len(options)), options, strict=True)]
    return "\n".join([question, "Options (several are right):", *lines])


def _ways_to_write(letters: tuple[str, ...]) -> list[str]:
    """The golds of a question with several right letters: strict comparison would take one spelling alone."""
    return [", ".join(letters), "".join(letters), "\n".join(letters)]
