from importlib import resources

import pytest

from prism_eval.errors import UnknownName, UsageError
from prism_eval.plan import make_plan
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
        # Prism's program asks for no form.
        assert protocol.form.marker in protocol.answer.choice_prompt or protocol.form.boxed or name == "prism"


def test_the_published_protocols_hold_what_was_published():
    caprl, robust, prism = map(load_protocol, ("caprl", "caprl-robust", "prism"))
    assert (caprl.edition, caprl.samples, caprl.form.boxed) == ("caprl", 4, True)
    assert (caprl.reading, robust.reading, robust.answer.stored) == ("official", "robust", "")
    for name in ("edition", "samples", "form"):
        assert getattr(caprl, name) == getattr(robust, name)
    assert caprl.caption == robust.caption.model_copy(update={"verbatim": True})
    assert caprl.caption.prompt == "Please describe this image in detail"
    whole = Sampling(temperature=1.0, top_p=1.0, max_tokens=2048, **NEUTRAL)
    assert caprl.caption.sampling == caprl.answer.sampling == whole
    assert (prism.edition, prism.samples) == ("prism", 1)
    assert prism.caption.sampling == Sampling(temperature=0.0, max_tokens=512, **NEUTRAL)
    assert prism.answer.sampling == Sampling(temperature=0.0, max_tokens=256, **NEUTRAL)
    assert prism.caption.prompt.startswith("Describe the fine-grained content of the image, including scenes, objects,")
    assert all("arXiv" in protocol.summary for protocol in (caprl, prism))


def test_prism_s_six_generic_prompts_are_asked_for_by_name():
    names = ("human1", "human2", "gpt1", "gpt2", "cot", "decompose")
    asked = {name: load_protocol(f"prism?caption.prompt={name}") for name in names}
    assert len({protocol.caption.prompt for protocol in asked.values()}) == 6
    assert asked["human1"].caption == load_protocol("prism").caption
    assert asked["cot"].caption.prompt.endswith("Let's think step by step.")
    assert asked["cot"].name == "prism?caption.prompt=cot"
    assert load_protocol("prism?prompt=cot").caption == asked["cot"].caption
    own = load_protocol("prism?caption.prompt=Say what you see.")
    assert own.caption.prompt == "Say what you see."


def test_a_misspelt_prompt_s_name_is_not_sent_to_the_model():
    with pytest.raises(
        UnknownName, match="unknown caption prompt of protocol 'prism' 'human3'; did you mean 'human2' or 'human1'"
    ):
        load_protocol("prism?caption.prompt=human3")


def test_a_protocol_of_one_s_own_may_name_prompts(tmp_path):
    file = tmp_path / "mine.toml"
    text = (resources.files("prism_eval.plan") / "protocols" / "standard.toml").read_text("utf-8")
    file.write_text(text + '\n[caption.prompts]\nshort = "Describe it briefly."\n', "utf-8")
    assert load_protocol(f"{file}?caption.prompt=short").caption.prompt == "Describe it briefly."
    assert load_protocol(str(file)).caption.prompt == load_protocol("standard").caption.prompt
    file.write_text(text + "\n[caption.prompts]\nshort = 7\n", "utf-8")
    with pytest.raises(UsageError, match=r"caption\.prompt: .*string"):
        load_protocol(f"{file}?caption.prompt=short")


def test_every_protocol_says_what_a_server_would_else_take_from_the_model_s_own_defaults():
    for name in protocol_names():
        for sampling in (load_protocol(name).caption.sampling, load_protocol(name).answer.sampling):
            assert {key: getattr(sampling, key) for key in NEUTRAL} == NEUTRAL
            assert None not in (sampling.temperature, sampling.top_p)


def test_the_form_asked_for_is_read_back():
    # The prompts of the one are lmms-eval's own; the programs of the others are as good at reading what they ask for.
    for name in set(protocol_names()) - {"lmms", "caprl", "prism"}:
        protocol = load_protocol(name)
        for prompt in (protocol.answer.choice_prompt, protocol.answer.short_prompt):
            assert "\\boxed{" in prompt if protocol.form.boxed else f'"{protocol.form.marker} X"' in prompt
            assert '"Answer: {abstain}"' in prompt or name in {"caprl-robust", "questions"}
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


PROMPT = "Please describe this image in detail."


