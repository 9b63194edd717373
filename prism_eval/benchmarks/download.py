"""Fetching a benchmark's data set from the hub into a folder that ``--data`` reads: the files of its split alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from prism_eval.benchmarks.catalogue import load_definition
from prism_eval.benchmarks.definition import Definition
from prism_eval.benchmarks.sources.caprl import caprl_definition
from prism_eval.benchmarks.sources.hub import failures, files_on_hub, unreachable
from prism_eval.benchmarks.sources.splits import FORMATS, choose_files
from prism_eval.benchmarks.sources.tree import CARD, read_card
from prism_eval.errors import DataError, MissingExtra

Say = Callable[[str], None]


@dataclass(frozen=True)
class Download:
    """What a download has left.

    Attributes:
        definition: The benchmark.
        folder: Where it lies.
        revision: The commit of the data set.
        files: How many files there are.
        size: What they have, in bytes.
    """

    definition: Definition
    folder: Path
    revision: str
    files: int
    size: int


def download(name: str, data: Path, *, say: Say) -> Download:
    """Fetch what a benchmark reads; what lies there already is not fetched again.

    Args:
        name: A benchmark, with a variant if wanted, or the path of a definition file.
        data: The data folder; the benchmark gets its own in it.
        say: Is told of each file before it is fetched.

    Raises:
        UnknownName: There is no such benchmark.
        DataError: The hub cannot be reached, has no such data set or does not show it, or the disk is full.
        MissingExtra: The ``hub`` extra is not installed.
    """
    definition = load_definition(name)
    if definition.is_caprl:
        definition = caprl_definition(definition)
    try:
        import huggingface_hub  # noqa: F401 - what is missing is said before anything is made
    except ImportError as error:
        raise MissingExtra("downloading from the Hugging Face hub", "hub") from error
    try:
        return _fetched(definition, data / definition.folder, say)
    except failures() as error:
        raise unreachable(definition.source, error) from error


def _fetched(definition: Definition, folder: Path, say: Say) -> Download:
    from huggingface_hub import hf_hub_download

    source = definition.source
    revision, sizes = files_on_hub(source)

    def fetch(name: str) -> None:
        # The library notes the commit beside the file, passes over what is whole and goes on with what is not.
        hf_hub_download(source.dataset, name, repo_type="dataset", revision=revision, local_dir=folder)

    # The card first: it may say which files are the split's.
    if CARD in sizes:
        fetch(CARD)
    wanted = _wanted(definition, sizes, read_card(folder))
    for number, name in enumerate(wanted, start=1):
        path = folder / name
        there = path.is_file() and path.stat().st_size == sizes[name]
        state = "is there already" if there else f"{sizes[name] / 1e6:,.1f} MB"
        say(f"{definition.full_name}: {number} of {len(wanted)}, {name}: {state}")
        fetch(name)
    return Download(definition, folder, revision, len(wanted), sum(sizes[name] for name in wanted))


def _wanted(definition: Definition, sizes: Mapping[str, int], card: str) -> list[str]:
    """The files that hold the benchmark's rows, and archives of images where the rows name them by path."""
    source = definition.source
    where = f"data set {source.dataset}"
    if source.files:
        if lacking := [name for name in source.files if name not in sizes]:
            raise DataError(f"{where} no longer holds {', '.join(lacking)}")
        return list(source.files)
    tables = [path for path in map(PurePosixPath, sizes) if path.suffix in FORMATS]
    chosen = [file.path for file in choose_files(tables, source, card=card, where=where)]
    as_text = any(path.suffix != ".parquet" for path in chosen)
    archives = [name for name in sizes if as_text and name.endswith(".zip")]
    return [*map(str, chosen), *archives]
