"""Every command that a message, a page or a help text names exists, with its flags."""

import functools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from prism_eval.cli.app import app

ROOT = Path(__file__).parents[2]
PLACES = [path for folder in ("prism_eval", "examples", "benchmarks") for path in (ROOT / folder).rglob("*.py")]
PLACES += [path for folder in ("docs", "examples", "benchmarks", "reports") for path in (ROOT / folder).rglob("*.md")]
PLACES += [*list((ROOT / "prism_eval").rglob("*.html")), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
NAMED = re.compile(r"\bprism-eval ((?:[a-z]+ ?)+)([^`\n]*)")
FLAG = re.compile(r"(?<=\s)--?[a-z][a-z-]*")
# What `prism-eval` is followed by where prose goes on, and no command is meant.
PROSE = {
    "adds", "and", "as", "asks", "at", "authors", "benchmark", "costs", "does", "in", "installed", "is",
    "itself", "keeps", "knows", "made", "needs", "raises", "reads", "refuses", "reproduces", "runs", "says",
    "that", "turns", "version", "vllm", "which", "writes",
}  # fmt: skip


def named(path: Path) -> Iterator[tuple[int, list[str], list[str]]]:
    """The line, the words and the flags of each command in a file."""
    text = path.read_text(encoding="utf-8").replace("\\\n", " ")
    for match in NAMED.finditer(text):
        # A command ends where the next one begins. The blank before a first flag went to the words.
        rest = re.split(r"\s(?:&&|#|;)\s|\s{2,}|\"|\)", match[2])[0]
        blank = " " * match[1].endswith(" ")
        yield text.count("\n", 0, match.start()) + 1, match[1].split(), FLAG.findall(blank + rest)


@functools.cache
def program():
    return typer.main.get_command(app)


def verb(words: list[str]):
    """The command that the words lead to, as far as they are verbs."""
    command = program()
    for word in words:
        deeper = getattr(command, "commands", {}).get(word)
        if deeper is None:
            break
        command = deeper
    return command


def test_commands_are_found_and_most_are_verbs():
    found = [words for path in PLACES for _, words, _ in named(path)]
    assert len(found) > 100
    root = program()
    assert {words[0] for words in found} >= set(root.commands) - {"doctor"}


@pytest.mark.parametrize("path", PLACES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_what_is_named_exists(path):
    root = program()
    for line, words, flags in named(path):
        command = verb(words)
        if command is root:
            assert words[0] in PROSE, f"{path}:{line}: no verb {words[0]!r}"
            continue
        # Behind a group may stand a word that is no verb: `benchmarks chartqa --data DIR`.
        verbs = [command, *getattr(command, "commands", {}).values()]
        known = {
            flag for one in verbs for parameter in one.params for flag in (*parameter.opts, *parameter.secondary_opts)
        } | {"--help", "-h"}
        assert set(flags) <= known, f"{path}:{line}: {command.name} has no {set(flags) - known}"
