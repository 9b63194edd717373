"""The model of a definition file: where a benchmark's data is, how a row becomes items, how answers are scored."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator


# A single name is the usual case, and reads better in the file without brackets.
def _as_names(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_as_names)]
"""The names one column goes by, best first; ``metadata.version`` looks inside a column, ``ids.0`` inside a list."""


CAPRL = "caprl"
"""The variant of every benchmark with a ``caprl_file``: its questions as CapRL asked them."""


class _Table(BaseModel):
    # A key that is misspelt would otherwise be passed over, and the benchmark be another one than its author thinks.
    model_config = ConfigDict(extra="forbid", frozen=True)


class Source(_Table):
    """Where the rows come from.

    Attributes:
        dataset: The data set's id on the Hugging Face hub.
        split: The split that is asked.
        also: Splits of copies of the data set that hold its rows among others, from which ``where`` picks them; asked
            where there is no such split.
        config: The configuration, for data sets that have several.
        revision: The commit to read; without one the newest is resolved once, when the data is opened.
        rows: How many rows are published, of those that ``where`` keeps.
        files: Files to download and read as a folder, for data sets that are not stored as tables.
    """

    dataset: str
    split: str
    also: tuple[str, ...] = ()
    config: str | None = None
    revision: str | None = None
    rows: int | None = Field(default=None, gt=0)
    files: tuple[str, ...] = ()


class Fields(_Table):
    """Which columns hold what.

    Attributes:
        id: The columns whose values, joined with ``/``, name a row; none: its position.
        question: The question; a list is a conversation whose last turn is asked.
        answer: The gold answer or answers.
        images: The image columns, in order; only the first must hold an image.
        options: The options, where they have a column of their own.
        context: A text that belongs before the question.
        cluster: The columns that group rows whose errors are not independent; none: the images.
        strata: What a random sample holds in the same shares as the whole: a subject, a type of chart.
        facts: What the images of a synthetic twin show: a list of statements for each image.
        stored: A prompt stored in a model's chat format, for protocols that send it as it is.
    """

    images: tuple[Names, ...] = Field(min_length=1)
    id: tuple[Names, ...] = ()
    question: Names = ()
    answer: Names = ()
    options: Names = ()
    context: Names = ()
    cluster: Names = ()
    strata: Names = ()
    facts: Names = ("facts",)
    stored: Names = ()


class KindColumn(_Table):
    """Reads an item's kind from a column. A value that is listed under neither kind is an error."""

    column: Names
    choice: tuple[str, ...]
    short: tuple[str, ...]


class Options(_Table):
    """How a row states its options.

    Attributes:
        format: ``list`` (also a Python list in a string, or a table ``{"A": ..., "B": ...}``), ``columns`` (one each),
            ``lettered`` (``A. x; B. y`` in a string, or in a list), or ``fixed`` (the same in every row).
        columns: The columns of ``columns``.
        after: Where ``lettered`` options start in the question, for rows without a column of options.
        drawn: For ``lettered`` rows whose options stand in the image alone: where they are stated nevertheless; their
            letters, and not their texts, become the options.
        fixed: The options of ``fixed``, and of ``lettered`` where a row states none.
    """

    format: Literal["list", "columns", "lettered", "fixed"] = "list"
    columns: tuple[str, ...] = ()
    after: str = ""
    drawn: Names = ()
    fixed: tuple[str, ...] = ()


class AnswerRule(_Table):
    """How the gold answer is read.

    Attributes:
        choice: Whether a multiple-choice gold is the option's letter, its text, or its index from 0.
        take: Of a list of golds, accept all or only the last.
        literal: Read a string that looks like a Python list as one.
        empty: Whether an empty gold is data rather than a mistake.
    """

    choice: Literal["letter", "text", "index"] = "letter"
    take: Literal["all", "last"] = "all"
    literal: bool = False
    empty: bool = False


class Where(_Table):
    """Keeps the rows whose column holds one of some values."""

    column: Names
    equals: tuple[str, ...] = Field(min_length=1)


class Question(_Table):
    """One of several questions in a row.

    Attributes:
        name: Ends the item's id.
        templated: Whether the question column holds a key of ``[templates]`` instead of a text.
        columns: Columns that only this question's scorer reads.
        constants: Values handed to the scorer as they stand.
    """

    name: str
    question: Names
    answer: Names
    templated: bool = False
    columns: dict[str, Names] = {}
    constants: dict[str, str] = {}


