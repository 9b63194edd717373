"""``--benchmark lmms:TASK``: lmms-eval's documents, prompts and grading; our captions and answers."""

from __future__ import annotations

import importlib.util
import io
import json

import pytest
from PIL import Image as Pillow

import prism_eval
from prism_eval.benchmarks import describe, open_benchmark, verify
from prism_eval.errors import DataError, MissingExtra, UnknownName, UsageError
from prism_eval.schema import Answer, AnswerForm, FinishReason, Item, Outcome

needs_lmms_eval = [pytest.mark.lmms, pytest.mark.filterwarnings("ignore"), pytest.mark.usefixtures("lmms_eval")]


class Parrot(prism_eval.Reasoner):
    """Answers each question as it is told; says nothing to the others."""

    def __init__(self, answers: dict[str, str]) -> None:
        self.answers = answers

    @property
    def identity(self):
        return {"plugin": "parrot", "version": "1", "answers": self.answers}

    async def answer(self, caption, item, *, sample):
        return Answer(self.answers.get(item.id, ""))


@pytest.mark.skipif(importlib.util.find_spec("lmms_eval") is not None, reason="lmms-eval is installed")
def test_without_lmms_eval_the_message_says_what_to_install():
    with pytest.raises(MissingExtra, match=r"pip install 'prism-eval\[lmms\]'"):
        open_benchmark("lmms:chartqa", "hub")


