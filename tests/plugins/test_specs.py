from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prism_eval.errors import UsageError
from prism_eval.plugins.specs import Spec, split_specs


def test_a_full_spec_is_read():
    spec = Spec.parse("openai:Qwen/Qwen2.5-VL-72B?base_url=http://host:8000/v1&temperature=0.5&label=big")
    assert (spec.name, spec.model, spec.label) == ("openai", "Qwen/Qwen2.5-VL-72B", "big")
    assert spec.options == {"base_url": "http://host:8000/v1", "temperature": "0.5"}


def test_parts_nest():
    spec = Spec.parse("budget(merge(ocr, oracle?recall=0.5))?words=50")
    (merge,) = spec.parts
    assert spec.options == {"words": "50"}
    assert [part.name for part in merge.parts] == ["ocr", "oracle"]
    assert merge.parts[1].options == {"recall": "0.5"}


@pytest.mark.parametrize("text", ["", "?x=1", "merge(ocr", "ocr)x", "ocr?recall", "ocr?=1", "merge(ocr)blind"])
def test_what_is_not_a_spec_is_refused_in_one_line(text):
    with pytest.raises(UsageError) as caught:
        Spec.parse(text)
    assert "\n" not in str(caught.value)


@given(st.text(min_size=1, alphabet=st.characters(codec="utf-8")))
def test_any_value_survives_percent_encoding(value):
    assert Spec.parse(f"ocr?prompt={quote(value, safe='')}").options == {"prompt": value}


@given(st.text())
def test_parsing_never_fails_otherwise(text):
    try:
        Spec.parse(text)
    except UsageError:
        return


def test_commas_inside_parentheses_do_not_split():
    assert split_specs("a, merge(b,c) ,,d") == ["a", "merge(b,c)", "d"]
