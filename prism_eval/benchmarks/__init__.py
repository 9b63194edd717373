"""Benchmarks: definitions, the places their data comes from, and the items read from them."""

from prism_eval.benchmarks.available import available
from prism_eval.benchmarks.benchmark import Benchmark, open_benchmark
from prism_eval.benchmarks.catalogue import definition_names, load_definition, shipped_definition
from prism_eval.benchmarks.definition import Definition
from prism_eval.benchmarks.describe import Description, describe
from prism_eval.benchmarks.reading.image_check import check_image
from prism_eval.benchmarks.skeleton import skeleton
from prism_eval.benchmarks.verify import VerifyReport, verify

__all__ = [
    "Benchmark",
    "Definition",
    "Description",
    "VerifyReport",
    "available",
    "check_image",
    "definition_names",
    "describe",
    "load_definition",
    "open_benchmark",
    "shipped_definition",
    "skeleton",
    "verify",
]
