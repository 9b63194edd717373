"""What a page holds of its items: a sample within its budget, whole where it fits, the same each time."""

import json

import pytest

from prism_eval.leaderboard import build
from prism_eval.plan import make_plan
from prism_eval.report.environment import environment
from prism_eval.report.explorer import anchor, explorer_of
from prism_eval.run.execute import run_plan
from tests.builders import chart_folder
from tests.runfolder import verdict, write_page, write_run

LONG = "word " * 20_000


def explorer(folder, **how):
    board = build(folder)
    return explorer_of(board, {row.captioner: row.captioner for row in board.everyone}, **how)


def size(made):
    return len(json.dumps([made.data["pieces"], made.data["pictures"]], ensure_ascii=False).encode())


@pytest.fixture
def real(tmp_path):
    data = chart_folder(tmp_path / "data", images=5, questions=3)
    plan = make_plan({"captioners": ["oracle", "blind"], "benchmarks": ["chartqa"], "data": str(data)})
    return run_plan(plan, out=tmp_path / "run", store=tmp_path / "store.sqlite").folder.path


def test_a_small_run_is_there_whole(real):
    made = explorer(real)
    assert made.drawn == "All 15 questions."
    assert made.pictures == ""
    assert len(made.plain) == 15
    listed = made.data["pieces"]["0"]
    part = made.data["pieces"]["0/0"]
    assert [item.id for item in listed] == [str(number) for number in range(15)]
    assert len(made.data["pictures"]) == 5
    assert all(picture.startswith("UklGR") for picture in made.data["pictures"])
    # Three questions on an image: the picture is there once, and so is each text.
    assert {item.picture for item in listed} == {1, 2, 3, 4, 5}
    assert len(part["texts"]) == len(set(part["texts"]))


def test_without_images_there_are_none_and_that_is_said(real):
    made = explorer(real, images=False)
    assert made.data["pictures"] == []
    assert "--no-images" in made.pictures
    assert {item.picture for item in made.data["pieces"]["0"]} == {0}


def test_a_run_from_before_says_that_it_has_no_pictures(tmp_path):
    made = explorer(write_run(tmp_path, [verdict("a", "one")]))
    assert "kept no pictures" in made.pictures
    assert "prism-eval score RUN" in made.pictures
    assert str(tmp_path) not in made.pictures


@pytest.mark.parametrize("most", [20_000, 100_000, 400_000])
def test_it_keeps_to_its_budget_and_says_how_it_was_drawn(tmp_path, most):
    rows = [
        verdict(f"c{place}", str(item), "correct" if (item + place) % 3 else "wrong", caption=f"{item} {place} " + LONG)
        for place in range(4)
        for item in range(60)
    ]
    made = explorer(write_run(tmp_path, rows), most=most)
    assert 0 < len(made.plain) < 60
    assert size(made) + sum(item.size for item in made.plain) <= most * 1.02
    assert made.drawn.startswith(
        f"{len(made.plain)} of 60 questions, drawn at random (seed 0), of each benchmark alike"
    )


@pytest.mark.parametrize("text", ["<td>'&\">" * 500, "&" * 4000, '"' * 4000, "\\" * 4000, "\x00" * 4000])
def test_characters_that_html_knows_are_counted_as_they_are_written(tmp_path, text):
    rows = [
        verdict(
            label,
            f"{item}",
            "wrong" if item % 2 else "correct",
            **dict.fromkeys(("caption", "answer"), f"{item}{label}{text}"),
        )
        for label in ("a", "b")
        for item in range(40)
    ]
    board = build(write_run(tmp_path, rows))
    made = explorer_of(board, {"a": "a", "b": "b"}, most=300_000)
    page = environment().get_template("_explorer.html").render(explorer=made, short={"a": "a", "b": "b"}, site=False)
    assert 0 < len(made.plain) < 40
    assert len(page.encode()) < 330_000


