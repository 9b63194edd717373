import pytest

from prism_eval.errors import UnknownName, UsageError
from prism_eval.protocols import load_protocol, protocol_names


def test_every_protocol_that_is_shipped_loads():
    assert "standard" in protocol_names()
    for name in protocol_names():
        protocol = load_protocol(name)
        assert protocol.name == name
        assert protocol.form.marker in protocol.answer.choice_prompt or protocol.form.boxed


def test_prompts_put_the_caption_first_and_the_question_last():
    for name in protocol_names():
        answer = load_protocol(name).answer
        for prompt in (answer.choice_prompt, answer.short_prompt):
            assert prompt.index("{caption}") < prompt.index("{question}")


def test_a_misspelt_protocol_says_what_was_meant():
    with pytest.raises(UnknownName, match="did you mean 'standard'"):
        load_protocol("standrad")


def test_a_protocol_of_one_s_own(tmp_path):
    path = tmp_path / "mine.toml"
    with pytest.raises(UsageError, match="cannot read the protocol"):
        load_protocol(str(path))
    path.write_text('name = "mine"\nsummary = "x"\nedition = "kind"\n', encoding="utf-8")
    with pytest.raises(UsageError, match=r"mine\.toml: edition"):
        load_protocol(str(path))