@pytest.mark.parametrize(
    ("options", "read", "value"),
    [
        (f"caption.prompt={PROMPT}", lambda protocol: protocol.caption.prompt, PROMPT),
        (
            "caption.prompt=Red %26 blue%3F 50%25, as a=b",
            lambda protocol: protocol.caption.prompt,
            "Red & blue? 50%, as a=b",
        ),
        ("caption.prompt=What of x.toml?y", lambda protocol: protocol.caption.prompt, "What of x.toml?y"),
        ("caption.sampling.temperature=0.7", lambda protocol: protocol.caption.sampling.temperature, 0.7),
        ("answer.sampling.top_p=none", lambda protocol: protocol.answer.sampling.top_p, None),
        ("answer.no_caption=none", lambda protocol: protocol.answer.no_caption, "none"),
        ("form.boxed=false", lambda protocol: protocol.form.boxed, False),
        ("form.marker=A:", lambda protocol: protocol.form.marker, "A:"),
        ("samples=2", lambda protocol: protocol.samples, 2),
        ("edition=strict", lambda protocol: protocol.edition, "strict"),
    ],
)
def test_an_option_replaces_one_key_and_nothing_else(tmp_path, options, read, value):
    shipped = load_protocol("caprl")
    copy = tmp_path / "mine.toml"
    copy.write_text((resources.files("prism_eval.plan") / "protocols" / "caprl.toml").read_text("utf-8"), "utf-8")
    for name in ("caprl", str(copy)):
        changed = load_protocol(f"{name}?{options}")
        assert read(changed) == value != read(shipped)
        assert changed.name == f"caprl?{options}"
        before, after = shipped.model_dump(), changed.model_dump()
        assert sum(before[key] != after[key] for key in before) == 2  # its table, and the name


def test_several_options():
    changed = load_protocol("prism?samples=3&answer.sampling.max_tokens=64&caption.sampling.seed=none")
    assert (changed.samples, changed.answer.sampling.max_tokens, changed.caption.sampling.seed) == (3, 64, None)


def test_options_are_part_of_the_identity():
    digests = {
        make_plan({"captioners": ["oracle"], "protocol": name}).digest_through("caption")
        for name in ("caprl", f"caprl?caption.prompt={PROMPT}", "caprl?caption.prompt=Describe")
    }
    assert len(digests) == 3


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("caprl?caption.promt=x", "unknown key of protocol 'caprl' 'caption.promt'; did you mean 'caption.prompt'"),
        ("caprl?temperature=0", "'temperature'; known: answer.sampling.temperature, caption.sampling.temperature."),
        ("caprl?caption=x", "unknown key of protocol 'caprl' 'caption'; did you mean 'caption.prompt'"),
        ("caprl?name=x", "unknown key of protocol 'caprl' 'name'"),
        ("caprl?caption.prompt.x=y", "did you mean 'caption.prompt'"),
        ("caprl?caption.sampling.temperature=hot", "the protocol caprl: caption.sampling.temperature: Input should be"),
        ("caprl?caption.sampling.top_p=3", "the protocol caprl: caption.sampling: .*top_p must be above 0"),
        ("caprl?samples=0", "the protocol caprl: samples: Input should be greater than 0"),
        ("caprl?edition=kind", "the protocol caprl: edition"),
        ("caprl?samples=1&samples=2", "'samples' is given twice"),
        ("caprl?prompt=a&caption.prompt=b", "'caption.prompt' is given twice"),
        ("caprl?choice_prompt=a", "'choice_prompt'; did you mean 'direct.choice_prompt' or 'answer.choice_prompt'"),
        ("caprl?samples=1&x", "cannot read 'x' in .*: options are key=value"),
        ("carpl?samples=1", "unknown protocol 'carpl'; did you mean 'caprl'"),
        ("caprl?", "unknown protocol 'caprl\\?'; did you mean 'caprl'"),
        ("lost.toml?samples=1", "cannot read the protocol lost.toml"),
    ],
)
def test_a_wrong_option_is_told_in_one_line(name, message):
    with pytest.raises(UsageError, match=message) as caught:
        load_protocol(name)
    assert "\n" not in str(caught.value)


def test_a_table_that_is_none_is_the_files_fault(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('name = "mine"\nsummary = "x"\ncaption = 3\n', encoding="utf-8")
    with pytest.raises(UsageError, match=r"mine\.toml: caption"):
        load_protocol(f"{path}?caption.prompt=x")


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


def test_the_reading_is_a_key_of_a_protocol_and_told_only_where_it_is_not_our_own():
    own, theirs = load_protocol("standard"), load_protocol("standard?reading=official")
    assert (own.reading, theirs.reading) == ("robust", "official")
    assert "reading" not in own.facts()
    assert theirs.facts()["reading"] == "official"
    with pytest.raises(UsageError, match="reading: Input should be 'robust' or 'official'"):
        load_protocol("standard?reading=kind")
