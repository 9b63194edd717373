import tomllib

import pytest

from prism_eval.errors import UnknownName, UsageError
from prism_eval.plan.plan import make_plan, read_plan


def test_a_plan_survives_its_file(tmp_path):
    plan = make_plan({"captioners": ["ocr", 'file:a "b".jsonl'], "limit": 5, "edition": "strict"})
    (tmp_path / "plan.toml").write_text(plan.to_toml(), encoding="utf-8")
    assert make_plan(read_plan(tmp_path / "plan.toml")) == plan


def test_the_digest_covers_what_results_depend_on_and_nothing_else():
    plan = make_plan({"captioners": ["ocr"]})
    assert plan.digest == make_plan({"captioners": ["ocr"], "concurrency": 3, "patience": 9}).digest
    assert plan.digest != make_plan({"captioners": ["ocr"], "seed": 1}).digest


def test_what_is_said_of_a_model_changes_no_result():
    bare = make_plan({"captioners": ["openai:m?label=a", "my own"], "reasoner": "openai:r", "judge": "openai:j"})
    priced = make_plan(
        {
            "captioners": ["openai:m?params_b=3&price_in=0.1&label=a", "my own"],
            "reasoner": "openai:r?price_out=2",
            "judge": "openai:j?price_out=2",
        }
    )
    assert bare.digest == priced.digest
    assert bare.difference(priced) == ""
    assert priced.captioners[0].endswith("label=a")


def test_one_reasoner_is_a_plain_text_as_it_was_before_there_could_be_several(tmp_path):
    plan, listed = (make_plan({"captioners": ["ocr"], "reasoner": given}) for given in ("lexical", ["lexical"]))
    assert plan == listed == make_plan({"captioners": ["ocr"]})
    assert plan.model_dump(mode="json")["reasoner"] == tomllib.loads(plan.to_toml())["reasoner"] == "lexical"


def test_several_reasoners_survive_their_file_and_change_what_comes_after_the_captions(tmp_path):
    one = make_plan({"captioners": ["ocr"]})
    two = make_plan({"captioners": ["ocr"], "reasoner": ["lexical", "openai:m"]})
    (tmp_path / "plan.toml").write_text(two.to_toml(), encoding="utf-8")
    assert make_plan(read_plan(tmp_path / "plan.toml")) == two
    assert one.digest_through("caption") == two.digest_through("caption")
    assert one.digest_through("answer") != two.digest_through("answer")
    assert one.difference(two) == "reasoner"


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({}, "no captioner is named"),
        ({"captioners": []}, "no captioner is named"),
        ({"captioners": ["ocr", "ocr"]}, "'ocr' is named twice"),
        ({"captioners": ["ocr"], "reasoner": ["lexical", "lexical"]}, "the reasoner 'lexical' is named twice"),
        ({"captioners": ["ocr"], "reasoner": []}, "reasoner"),
        ({"captioners": ["ocr"], "reasoner": 5}, "reasoner"),
        ({"captioners": ["ocr"], "limit": -1}, "limit"),
        ({"captioners": ["ocr"], "edition": "lenient"}, "edition"),
        ({"captioners": ["ocr"], "concurrency": "many"}, "concurrency"),
    ],
)
def test_values_that_will_not_do_are_named_in_one_line(values, says):
    with pytest.raises(UsageError, match=says) as caught:
        make_plan(values)
    assert "\n" not in str(caught.value)


def test_an_unknown_key_says_what_was_meant():
    with pytest.raises(UnknownName, match=r"key in my.toml 'reasonr'; did you mean 'reasoner'"):
        make_plan({"captioners": ["ocr"], "reasonr": "lexical"}, where="my.toml")


def test_a_plan_file_that_cannot_be_read(tmp_path):
    with pytest.raises(UsageError, match="cannot read the plan"):
        read_plan(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_text("captioners = [", encoding="utf-8")
    with pytest.raises(UsageError, match="is not TOML") as caught:
        read_plan(tmp_path / "bad.toml")
    assert not isinstance(caught.value, tomllib.TOMLDecodeError)
