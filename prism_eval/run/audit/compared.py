"""Signs that a caption has only beside other texts: its questions, and all other captions of the run.

All that is compared lies in a database on disk that is gone with its connection: a run may have more captions than
memory has room for, and what is counted at its end is to cost no more of it than the run did.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from statistics import median
from typing import Self

from prism_eval.errors import RunError
from prism_eval.run.audit.echoes import said, sought
from prism_eval.run.folder import RunFolder
from prism_eval.run.reading import Table
from prism_eval.schema import Caption

MEANINGS = {
    "question": "all words of its question, which no other captioner has",
    "options": "all options of its question in their order or backwards, which no other captioner has",
    "repeated": "the very words that it has for another image",
    "long": "over four times the words that are usual on its image",
}
"""What is counted, by its name in tables."""

_LONG = 4
"""Times the median of all captions on its image from which one is an outlier."""
_FEW = 3
"""Captions on an image below which there is no median to speak of, and the whole run's stands for it."""

_TABLES = """
PRAGMA journal_mode = OFF;
CREATE TABLE asked (image TEXT, benchmark TEXT, item TEXT, question TEXT, options TEXT,
    PRIMARY KEY (image, benchmark, item)) WITHOUT ROWID;
CREATE TABLE told (captioner TEXT, image TEXT, name TEXT, words INTEGER, digest TEXT);
CREATE TABLE heard (image TEXT, kind TEXT, words TEXT, caption INTEGER, captioner TEXT, name TEXT);
"""
# A text that stands in the image may be repeated by whoever describes it, and what several captioners repeat is taken
# for such: only what one of them alone says is an echo.
_ECHOES = """
SELECT DISTINCT captioner, kind, name, caption FROM heard JOIN
    (SELECT image, kind, words FROM heard GROUP BY image, kind, words HAVING min(captioner) = max(captioner))
    USING (image, kind, words) ORDER BY caption, kind
"""
_REPEATED = """
SELECT captioner, min(name) FROM told JOIN
    (SELECT captioner, digest FROM told GROUP BY captioner, digest HAVING count(DISTINCT image) > 1)
    USING (captioner, digest) GROUP BY captioner, digest, image ORDER BY min(told.rowid)
"""
_MEDIAN = """
SELECT avg(words) FROM (SELECT words FROM told ORDER BY words
    LIMIT 2 - (SELECT count(*) FROM told) % 2 OFFSET ((SELECT count(*) FROM told) - 1) / 2)
"""


class Compared:
    """Takes captions one by one, and tells the signs of all of them at the end."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    @classmethod
    @contextmanager
    def beside_questions(cls, folder: RunFolder) -> Iterator[Self]:
        """One that knows what the verdicts of a run say was asked; without verdicts there are no echoes.

        Raises:
            RunError: The table cannot be read or holds what no run writes, or there is no room on the disk.
        """
        try:
            with closing(sqlite3.connect("")) as database:
                database.executescript(_TABLES)
                if folder.table("verdicts").exists():
                    columns = ("benchmark", "item", "question", "options")
                    rows = Table(folder.path, "verdicts").rows(["images", *columns])
                    # An item is asked of every entry, in orders and samples: once is enough.
                    database.executemany(
                        "INSERT OR IGNORE INTO asked VALUES (?, ?, ?, ?, ?)",
                        ((image, *map(row.get, columns)) for row in rows for image in row["images"] or ()),
                    )
                yield cls(database)
        except sqlite3.Error as error:
            raise RunError(f"cannot compare the captions of {folder.path} in a temporary file: {error}") from error

    def add(self, captioner: str, image: str, name: str, text: str) -> None:
        """Take a caption.

        Args:
            captioner: Its entry.
            image: The image's digest.
            name: The image's name.
            text: What it says.

        Raises:
            RunError: A question on its image has options that are no list.
        """
        # Blanks and characters that nobody sees make no caption of its own.
        words = said(text)
        digest = Caption(words["question"]).digest
        told = (captioner, image, name, Caption(text).words, digest)
        caption = self._database.execute("INSERT INTO told VALUES (?, ?, ?, ?, ?)", told).lastrowid
        asked = self._database.execute("SELECT item, question, options FROM asked WHERE image = ?", (image,))
        wanted = {one for row in asked for one in _sought(*row)}
        self._database.executemany(
            "INSERT INTO heard VALUES (?, ?, ?, ?, ?, ?)",
            ((image, kind, put, caption, captioner, name) for kind, put in wanted if put in words[kind]),
        )

    def signs(self) -> Iterator[tuple[str, str, str]]:
        """The entry, the sign and the image's name of each caption that has one."""
        for captioner, kind, name, _ in self._database.execute(_ECHOES):
            yield captioner, kind, name
        for captioner, name in self._database.execute(_REPEATED):
            yield captioner, "repeated", name
        yield from self._long()

    def _long(self) -> Iterator[tuple[str, str, str]]:
        ((whole,),) = self._database.execute(_MEDIAN)
        rows = self._database.execute("SELECT image, captioner, name, words FROM told ORDER BY image, rowid")
        for _, group in groupby(rows, itemgetter(0)):
            each = list(group)
            usual = median(words for *_, words in each) if len(each) >= _FEW else whole
            yield from ((who, "long", name) for _, who, name, words in each if words > _LONG * max(usual, 1))


@lru_cache(1024)  # the captions of one image lie near each other
def _sought(item: str, question: str, options: str) -> tuple[tuple[str, str], ...]:
    try:
        offered = [str(one) for one in json.loads(options)]
    except (ValueError, TypeError) as error:
        raise RunError(f"item {item}: its options are no list: score the run again") from error
    return tuple(sought(question or "", offered))
