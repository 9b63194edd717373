"""Folders as lmms-eval 0.7.3 writes them, made by hand: the same keys, a few documents of our own."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

STAMP = "20261101_120000"
VALUES: Mapping[str, Callable[[bool], Mapping[str, Any]]] = {
    "chartqa": lambda right: {"relaxed_overall": 1.0 if right else 0.0},
    "infovqa_val": lambda right: {"anls": 0.9 if right else 0.2},
    "mmstar": lambda right: {
        "math": {"question_id": 1, "l2_category": "statistics", "score": float(right)},
        "average": {"question_id": 1, "l2_category": "statistics", "score": float(right)},
    },
    "seedbench_2_plus": lambda right: {"seedbench_2_plus_all": {"pred": "b" if right else "A", "answer": "B"}},
    "mmerealworld": lambda right: {"mme_realworld_score": {"pred_answer": "(B" if right else "", "answer": "B"}},
    "mathvista_testmini_cot": lambda right: {"llm_as_judge_eval": {"answer": "7", "true_false": right}},
    "mathvision_test": lambda right: {"mathvision_standard_eval": {"response": ["B"], "scores": [right]}},
    "mathverse_testmini_vision_intensive": lambda right: {
        "gpt_eval_score": int(right),
        "submission": {"true_false": right},
    },
    "mmmu_val": lambda right: {
        "mmmu_acc": {
            "id": "validation_Art_1",
            "subdomain": "Art",
            "question_type": "multiple-choice",
            "answer": "B",
            "parsed_pred": ["B" if right else "C"],
        },
    },
    "mmmu_val_reasoning": lambda right: {
        "mmmu_judge_acc": {
            "id": "validation_Art_1",
            "subdomain": "Art",
            "question_type": "open",
            "answer": "B",
            "pred": ["so B"],
            "score": ["1" if right else "0"],
        },
    },
    "mmmu_pro_standard": lambda right: {
        "mmmu_acc": {"id": "test_Art_1", "subject": "Art", "answer": "J", "parsed_pred": "J" if right else "A"},
    },
    "chartqapro": lambda right: {"relaxed_overall": float(right), "relaxed_factoid": float(right)},
    "visulogic": lambda right: {"visulogic_acc": float(right)},
    "wemath_testmini_reasoning": lambda right: {
        "wemath_loose": {"ID": "2steps_1", "key": "2steps_multi", "acc_score": float(right)},
        "wemath_strict": {"ID": "2steps_1", "key": "2steps_multi", "acc_score": float(right)},
        "acc_score": float(right),
        "format_score": 1.0,
    },
    "mmvet": lambda right: {"gpt_eval_score": {"score": 0.7 if right else 0.0, "pred_answer": "x"}},
    "mmbench_en_dev": lambda right: {"gpt_eval_score": {"index": 1, "prediction": "B"}, "submission": {"index": 1}},
}
"""What a task's `process_results` leaves on a line for a right and a wrong reply, the three shapes among them."""

LISTS: Mapping[str, Sequence[str]] = {
    "chartqa": ["relaxed_overall", "relaxed_human_split", "relaxed_augmented_split"],
    "mmstar": ["coarse perception", "math", "average"],
    "seedbench_2_plus": ["seedbench_2_plus_Chart", "seedbench_2_plus_all"],
}


def line(task: str, doc: int, right: bool = True, **given: Any) -> dict[str, Any]:
    """A line of a file of samples."""
    return {
        "doc_id": doc,
        "target": "B",
        "filtered_resps": "B" if right else "A",
        "token_counts": [{"output_tokens": 1}],
        "doc_hash": f"{task}-{doc}",
        "input": f"What is in picture {doc}?\nAnswer the question with a single word.",
        **VALUES[task](right),
        **given,
    }


def write_model(
    folder: Path, tasks: Mapping[str, Sequence[Mapping[str, Any]]], *, name: str = "", stamp: str = STAMP, **said: Any
) -> Path:
    """Write a model's folder; `said` replaces keys of the results file."""
    folder.mkdir(parents=True, exist_ok=True)
    metrics = {task: list(LISTS.get(task, [*VALUES[task](True)])) for task in tasks}
    results = {
        "results": {
            task: {"alias": task, **{f"{metric},none": 0.5 for metric in names[:1]}, "samples": len(tasks[task])}
            for task, names in metrics.items()
        },
        "group_subtasks": {task: [] for task in tasks},
        "configs": {
            task: {
                "task": task,
                "metric_list": [{"metric": metric, "higher_is_better": True} for metric in names],
                "generation_kwargs": {"max_new_tokens": 16, "temperature": 0},
            }
            for task, names in metrics.items()
        },
        "versions": dict.fromkeys(tasks, "Yaml"),
        "n-shot": dict.fromkeys(tasks, 0),
        "higher_is_better": {task: dict.fromkeys(names, True) for task, names in metrics.items()},
        "n-samples": {task: {"original": 500, "effective": len(lines)} for task, lines in tasks.items()},
        "config": {"model": "llava", "model_args": "pretrained=secret", "limit": None},
        "lmms_eval_version": "0.7.3",
        "date": stamp,
        "task_hashes": {task: f"hash of {task}" for task in tasks},
        "model_name": name or folder.name,
        **said,
    }
    (folder / f"{stamp}_results.json").write_text(json.dumps(results), encoding="utf-8")
    for task, lines in tasks.items():
        text = "".join(json.dumps(one) + "\n" for one in lines)
        (folder / f"{stamp}_samples_{task}.jsonl").write_text(text, encoding="utf-8")
    return folder


def documents(task: str, right: Sequence[bool], **given: Any) -> list[dict[str, Any]]:
    """A line for each document, right or wrong."""
    return [line(task, doc, one, **given) for doc, one in enumerate(right)]
