import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prism_eval.captioners import CAPTIONER
from prism_eval.errors import UsageError
from prism_eval.plugins import build
from prism_eval.plugins.specs import Spec, split_specs


def test_a_full_spec_is_read():
    spec = Spec.parse("openai:Qwen/Qwen2.5-VL-72B?base_url=http://host:8000/v1&temperature=0.5&label=big")
    assert (spec.name, spec.model, spec.label) == ("openai", "Qwen/Qwen2.5-VL-72B", "big")
    assert spec.options == {"base_url": "http://host:8000/v1", "temperature": "0.5"}


def test_what_is_said_of_a_model_is_no_option():
    spec = Spec.parse("budget(openai:m?price_in=0.15&price_out=0.6&params_b=7&label=a&seed=1)?words=9&params_b=3.5")
    assert spec.about == {"price_in": 0.15, "price_out": 0.6, "params_b": 3.5}
    assert (spec.options, spec.parts[0].options) == ({"words": "9"}, {"seed": "1"})
    assert Spec.parse(spec.written()).about == spec.about
    assert spec.asked.written() == "budget(openai:m?seed=1&label=a)?words=9"
    # Of two parts neither holds for the whole.
    assert Spec.parse("merge(a?params_b=3, b?params_b=3)").about == {}


@pytest.mark.parametrize("value", ["free", "-1", "nan", "inf", ""])
def test_what_is_no_number_of_a_model_is_refused(value):
    with pytest.raises(UsageError, match=r"price_in='.*' in 'ocr\?price_in=.*' will not do: give a number, 0 or more"):
        Spec.parse(f"ocr?price_in={value}")


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


# A percent sign in a value begins an escape, in JSON as elsewhere.
JSON_TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="%"), max_size=5)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | JSON_TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a&b", "c,d", "(", "}"]), inner),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(["top_k", "a=b", "?", ")"]), JSON_VALUES, max_size=3), st.booleans())
def test_json_is_one_value_wherever_it_stands(extra, ascii_only):
    text = json.dumps(extra, ensure_ascii=ascii_only)
    for written in (text, quote(text, safe="")):
        spec = f"openai:m?extra_body={written}&label=x"
        (part,) = Spec.parse(f"budget({spec}, ocr)?words=5").parts[:1]
        assert [Spec.parse(one).options for one in split_specs(f"{spec},ocr")] == [{"extra_body": text}, {}]
        assert part.options == Spec.parse(spec).options == Spec.parse(part.written()).options == {"extra_body": text}


@pytest.mark.parametrize("value", ["{caption}, then {question}", "{", "[x", '{"half": ', "[" * 5000])
def test_braces_that_are_no_json_stay_what_they_were(value):
    assert Spec.parse(f"ocr?prompt={value}&label=x").options == {"prompt": value}


def test_a_spec_of_thousands_of_parts_is_refused_at_once() -> None:
    with pytest.raises(UsageError, match="has 20,000 parts"):
        Spec.parse(f"merge({','.join(['blind'] * 20_000)})")


def test_a_number_that_no_counter_holds_is_refused_before_the_first_call() -> None:
    with pytest.raises(UsageError, match="nothing counts so far"):
        build(CAPTIONER, Spec.parse(f"budget(blind)?words={10**30}"), {})
