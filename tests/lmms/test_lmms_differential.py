"""Our scorers beside lmms-eval's own `process_results`, over every recorded output and edge case there is.

Each reply goes to both as it is: to our scorer's parser and comparison (`Scorer.official`), and to the function that
lmms-eval's task names. The numbers of disagreements are exact, and explained in ``docs/lmms_eval.md``.
"""

from __future__ import annotations

import importlib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from prism_eval.schema import Item, ItemKind
from prism_eval.scoring.anls import ANLS
from prism_eval.scoring.base import Scorer
from prism_eval.scoring.chartqapro import ChartQAPro
from prism_eval.scoring.choice import MMStar, SeedBench2Plus, VisuLogic
from prism_eval.scoring.mathvision import MathVision
from prism_eval.scoring.mmmu import MMMU, MMMUPro
from prism_eval.scoring.relaxed import Relaxed

pytestmark = [pytest.mark.lmms, pytest.mark.filterwarnings("ignore"), pytest.mark.usefixtures("lmms_eval")]

VECTORS = Path(__file__).parents[1] / "scoring" / "fixtures" / "official_vectors.jsonl"
FOUR = ("Aurelia", "Matilda", "Hermione", "Juno")
Row = Mapping[str, Any]
Grader = Callable[[Item, str], float]


def item(row: Row) -> Item:
    golds = row.get("golds", row.get("gold"))
    golds = (golds,) if isinstance(golds, str) else tuple(golds)
    options = row.get("options") or ()
    options = tuple(options.values() if isinstance(options, dict) else options)
    kind = ItemKind.CHOICE if options and row.get("question_type") != "open" else ItemKind.SHORT
    extra = {key: row[key] for key in ("question_type", "year") if key in row} | row.get("extra", {})
    return Item(
        benchmark="b",
        id=str(row.get("id", "validation_Art_1")),
        kind=kind,
        question="",
        images=(),
        golds=golds,
        cluster="",
        options=options if kind is ItemKind.CHOICE else (),
        columns=extra,
    )


def utilities(task: str) -> Any:
    return importlib.import_module(f"lmms_eval.tasks.{task}.utils")


def chartqa() -> Grader:
    grade = utilities("chartqa").chartqa_process_results
    return lambda one, reply: grade({"answer": one.golds[0], "type": "human_test"}, [reply])["relaxed_overall"]


def chartqapro() -> Grader:
    pytest.importorskip("anls", reason="lmms-eval's chartqapro imports the package anls: pip install anls")
    grade = utilities("chartqapro").chartqapro_process_results

    def score(one: Item, reply: str) -> float:
        year = one.columns["year"]
        row = {"Answer": list(one.golds), "Question Type": one.columns["question_type"], "Year": year}
        return grade(row, [reply])["relaxed_overall"]

    return score


def infovqa() -> Grader:
    anls = importlib.import_module("lmms_eval.api.metrics").anls
    return lambda one, reply: anls(references=list(one.golds), predictions=[reply])["anls"]


def mmmu() -> Grader:
    utils = utilities("mmmu")

    def score(one: Item, reply: str) -> float:
        kind = "multiple-choice" if one.options else "open"
        gold = one.golds[0] if len(one.golds) == 1 else list(one.golds)
        doc = {"id": "validation_Art_1", "question_type": kind, "options": repr(list(one.options)), "answer": gold}
        return utils.mmmu_aggregate_results([utils.mmmu_process_results(doc, [reply])["mmmu_acc"]])

    return score


def mmmu_pro() -> Grader:
    utils = utilities("mmmu_pro")

    def score(one: Item, reply: str) -> float:
        doc = {"id": "1", "subject": "Art", "question": "", "options": repr(list(one.options)), "answer": one.golds[0]}
        return utils.mmmu_pro_aggregate_results([utils.mmmu_pro_process_results(doc, [reply])["mmmu_acc"]])

    return score


def mmstar() -> Grader:
    grade = utilities("mmstar").mmstar_process_results
    doc = {"category": "math", "l2_category": "geometry", "index": 0}
    return lambda one, reply: grade({**doc, "answer": one.golds[0]}, [reply])["average"]["score"]


def seedbench2plus() -> Grader:
    utils = utilities("seedbench_2_plus")
    doc = {"question_image_type": "chart", "question_id": 0}

    def score(one: Item, reply: str) -> float:
        graded = utils.seed_process_result({**doc, "answer": one.golds[0]}, [reply])
        return utils.seed_aggregation_result([graded["seedbench_2_plus_Chart"]])

    return score


def mathvision() -> Grader:
    try:
        importlib.import_module("lmms_eval.tasks.mathvision.eval_utils")
    except ImportError as error:
        pytest.skip(f"lmms-eval's mathvision does not import ({error}): pip install antlr4-python3-runtime==4.9.3")
    grade = utilities("mathvision").mathvision_process_results

    def score(one: Item, reply: str) -> float:
        graded = grade({"answer": one.golds[0], "options": list(one.options)}, [reply])
        return float(graded["mathvision_standard_eval"]["scores"][0])

    return score


