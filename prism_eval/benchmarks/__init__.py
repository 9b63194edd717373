"""Benchmarks: definitions, the places their data comes from, and the items read from them."""

from prism_eval.benchmarks.benchmark import Benchmark
from prism_eval.benchmarks.catalogue import definition_names, load_definition, read_definition, shipped_definition
from prism_eval.benchmarks.checks import gold_problem, image_problem, opens, why_none
from prism_eval.benchmarks.completeness import what_is_missing
from prism_eval.benchmarks.definition import Definition
from prism_eval.benchmarks.describe import Description, describe
from prism_eval.benchmarks.download import Download, download
from prism_eval.benchmarks.opening import available, open_benchmark, open_readable
from prism_eval.benchmarks.reading.image_check import check_image
from prism_eval.benchmarks.rows import Row, RowError
from prism_eval.benchmarks.skeleton import skeleton
from prism_eval.benchmarks.sources.source import RowSource
from prism_eval.benchmarks.verify import VerifyReport, verify

__all__ = [
    "Benchmark",
    "Definition",
    "Description",
    "Download",
    "Row",
    "RowError",
    "RowSource",
    "VerifyReport",
    "available",
    "check_image",
    "definition_names",
    "describe",
    "download",
    "gold_problem",
    "image_problem",
    "load_definition",
    "open_benchmark",
    "open_readable",
    "opens",
    "read_definition",
    "shipped_definition",
    "skeleton",
    "verify",
    "what_is_missing",
    "why_none",
]
