"""docs/engines.md is what the plugins' fields are."""

import dataclasses

import pytest

from prism_eval.captioners import CAPTIONER
from prism_eval.engines import ENGINE
from prism_eval.judges import JUDGE
from prism_eval.plugins import settable
from prism_eval.plugins.registry import load
from prism_eval.reasoners import REASONER
from prism_eval.schema import Sampling
from tests.docs.engine_reference import PAGE, reference


def test_the_page_is_what_the_fields_are():
    assert PAGE.read_text(encoding="utf-8") == reference(), "write it again: python -m tests.docs.engine_reference"


@pytest.mark.parametrize("kind", [CAPTIONER, REASONER, JUDGE])
def test_every_option_has_a_row(kind):
    options = set(settable(load(ENGINE.name, "openai"))) | {field.name for field in dataclasses.fields(Sampling)}
    for cls in kind.around_engines.values():
        options |= set(settable(cls)) - {"engine", "sampling"}
    page = reference()
    assert [name for name in sorted(options) if page.count(f"| `{name}` | ") < 1] == []


def test_rows_say_defaults_and_what_they_are_part_of():
    page = reference()
    assert "| `timeout` | `120.0` | runtime | Seconds one call may take, " in page
    assert "| `base_url` | `$OPENAI_BASE_URL` | runtime | " in page
    assert "| `extra_body` | `{}` | identity | " in page
    assert "| `temperature` | the protocol's | identity | " in page