class TestWithLmmsEval:
    pytestmark = needs_lmms_eval

    def test_documents_are_items_with_lmms_evals_own_prompt(self, tasks, shared):
        benchmark = open_benchmark("lmms:chartqa_local", tasks)
        items = list(benchmark.items())
        row = json.loads((shared / "data/chartqa/data.jsonl").read_text().splitlines()[0])
        assert benchmark.name == items[0].benchmark == "lmms:chartqa_local"
        assert benchmark.size() == len(items) == 6
        assert items[0].question == f"{row['query']}\nAnswer the question with a single word."
        assert items[0].golds == (row["label"],)
        with (
            Pillow.open(io.BytesIO(items[0].images[0].data)) as shown,
            Pillow.open(shared / "data/chartqa/images" / row["imgname"]) as real,
        ):
            assert shown.tobytes() == real.convert("RGB").tobytes()

    def test_questions_on_one_image_share_its_bytes(self, tasks):
        items = list(open_benchmark("lmms:chartqa_local", tasks).items())
        assert items[0].images[0].digest == items[1].images[0].digest
        assert items[0].cluster == items[1].cluster == items[0].images[0].digest

    def test_images_between_words_keep_their_places(self, tasks):
        first, second, *_ = open_benchmark("lmms:mmmu_local", tasks).items()
        assert len(first.images) == 1
        assert first.question.startswith("Look at\n<image 1>\n")
        assert len(second.images) == 2
        assert second.question.index("<image 1>") < second.question.index("<image 2>")
        assert "Answer with the option's letter" in second.question

    def test_a_task_file_is_named_by_its_path(self, tasks):
        assert open_benchmark(f"lmms:{tasks / 'mmstar_local.yaml'}", "hub").name == "lmms:mmstar_local"

    def test_it_is_described_and_verified_like_any_benchmark(self, tasks):
        benchmark = open_benchmark("lmms:mmstar_local", tasks)
        assert verify(benchmark).ok
        assert describe(benchmark).items == 6

    @pytest.mark.parametrize(
        ("name", "error", "message"),
        [
            ("lmms:chartqa_lokal", UnknownName, "did you mean 'chartqa_local'"),
            ("lmms:no/such.yaml", DataError, "no such task file"),
            ("lmms:mmstar", DataError, "lmms:mmstar cannot be opened"),
            ("lmms:mmmu", UsageError, "group of several tasks"),
        ],
    )
    def test_what_cannot_be_opened_says_so_in_one_line(self, tasks, name, error, message):
        with pytest.raises(error, match=message) as caught:
            open_benchmark(name, tasks)
        assert "\n" not in str(caught.value)

    def test_a_task_that_shows_video_is_refused(self, tasks):
        with pytest.raises(DataError, match="document 0: it shows video, and only images can be captioned"):
            list(open_benchmark("lmms:own_video", tasks).items())

    @pytest.mark.parametrize(
        ("reply", "outcome", "score"),
        [
            ("{gold}", Outcome.CORRECT, 1.0),
            ("I think so.\nAnswer: {gold}", Outcome.CORRECT, 1.0),
            ("<think>hm</think>{gold}", Outcome.CORRECT, 1.0),
            ("no idea whatever", Outcome.WRONG, 0.0),
            ("Answer: cannot answer", Outcome.ABSTAINED, 0.0),
            ("", Outcome.UNPARSED, 0.0),
        ],
    )
    def test_the_score_is_that_of_process_results(self, tasks, reply, outcome, score):
        benchmark = open_benchmark("lmms:chartqa_local", tasks)
        item = next(benchmark.items())
        verdict = benchmark.scorer.score(item, Answer(reply.format(gold=item.golds[0])), AnswerForm())
        assert (verdict.outcome, verdict.score) == (outcome, score)

    def test_a_cut_reply_is_told_apart(self, tasks):
        benchmark = open_benchmark("lmms:chartqa_local", tasks)
        cut = Answer("The chart shows", FinishReason.LENGTH)
        assert benchmark.scorer.score(next(benchmark.items()), cut, AnswerForm()).outcome is Outcome.TRUNCATED

    @pytest.mark.parametrize("task", ["mmmu_local", "mmstar_local"])
    def test_metrics_that_are_no_numbers_are_aggregated_for_each_answer_alone(self, tasks, task):
        benchmark = open_benchmark(f"lmms:{task}", tasks)
        item = next(benchmark.items())
        wrong = "A" if item.golds[0] != "A" else "B"
        scores = [benchmark.scorer.score(item, Answer(text), AnswerForm()).score for text in (item.golds[0], wrong)]
        assert scores == [1.0, 0.0]

    def test_what_lmms_eval_cannot_grade_has_failed(self, tasks):
        benchmark = open_benchmark("lmms:own", tasks)
        verdict = benchmark.scorer.score(next(benchmark.items()), Answer("boom"), AnswerForm())
        assert (verdict.outcome, verdict.score) == (Outcome.FAILED, None)
        assert verdict.note == "lmms-eval's grading of own failed: ValueError: no grade for boom"

    def test_a_dead_judge_grades_nothing(self, tasks):
        benchmark = open_benchmark("lmms:own_judged", tasks)
        verdict = benchmark.scorer.score(next(benchmark.items()), Answer("4"), AnswerForm())
        assert (verdict.outcome, verdict.score) == (Outcome.FAILED, None)
        assert "judge for own_judged failed: the judge is dead" in verdict.note

    def test_a_run_ends_with_lmms_evals_own_numbers(self, tasks, tmp_path):
        items: dict[str, Item] = {item.id: item for item in open_benchmark("lmms:own", tasks).items()}
        answers = {"0": items["0"].golds[0], "1": "wrong", "2": "boom"}
        result = prism_eval.evaluate(
            "blind",
            reasoner=Parrot(answers),
            benchmarks="lmms:own",
            data=tasks,
            protocol="lmms",
            out=tmp_path / "run",
            store=tmp_path / "store.sqlite",
        )
        assert result.failed == 1
        assert result.counts.outcomes == {"correct": 1, "wrong": 1, "failed": 1, "unparsed": 1}
        (own,) = json.loads((tmp_path / "run" / "manifest.json").read_text())["aggregates"]
        assert own == {
            "benchmark": "lmms:own",
            "captioner": "blind",
            "reasoner": "parrot",
            "sample": 0,
            "answers": 3,
            "failed": 1,
            "metrics": {"share": pytest.approx(100 / 3)},
        }
        assert result.leaderboard.own[0].numbers["share"] == ("33.33",)