def visulogic() -> Grader:
    return lambda one, reply: utilities("visulogic").visulogic_process_results({"label": one.golds[0]}, [reply])[
        "visulogic_acc"
    ]


SIDES: Mapping[str, tuple[type[Scorer], Callable[[], Grader]]] = {
    "relaxed": (Relaxed, chartqa),
    "chartqapro": (ChartQAPro, chartqapro),
    "anls": (ANLS, infovqa),
    "mmmu": (MMMU, mmmu),
    "mmmu_pro": (MMMUPro, mmmu_pro),
    "mmstar": (MMStar, mmstar),
    "seedbench2plus": (SeedBench2Plus, seedbench2plus),
    "mathvision": (MathVision, mathvision),
    "visulogic": (VisuLogic, visulogic),
}
RECORDED = {
    "relaxed": ("chartqa/official_on_chartast_predictions.jsonl", {}),
    "chartqapro": ("chartqapro/recorded_qwen25vl3b.jsonl", {}),
    "anls": ("infovqa/official_anls_on_real_docvqa_predictions.jsonl", {}),
    "mmmu": ("mmmu/official_on_example_outputs.jsonl", {}),
    "mmmu_pro": ("mmmu_pro/recorded_gpt4o.jsonl", {}),
    "mmstar": ("mmstar/official_on_llava_next_yi_34b.jsonl", {"options": FOUR}),
    "seedbench2plus": ("seedbench2plus/seedbench12_gpt4v_letters_sample2000.jsonl", {"options": FOUR}),
    "mathvision": ("mathvision/recorded_model_outputs.jsonl", {}),
}


@pytest.fixture
def both(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Scorer, Grader]]:
    """Our scorer and lmms-eval's.

    Its VisuLogic downloads its data when it is imported. Its MMMU and MMMU-Pro draw a random letter where they find
    none; the letter drawn here is none, so that the counts are exact.
    """
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("huggingface_hub.snapshot_download", lambda **_: str(tmp_path))
    never = SimpleNamespace(choice=lambda _: "?")
    monkeypatch.setattr("lmms_eval.tasks._task_utils.mmmu_mcq_utils.random", never)
    ours, theirs = SIDES[request.param]
    scorer = ours()
    yield scorer, theirs()
    scorer.close()


def differences(both: tuple[Scorer, Grader], cases: list[tuple[Item, str]]) -> Counter[str]:
    """How many scores agree, and which side is higher where they do not."""
    scorer, grade = both
    found: Counter[str] = Counter()
    for one, reply in cases:
        said = reply.strip()  # as lmms-eval strips every reply before it grades it
        ours, theirs = scorer.official(one, said) or 0.0, float(grade(one, said))
        found["same" if abs(ours - theirs) < 1e-9 else "ours higher" if ours > theirs else "theirs higher"] += 1
    return found


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


EVERY = {"mathvision": 16}
"""lmms-eval's MathVision grades twenty replies a second; every sixteenth will do. The count of all is in the docs."""

ON_RECORDED = {
    "relaxed": {"same": 1312},
    "chartqapro": {"same": 187},
    "anls": {"same": 986},
    "mmmu": {"same": 892, "theirs higher": 2, "ours higher": 1},
    "mmmu_pro": {"same": 3193, "ours higher": 261, "theirs higher": 36},
    "mmstar": {"same": 738},
    "seedbench2plus": {"same": 1014},
    "mathvision": {"same": 495, "ours higher": 3},
}
ON_VECTORS = {
    "relaxed": {"same": 70},
    "chartqapro": {"same": 73, "ours higher": 2},
    "anls": {"same": 48},
    "mmmu": {"same": 106, "theirs higher": 4},
    "mmmu_pro": {"same": 82, "ours higher": 4},
    "mmstar": {"same": 25, "theirs higher": 25, "ours higher": 2},
    "seedbench2plus": {"same": 44, "ours higher": 31, "theirs higher": 2},
    "mathvision": {"same": 110, "ours higher": 8},
    "visulogic": {"same": 53, "theirs higher": 11, "ours higher": 5},
}


@pytest.mark.parametrize("both", RECORDED, indirect=True)
def test_recorded_outputs_on_both_sides(both, shared, request):
    name = request.node.callspec.params["both"]
    path, more = RECORDED[name]
    rows = [{**row, **more} for row in read(shared / "verdicts" / path)[:: EVERY.get(name, 1)]]
    if name == "chartqapro":
        rows = [{**row, "gold": row["gold"][-1:]} for row in rows]
    assert differences(both, [(item(row), row["raw_output"]) for row in rows]) == ON_RECORDED[name]


@pytest.mark.parametrize("both", SIDES, indirect=True)
def test_edge_cases_on_both_sides(both, request):
    name = request.node.callspec.params["both"]
    rows = [row for row in read(VECTORS) if row["scorer"] == name]
    assert differences(both, [(item(row), row["reply"]) for row in rows]) == ON_VECTORS[name]