class Place(_Table):
    """The columns that say which part of a figure a templated question is about."""

    text: Names
    row: Names
    column: Names


class Definition(_Table):
    """A benchmark, as its TOML file states it.

    Attributes:
        name: What ``--benchmark`` takes, and the data folder's name.
        title: The benchmark's published name.
        summary: One sentence.
        licence: The data's licence.
        homepage: Where the authors describe it.
        citation: BibTeX.
        scoring: Scoring edition to scorer.
        kind: ``choice``, ``short``, ``options`` (``choice`` where a row has options), or a column that says.
        ask: What is asked where a row has no question of its own.
        abstain: The word of the benchmark's own golds for a question that cannot be answered; the reasoner is asked
            for it in place of the protocol's.
        columns: Scorer's fields, each read from a column that must be there.
        columns_if_present: The same for columns that may be missing.
        where: All must hold for a row to be used.
        questions: For rows that hold several questions.
        only: Of those, the names to ask; none: all.
        templates: The texts of templated questions; ``{place}`` is filled in.
        place: Where the parts of a figure are named.
        excluded: Rows that are known to be broken at the source: id to reason. They count as nothing.
        caprl_file: This benchmark's file among CapRL's question files.
        default_variant: The variant that the plain name stands for.
        variants: Variant to the tables it replaces or adds to.
        variant: The variant this definition was loaded as; empty for the plain name.
    """

    # It becomes the name of a folder and part of a spec: no path can be made of it.
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")
    title: str
    summary: str
    licence: str
    homepage: str
    citation: str
    source: Source
    fields: Fields
    scoring: dict[str, str] = Field(min_length=1)
    kind: Literal["choice", "short", "options"] | KindColumn = "options"
    options: Options = Options()
    answer: AnswerRule = AnswerRule()
    ask: str = ""
    abstain: str = ""
    columns: dict[str, Names] = {}
    columns_if_present: dict[str, Names] = {}
    where: tuple[Where, ...] = ()
    questions: tuple[Question, ...] = ()
    only: tuple[str, ...] = ()
    templates: dict[str, str] = {}
    place: Place | None = None
    excluded: dict[str, str] = {}
    caprl_file: str | None = None
    default_variant: str | None = None
    variants: dict[str, dict[str, object]] = {}
    variant: str = ""

    @property
    def full_name(self) -> str:
        """The name with its variant, as it stands in tables: ``mmmu_pro:vision``."""
        return f"{self.name}:{self.variant}" if self.variant else self.name

    @property
    def folder(self) -> str:
        """The benchmark's folder in a data folder: one for all its variants, but for CapRL's questions."""
        return CAPRL if self.is_caprl else self.name

    @property
    def asked(self) -> tuple[Question, ...]:
        """The questions asked of each row, at least one."""
        # Most benchmarks ask one question a row; they are read as the list of one.
        if not self.questions:
            return (Question(name="", question=self.fields.question, answer=self.fields.answer),)
        return tuple(question for question in self.questions if not self.only or question.name in self.only)

    @property
    def is_caprl(self) -> bool:
        """Whether CapRL's question file is meant: the variant ``caprl``, unless the file defines one of that name."""
        return self.variant == CAPRL and CAPRL not in self.variants

    @property
    def letters_in_image(self) -> bool:
        """Whether the options' letters stand in the image, so that the options cannot be shown in another order."""
        # Rows without a question ask in their picture, letters and all (MMMU-Pro's vision rows).
        asked_in_image = not self.questions and not self.fields.question
        return bool(self.options.fixed) or asked_in_image

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        # All this would be found at the first row too: after the download, and without the key's name.
        if not self.questions and not self.fields.answer:
            raise ValueError("fields.answer is missing")
        if not self.questions and not (self.fields.question or self.ask):
            raise ValueError("fields.question is missing (or ask, for rows without a question)")
        if any(question.templated for question in self.questions) and not self.templates:
            raise ValueError("a templated question needs [templates]")
        # A name that is misspelt would silently ask less.
        if unknown := set(self.only) - {question.name for question in self.questions}:
            raise ValueError(f"only names no question: {', '.join(sorted(unknown))}")
        if self.options.format in ("columns", "fixed") and not getattr(self.options, self.options.format):
            raise ValueError(f"options.{self.options.format} is missing")
        return self
