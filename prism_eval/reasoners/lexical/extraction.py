"""The statement that answers a question, and the words of it that are the answer."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prism_eval.reasoners.lexical.question import Question, Wanted
from prism_eval.reasoners.lexical.statements import Reading, Statement
from prism_eval.reasoners.lexical.tokens import Token, tokenize
from prism_eval.reasoners.lexical.vocabulary import NEGATIONS, STOPWORDS

# What a statement says comes after its verb of being, or after the mark that stands for one in a label.
_COPULA = re.compile(r"\b(?:is|are|was|were|equals|reads|at)\b|[:=|]", re.IGNORECASE)
# Words. A longer run is a clause, and no rule for short answers accepts one.
_LONGEST_ANSWER = 8


def extract(question: Question, reading: Reading, *, least: float) -> tuple[float, str] | None:
    """The answer that the best supporting statement holds, with the share of the question it supports.

    Args:
        question: What is asked.
        reading: The caption.
        least: The smallest share that counts as evidence, in [0, 1].
    """
    for support, statement in best_statements(question, reading, least=least):
        answer = _answer(question, statement)
        if answer:
            return support, answer
    return None


def best_statements(question: Question, reading: Reading, *, least: float) -> list[tuple[float, Statement]]:
    """The statements about what is asked, best first; of equals the shorter, then the earlier."""
    # A caption names its subject once, at the start; what follows is about it without saying so.
    introduced = reading.statements[0].keys if reading.statements else frozenset()
    fitting = [
        (support, statement)
        for support, statement in reading.supports(question.keys)
        if support >= least and question.anchors <= statement.keys | introduced
    ]
    # Five: an answer from further down is likelier about something else.
    return sorted(fitting, key=lambda found: (-found[0], len(found[1].text)))[:5]


def _answer(question: Question, statement: Statement) -> str | None:
    if question.wanted is Wanted.YES_NO:
        return _yes_or_no(question, statement)
    # What the question says already cannot be its answer.
    new = [token for token in tokenize(statement.text) if token.key not in question.known]
    copula = _last_copula(statement, new)
    if question.wanted in (Wanted.NUMBER, Wanted.YEAR):
        fitting = [token for token in new if token.value is not None]
        if question.wanted is Wanted.YEAR:
            fitting = [token for token in fitting if token.year]
        # "In 2014 sales were 12": first what comes after the verb, else the last that stands before it.
        after = [token for token in fitting if token.start >= copula]
        return next((_number(statement, token) for token in (*after, *reversed(fitting))), None)
    spans = [span for run in _spans(statement, question) if (span := _trimmed(run, statement.text))]
    after_copula = [span for span in spans if span[0].start >= copula]
    return next((_text(statement, span) for span in (*after_copula, *spans)), None)


def _yes_or_no(question: Question, statement: Statement) -> str:
    said = statement.keys - question.known
    if "yes" in said:
        return "Yes"
    # A statement that shares the question's words says yes to it, unless it denies.
    return "No" if bool(said & NEGATIONS) else "Yes"


def _last_copula(statement: Statement, new: list[Token]) -> int:
    """Where the last ``is`` ends that something new comes after; 0 if there is none."""
    last_new = new[-1].start if new else 0
    ends = [match.end() for match in _COPULA.finditer(statement.text) if match.end() <= last_new]
    return ends[-1] if ends else 0


def _spans(statement: Statement, question: Question) -> Iterator[list[Token]]:
    """Runs of words that the question does not hold."""
    run: list[Token] = []
    for token in tokenize(statement.text):
        if token.key in question.known:
            yield run
            run = []
        else:
            run.append(token)
    yield run


def _trimmed(run: list[Token], text: str) -> list[Token]:
    telling = [index for index, token in enumerate(run) if token.key not in STOPWORDS or _is_name(token, text)]
    return run[telling[0] : telling[-1] + 1][:_LONGEST_ANSWER] if telling else []


def _is_name(token: Token, text: str) -> bool:
    return token.start > 0 and text[token.start].isupper()


def _number(statement: Statement, token: Token) -> str:
    return statement.text[token.start : token.end].replace(",", "")


def _text(statement: Statement, span: list[Token]) -> str:
    # The sign after it belongs to an answer, and is in no token.
    end = span[-1].end
    if statement.text[end : end + 1] in ("%", "°", ")"):
        end += 1
    return statement.text[span[0].start : end]
