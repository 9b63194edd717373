import pytest

from prism_eval.errors import UnknownName, UsageError
from prism_eval.plan.protocol import load_protocol, protocol_names
from prism_eval.plugins import Spec, build
from prism_eval.reasoners import REASONER
from prism_eval.schema import NEUTRAL, Sampling
from prism_eval.scoring.extraction import read_form


def test_every_protocol_that_is_shipped_loads():
    assert "standard" in protocol_names()
    for name in protocol_names():
        protocol = load_protocol(name)
        assert protocol.name == name
        assert protocol.form.marker in protocol.answer.choice_prompt or protocol.form.boxed


def test_the_published_protocols_hold_what_was_published():
    caprl, prism = load_protocol("caprl"), load_protocol("prism")
    assert (caprl.edition, caprl.samples, caprl.form.boxed) == ("caprl", 4, True)
    assert caprl.caption.prompt == "Please describe this image in detail"
    whole = Sampling(temperature=1.0, top_p=1.0, max_tokens=2048, **NEUTRAL)
    assert caprl.caption.sampling == caprl.answer.sampling == whole
    assert (prism.samples, prism.caption.sampling) == (1, Sampling(temperature=0.0, max_tokens=512, **NEUTRAL))
    assert all("arXiv" in protocol.summary for protocol in (caprl, prism))


def test_every_protocol_says_what_a_server_would_else_take_from_the_model_s_own_defaults():
    for name in protocol_names():
        for sampling in (load_protocol(name).caption.sampling, load_protocol(name).answer.sampling):
            assert {key: getattr(sampling, key) for key in NEUTRAL} == NEUTRAL
            assert None not in (sampling.temperature, sampling.top_p)


def test_the_form_asked_for_is_read_back():
    for name in set(protocol_names()) - {"lmms"}:  # whose prompts are lmms-eval's own
        protocol = load_protocol(name)
        for prompt in (protocol.answer.choice_prompt, protocol.answer.short_prompt):
            assert "\\boxed{" in prompt if protocol.form.boxed else f'"{protocol.form.marker} X"' in prompt
            assert '"Answer: {abstain}"' in prompt or name == "caprl"
    assert read_form(r"So it is 7. <answer>\boxed{B}</answer>", load_protocol("caprl").form) == "B"


def test_every_protocol_can_prompt_and_rank():
    for name in protocol_names():
        settings = load_protocol(name).reasoner_settings(0)
        for spec in ("openai:m", "openai:m?by=rank"):
            assert build(REASONER, Spec.parse(spec), settings).no_caption == settings["no_caption"]
        assert settings["prior_prompt"].replace("{question}", "Q") in settings["rank_prompt"].replace("{question}", "Q")


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


def test_a_misspelt_sampling_key_is_refused(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(
        'name = "mine"\nsummary = "x"\n[caption]\nprompt = "p"\n[caption.sampling]\ntemprature = 1.0\n'
        '[answer]\nchoice_prompt = "c"\nshort_prompt = "s"\nno_caption = "n"\n',
        encoding="utf-8",
    )
    with pytest.raises(UsageError, match=r"caption\.sampling\.temprature"):
        load_protocol(str(path))
