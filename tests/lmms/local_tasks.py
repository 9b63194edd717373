"""Local tasks of lmms-eval: its own task files, redirected to Parquet files over real images."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

LOCAL = """\
include: {upstream}
task: {task}
dataset_path: parquet
dataset_name: null
dataset_kwargs:
  data_files:
    {split}: {data}
"""
IMAGE_COLUMNS = ("image", "image_1", "image_2")
BROKEN = """
def images(doc):
    return [doc["image"]]

def text(doc):
    return doc["question"]

def grade(doc, results):
    if "boom" in results[0]:
        raise ValueError("no grade for boom")
    return {"share": {"right": float(results[0] == doc["answer"])}}

def share(values):
    return 100 * sum(value["right"] for value in values) / len(values)

def clip(doc):
    return ["clip.mp4"]

def judge(doc, results):
    from loguru import logger
    try:
        return {"share": {"right": float(_ask())}}
    except Exception as error:
        logger.error(f"the judge is dead: {error}")
        return {"share": {"right": 0.0}}

def _ask():
    return get_server().evaluate(None)

from lmms_eval.llm_judge.factory import ProviderFactory

def get_server():
    import os
    os.environ.pop("OPENAI_API_KEY", None)
    raise ConnectionError(f"no way to {ProviderFactory.__name__}")
"""
OWN = """\
task: {task}
dataset_path: parquet
dataset_kwargs:
  data_files:
    test: {data}
test_split: test
output_type: generate_until
doc_to_visual: !function own.{visual}
doc_to_text: !function own.text
doc_to_target: answer
process_results: !function own.{grade}
metric_list:
  - metric: share
    aggregation: !function own.share
    higher_is_better: true
"""


def chartqa(shared: Path, count: int) -> Iterator[dict[str, Any]]:
    """Real charts and questions, in the columns of the data set that lmms-eval reads."""
    folder = shared / "data" / "chartqa"
    for row in _rows(folder, count):
        kind = "human_test" if row["human_or_augmented"] == "human" else "augmented_test"
        image = (folder / "images" / row["imgname"]).read_bytes()
        yield {"type": kind, "question": row["query"], "answer": row["label"], "image": image}


def mmmu(shared: Path, count: int) -> Iterator[dict[str, Any]]:
    """Real MMMU questions; every other one shows its image twice, once between its words."""
    folder = shared / "data" / "mmmu"
    chosen = [row for row in _rows(folder, 60) if row["question_type"] == "multiple-choice"]
    for number, row in enumerate(chosen[:count]):
        image = (folder / row["image_1"]).read_bytes()
        tail = " Compare <image 2>." if number % 2 else ""
        yield {
            "id": row["id"],
            "question": f"Look at <image 1>. {row['question']}{tail}",
            "options": row["options"],
            "answer": row["answer"],
            "question_type": row["question_type"],
            "image_1": image,
            "image_2": image,
        }


def mmstar(shared: Path, count: int) -> Iterator[dict[str, Any]]:
    """Real MMStar questions."""
    folder = shared / "data" / "mmstar"
    for row in _rows(folder, count):
        image = (folder / row["image_path"]).read_bytes()
        columns = ("index", "question", "answer", "category", "l2_category")
        yield {**{column: row[column] for column in columns}, "image": image}


SOURCES = {
    "chartqa": (chartqa, "chartqa/chartqa.yaml", "test"),
    "mmmu": (mmmu, "mmmu/mmmu_val.yaml", "validation"),
    "mmstar": (mmstar, "mmstar/mmstar.yaml", "val"),
}


def write_task(folder: Path, name: str, shared: Path, count: int = 6) -> str:
    """Write one local task, and return its name."""
    import lmms_eval.tasks

    rows, upstream, split = SOURCES[name]
    data = write_parquet(folder / f"{name}.parquet", rows(shared, count))
    path = Path(lmms_eval.tasks.__path__[0]) / upstream
    text = LOCAL.format(upstream=path, task=f"{name}_local", split=split, data=data)
    (folder / f"{name}_local.yaml").write_text(text, encoding="utf-8")
    return f"{name}_local"


def write_own(folder: Path, task: str, shared: Path, *, visual: str = "images", grade: str = "grade") -> str:
    """Write a task with code of its own, and return its name."""
    data = write_parquet(folder / "own.parquet", chartqa(shared, 4))
    (folder / "own.py").write_text(BROKEN, encoding="utf-8")
    (folder / f"{task}.yaml").write_text(OWN.format(task=task, data=data, visual=visual, grade=grade), encoding="utf-8")
    return task


def write_parquet(path: Path, rows: Iterator[Mapping[str, Any]]) -> Path:
    """Write rows as the hub stores them: images are structs, and the schema says that they are images."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    packed = [
        {name: {"bytes": cell, "path": None} if name in IMAGE_COLUMNS else cell for name, cell in row.items()}
        for row in rows
    ]
    table = pa.Table.from_pylist(packed)
    for place, name in enumerate(table.column_names):
        if name in IMAGE_COLUMNS:  # a struct whose paths are all null would have no type for them
            kind = pa.struct({"bytes": pa.binary(), "path": pa.string()})
            table = table.set_column(place, name, pa.array([row[name] for row in packed], kind))
    features = {
        name: {"_type": "Image"}
        if name in IMAGE_COLUMNS
        else {"_type": "Value", "dtype": "int64" if name == "index" else "string"}
        for name in table.column_names
    }
    about = json.dumps({"info": {"features": features}})
    pq.write_table(table.replace_schema_metadata({"huggingface": about}), path)
    return path


def _rows(folder: Path, count: int) -> list[dict[str, Any]]:
    lines = (folder / "data.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines[:count]]