def test_one_item_too_large_for_the_page_does_not_empty_it(tmp_path):
    rows = [verdict("a", str(item), options=json.dumps([f"{item}"] * 4)) for item in range(20)]
    rows[7] = verdict("a", "7", "wrong", options=json.dumps([LONG] * 500), kind="choice")
    made = explorer(write_run(tmp_path, rows), most=200_000)
    assert len(made.plain) == 19


def test_long_texts_are_cut_and_what_is_cut_is_counted(tmp_path):
    long = dict.fromkeys(("question", "answer", "caption", "extracted", "note"), LONG)
    made = explorer(write_run(tmp_path, [verdict("a", "one", **long)]))
    part = made.data["pieces"]["0/0"]
    question, caption, answer = part["texts"]
    assert [question[1], caption[1], answer[1]] == [len(LONG) - 1500, len(LONG) - 4000, 1500 - len(LONG)]
    assert len(part["items"][0]["replies"][0].note) <= 400
    assert size(made) < 20_000


def test_options_and_golds_are_listed_where_scripts_do_not_run(tmp_path):
    rows = [verdict("a", "one", options='["Wind", "Solar"]', gold='["B"]', kind="choice", caption="Solar, not wind.")]
    page = write_page(write_run(tmp_path, rows)).read_text(encoding="utf-8")
    plain = page.split('id="explorer-plain"')[1].split("</article>")[0]
    assert '<li dir="auto">Wind</li><li dir="auto">Solar</li>' in plain
    assert "Accepted: <b" in plain
    assert "Solar, not wind." in plain


def test_repeats_are_counted_and_the_first_is_shown(tmp_path):
    rows = [verdict("a", "one", "wrong", sample=sample, answer=f"no. {sample}") for sample in range(4)]
    rows[0] |= {"outcome": "correct", "score": 1.0}
    part = explorer(write_run(tmp_path, rows)).data["pieces"]["0/0"]
    (reply,) = part["items"][0]["replies"]
    assert part["texts"][reply.answer] == "no. 0"
    assert reply.repeats == (4, 0.25)


def test_a_captioner_that_was_not_asked_has_no_reply(tmp_path):
    rows = [verdict("a", "one"), verdict("a", "two"), verdict("b", "two", "wrong")]
    made = explorer(write_run(tmp_path, rows))
    assert [item.outcomes for item in made.data["pieces"]["0"]] == ["a-", "ab"]
    assert made.data["pieces"]["0/0"]["items"][0]["replies"][1] is None


def test_nothing_of_a_text_can_end_the_script(tmp_path):
    hostile = "</script><!--<script>\u2028]]>"
    rows = [verdict("a", hostile, question=hostile, caption=hostile, answer=hostile, gold=json.dumps([hostile]))]
    page = write_page(write_run(tmp_path, rows)).read_text(encoding="utf-8")
    data = page.split('id="explorer-data">')[1].split("</script>")[0]
    assert not set(data) & {"<", ">", "&", "\u2028"}
    assert json.loads(data)["pieces"]["0"][0][1].startswith("</script><!--<script>")


@pytest.mark.parametrize(
    "ids",
    [
        ("x" * 200 + "one", "x" * 200 + "two", "x" * 200),
        ("a\x1b", "a\N{SYMBOL FOR ESCAPE}"),
        ("a\u202eb", "a\N{MATHEMATICAL LEFT ANGLE BRACKET}U+202E\N{MATHEMATICAL RIGHT ANGLE BRACKET}b"),
        ("a\nb", "a b"),
    ],
)
def test_items_that_look_alike_have_addresses_of_their_own(tmp_path, ids):
    made = explorer(write_run(tmp_path, [verdict("a", item) for item in ids]))
    listed = [item.id for item in made.data["pieces"]["0"]]
    assert len(set(listed)) == len(ids)
    assert all(len(one) <= 220 for one in listed)
    assert len({anchor("chartqa", one) for one in listed}) == len(ids)


def test_an_address_is_what_javascript_makes_of_it():
    assert anchor("mmmu_pro:vision", "a/b c'(1)~!*") == "item/mmmu_pro%3Avision/a%2Fb%20c'(1)~!*"
