"""From a row to items, as the definition says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from prism_eval.benchmarks.definition import Definition, KindColumn, Names, Question
from prism_eval.benchmarks.reading.golds import choice_gold, one_choice, several_letters, short_golds
from prism_eval.benchmarks.reading.images import Facts, ImageReader, holds_image
from prism_eval.benchmarks.reading.options import read_options, without_options
from prism_eval.benchmarks.reading.templated import templated_question
from prism_eval.benchmarks.rows import MISSING, Row, RowError, is_null, short
from prism_eval.benchmarks.sampling import Drawn
from prism_eval.files.jsonable import Json, jsonable
from prism_eval.schema import EMPTY_GOLD, Image, Item, ItemKind, option_letters


class Converter:
    """Reads the rows of one benchmark.

    Args:
        definition: Says what is where in a row.
        images: Where the images come from.
    """

    def __init__(self, definition: Definition, images: ImageReader) -> None:
        self._definition = definition
        self._asked = definition.asked
        self._images = images

    def items(self, row: Row) -> Iterator[Item | RowError]:
        """The row's items; in place of one that cannot be read, what is wrong with it."""
        try:
            name = self._row_id(row)
            if name in self._definition.excluded:
                return
            row = row.at(name)
            images = self._read_images(row, name)
        except RowError as error:
            yield error
            return
        except RecursionError:
            yield _too_deep(row)
            return
        for asked in self._asked:
            own = row.at(f"{name}/{asked.name}") if asked.name else row
            try:
                yield self._item(own, images, asked)
            except RowError as error:
                yield error
            except RecursionError:
                yield _too_deep(own)

    def pictures(self, row: Row) -> tuple[Image, ...]:
        """The row's images alone.

        Raises:
            RowError: They cannot be read.
        """
        name = self._row_id(row)
        return () if name in self._definition.excluded else tuple(self._read_images(row.at(name), name).values())

    def drawn(self, position: int, row: Row) -> Drawn:
        """What a draw has to know of the row.

        Raises:
            RowError: Its id, its images or its cluster cannot be read.
        """
        images = tuple(dict.fromkeys(image.digest for image in self.pictures(row)))
        own = row.get(self._definition.fields.cluster)
        # After the digests, by which the same image is drawn alike in every benchmark.
        group = () if own is MISSING or own is None else (f"group {own}",)
        stratum = row.get(self._definition.fields.strata)
        return Drawn(
            position=position,
            items=len(self._asked) if images else 0,
            shares=(*images, *group),
            images=images,
            stratum=str(stratum) if isinstance(stratum, str | int | float) else "",
        )

    def names(self, row: Row) -> list[str]:
        """The ids of the row's items, as the row states them.

        Raises:
            RowError: It states none.
        """
        name = self._row_id(row)
        if name in self._definition.excluded:
            return []
        return [f"{name}/{asked.name}" if asked.name else name for asked in self._asked]

    def _item(self, row: Row, images: Mapping[int, Image], asked: Question) -> Item:
        rule = self._definition.answer
        kind = self._stated_kind(row)
        options = () if kind is ItemKind.SHORT else read_options(self._definition, row, asked)
        kind = kind or (ItemKind.CHOICE if options else ItemKind.SHORT)
        if kind is ItemKind.CHOICE and not options:
            where = row.column(self._definition.fields.options)
            raise where.bad("options missing", "a multiple-choice row without options")
        gold, of_gold = row.need(asked.answer, "answer"), row.column(asked.answer)
        question = self._question(row, asked)
        if kind is ItemKind.CHOICE:
            question, gold = without_options(self._definition, question), one_choice(rule, of_gold, gold)
            # One letter is all that a choice can be answered with; MathVerse has questions with two right ones.
            if letters := several_letters(gold, options):
                kind, question, gold = ItemKind.SHORT, _listed(question, options), _ways_to_write(letters)
        if kind is ItemKind.CHOICE:
            golds: tuple[str, ...] = (choice_gold(rule, of_gold, gold, options),)
        else:
            golds, options = short_golds(rule, of_gold, gold), ()
        return Item(
            benchmark=self._definition.full_name,
            id=row.item,
            kind=kind,
            question=question,
            images=tuple(images.values()),
            golds=golds,
            options=options,
            cluster=self._cluster(row, images.values()),
            columns=MappingProxyType(self._columns(row, asked, golds)),
            image_numbers=tuple(images) if list(images) != list(range(1, len(images) + 1)) else (),
            abstain=self._definition.abstain,
            stored_prompt=stored if isinstance(stored := row.get(self._definition.fields.stored), str) else "",
        )

    def _row_id(self, row: Row) -> str:
        # Without a column for it the row's position is its id: it is stable, because the data are pinned to a commit.
        parts = [_id_part(row.column(names), row.need(names, "id")) for names in self._definition.fields.id]
        return "/".join(parts) or str(row.number)

    def _read_images(self, row: Row, name: str) -> dict[int, Image]:
        """The row's images by the number that placeholders such as ``<image 3>`` call them."""
        fields = self._definition.fields
        slots: list[tuple[Names, object]] = []
        for position, names in enumerate(fields.images):
            # MMMU has seven image columns, and most rows fill the first alone.
            value = row.get(names) if position else row.need(names, "image")
            slots += [(names, part) for part in (value if isinstance(value, list | tuple) else [value])]
        filled = {number: slot for number, slot in enumerate(slots, start=1) if holds_image(slot[1])}
        if not filled:
            raise row.bad("image missing", f"item {name} has no image")
        facts = _facts(row, row.get(fields.facts), len(filled))
        return {
            number: self._images.read(row.column(names), value, name=f"{name}-{number}", facts=shown)
            for (number, (names, value)), shown in zip(filled.items(), facts, strict=True)
        }

    def _stated_kind(self, row: Row) -> ItemKind | None:
        """What the definition or a column says; ``None`` where having options decides."""
        rule = self._definition.kind
        if isinstance(rule, KindColumn):
            value = str(row.need(rule.column, "kind"))
            if value not in rule.choice + rule.short:
                where = row.column(rule.column)
                raise where.bad("kind unknown", f"{short(value)!r} is not a kind of question the definition lists")
            return ItemKind.CHOICE if value in rule.choice else ItemKind.SHORT
        return None if rule == "options" else ItemKind(rule)

    def _question(self, row: Row, asked: Question) -> str:
        value = row.need(asked.question, "question") if asked.question else None
        where = row.column(asked.question)
        if asked.templated:
            return templated_question(self._definition, where, value)
        if isinstance(value, list):
            value = _conversation(where, value, row.get(asked.answer))
        # Some rows ask nothing in words (MMMU-Pro's vision rows): the definition says what is asked.
        text = _text(where, value, "question") or self._definition.ask
        if not text:
            raise where.bad("question missing", "the question is empty")
        names = self._definition.fields.context
        context = _text(row.column(names), row.get(names), "context").strip()
        return f"{context}\n\n{text}" if context else text

    def _cluster(self, row: Row, images: Iterable[Image]) -> str:
        names = self._definition.fields.cluster
        # A row without a group is one of its own, and not of the group of all such rows.
        if names and (group := row.need(names, "cluster")) is not None:
            return str(group)
        # By digest, not by name: data sets store one picture under many names, and their errors go together.
        return "+".join(sorted({image.digest for image in images}))

    def _columns(self, row: Row, asked: Question, golds: tuple[str, ...]) -> dict[str, Json]:
        needed: Mapping[str, Names] = {**self._definition.columns, **asked.columns}
        columns = {name: jsonable(row.need(names, name)) for name, names in needed.items()}
        for name, names in self._definition.columns_if_present.items():
            value = row.get(names)
            if value is not MISSING:
                columns[name] = jsonable(value)
        if asked.templated:
            # The question has become a text, and CharXiv's grading rules go by the template's number.
            columns["template"] = jsonable(row.need(asked.question, "question"))
        if not any(gold.strip() for gold in golds):
            # Only a definition that says so lets such a row through; scorers are told, for they refuse it otherwise.
            columns[EMPTY_GOLD] = True
        return {**columns, **asked.constants}


def _too_deep(row: Row) -> RowError:
    # Of a thousand brackets JSON's reader makes a cell, and whatever walks through it afterwards gives up.
    return row.bad("too deep", "a cell is nested too deeply")


def _id_part(row: Row, value: object) -> str:
    # One form for each: the same id is 7 in one export, "7 " in another, and 7.0 in a column with gaps.
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = str(value).strip() if isinstance(value, str | int | float) else ""
    # Answers are joined by id, and the next row without one would have the same.
    if is_null(value) or text == "":
        what = "is empty" if is_null(value) or isinstance(value, str) else f"is {type(value).__name__}, not text"
        raise row.bad("id missing", f"the row's id {what}")
    return text


def _text(row: Row, value: object, what: str) -> str:
    """A cell's text; empty if it is blank or not there."""
    if value is not MISSING and value is not None and not isinstance(value, str):
        raise row.bad(f"{what} is no text", f"the {what} is {type(value).__name__}, not text")
    return value if isinstance(value, str) and value.strip() else ""


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
