r"""A data set captioned by Ray Data: rows with pictures in, rows with captions out, by a captioner in each of N actors.

    pip install 'prism-eval[ray]' 'ray[data]'
    python examples/caption_with_ray_data.py pictures captions -c ocr --actors 2
    python examples/caption_with_ray_data.py s3://bucket/table.parquet s3://bucket/captions --column image \
        -c 'vllm:Qwen/Qwen2.5-VL-3B-Instruct' --actors 8 --gpus 1

With `--llm` Ray Data's own stages for vLLM do the same (`ray.data.llm`; pip install 'ray[llm]'): pictures are read and
templates laid out by actors beside those that hold the model. What is asked, and what a row says, is the same.

    python examples/caption_with_ray_data.py s3://bucket/pictures s3://bucket/captions --llm \
        -c 'vllm:Qwen/Qwen2.5-VL-3B-Instruct?max_model_len=16384' --actors 8 --gpus 1

The source is a folder of pictures, or Parquet files with a column of them, wherever Ray Data can read; the actors run
where the cluster has room. Stopped in any way, the same command goes on: rows that are in the folder are passed over,
those that failed are asked for again. Where one machine can read all pictures, `prism-eval caption --data-set` with the
engine `ray` does more; this is for those that one machine should not have to read.
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import ray
from pyarrow.fs import FileSelector, FileSystem

from prism_eval.benchmarks import RowError
from prism_eval.data_sets.batches import BatchCaptioner
from prism_eval.data_sets.offline import OfflineVLLM
from prism_eval.data_sets.picture import Picture
from prism_eval.data_sets.rows import Row, Told
from prism_eval.errors import CallError

Line = dict[str, Any]


def asked_for(batch: pa.Table, column: str, captioner: str, there: AbstractSet[str]) -> pa.Table:
    """Rows as they are captioned: the pictures' bytes, and all else in one column; those that are there are left out.

    All else in one, because a column called ``model`` or ``prompt`` would mean something to Ray Data's stages.
    """
    others = batch.drop_columns([column])
    data = list(map(encoded, batch[column].to_pylist()))
    digests = [hashlib.sha256(one).hexdigest() if one else "" for one in data]
    rows = others.to_pylist()
    # By what a row is, and not by where it stands: rows may be mixed meanwhile.
    told = (repr([digest, sorted(row.items())]) for digest, row in zip(digests, rows, strict=True))
    keys = [hashlib.sha256(one.encode()).hexdigest() for one in told]
    about = with_columns(others, {"sha256": digests, "captioner": [captioner] * len(rows), "asked": keys})
    names = [str(row.get("path") or digest[:12]) for row, digest in zip(rows, digests, strict=True)]
    made = pa.table({"about": about.to_struct_array(), "name": pa.array(names, pa.string()), "data": data})
    return made.filter(pa.array([key not in there for key in keys], pa.bool_()))


def encoded(held: object) -> bytes:
    """A cell's picture, as bytes, as they are or in ``{"bytes", "path"}`` as the hub has them; none for none."""
    data = held.get("bytes") if isinstance(held, dict) else held
    return data if isinstance(data, bytes) else b""


def with_columns(table: pa.Table, texts: Mapping[str, list[str]]) -> pa.Table:
    """A table with columns of text at its end, in place of those of their names."""
    table = table.drop_columns([name for name in texts if name in table.column_names])
    for name, column in texts.items():
        table = table.append_column(name, pa.array(column, pa.string()))
    return table


def picture(name: str, data: bytes) -> Picture:
    """A row's picture."""
    return Picture(name, name, data, problem="" if data else "no picture")


def said(row: Row) -> dict[str, str]:
    """What the captioning adds to a row."""
    return {"status": str(row.status), "caption": row.caption or "", "error": row.error}


class Captions:
    """One actor: a captioner, made once where it runs, and asked batch after batch."""

    def __init__(self, captioner: str, settings: Mapping[str, object]) -> None:
        self.captioner = BatchCaptioner(captioner, **settings)

    def __call__(self, batch: pa.Table) -> pa.Table:
        """The batch without its pictures, with their captions, and why there is none."""
        shown = batch.drop_columns(["about"]).to_pylist()
        rows = [said(row) for row in self.captioner([picture(row["name"], row["data"]) for row in shown])]
        added = {name: [row[name] for row in rows] for name in ("status", "caption", "error")}
        return with_columns(pa.Table.from_struct_array(batch["about"]), added)


def by_actors(rows: ray.data.Dataset, given: argparse.Namespace) -> ray.data.Dataset:
    """Let each actor's captioner have its batches."""
    return rows.map_batches(
        Captions,
        fn_constructor_args=(given.captioner, {"protocol": given.protocol}),
        batch_size=given.batch,
        batch_format="pyarrow",
        compute=ray.data.ActorPoolStrategy(size=given.actors),
        num_gpus=given.gpus,
        num_cpus=given.cpus,
    )


def by_ray_llm(rows: ray.data.Dataset, given: argparse.Namespace, offline: OfflineVLLM) -> ray.data.Dataset:
    """Let Ray Data's own stages ask vLLM."""
    from ray.data.llm import build_processor, vLLMEngineProcessorConfig

    check_beginning(str(offline.arguments["model"]), offline.arguments.get("revision"))
    stage = {"enabled": True, "num_cpus": given.cpus}
    config = vLLMEngineProcessorConfig(
        model_source=offline.arguments["model"],
        engine_kwargs={name: value for name, value in offline.arguments.items() if name != "model"},
        concurrency=given.actors,
        batch_size=given.batch,
        placement_group_config={"bundle_per_worker": {"CPU": given.cpus, "GPU": given.gpus}},
        # A caption that fails is a row, and not the end of the job.
        should_continue_on_error=True,
        prepare_multimodal_stage={**stage, "chat_template_content_format": "openai"},
        chat_template_stage=stage,
        tokenize_stage=stage,
        detokenize_stage=False,  # vLLM does it itself
        log_engine_metrics=False,  # wants Ray Serve
    )
    template = {"chat_template_kwargs": dict(offline.template)}
    processor = build_processor(config, partial(before, offline=offline), builder_kwargs=template)
    return processor(rows).map(partial(after, offline=offline))


def check_beginning(model: str, revision: object) -> None:
    """See that Ray Data's stages for templates and tokens give the model what vLLM's own chats give it."""
    from transformers import AutoTokenizer

    if revision is not None:
        raise SystemExit(
            f"Ray Data's stages read {model} at its main revision alone: name a folder that has {revision}"
        )
    if AutoTokenizer.from_pretrained(model)("")["input_ids"]:
        raise SystemExit(
            f"the tokenizer of {model} begins each text with a token of its own, which vLLM's own chats leave out and "
            "Ray Data's stages do not: leave out --llm"
        )


def before(row: Line, *, offline: OfflineVLLM) -> Line:
    """What vLLM is asked about a row's picture; an error where it cannot be shown."""
    told = Told(row["name"], row["name"], row["about"]["sha256"], "", kept=False)
    # The bytes are let go of, else every stage behind would be handed them too. Objects of Python's let rows that
    # failed stand beside others: as Arrow's, what the ones lack would be errors in the others.
    line = {"data": None, "told": told, "row": None, "__inference_error__": ""}
    try:
        return {**line, **offline.asked(picture(row["name"], row["data"]))}
    except (RowError, CallError) as error:
        return {**line, "row": offline.row(told, error), "__inference_error__": "not asked"}


def after(row: Line, *, offline: OfflineVLLM) -> Line:
    """The row that comes of what vLLM wrote."""
    if row["row"]:
        return {**row["about"], **said(row["row"])}
    if error := row["__inference_error__"]:
        return {**row["about"], **said(offline.row(row["told"], offline.trouble(error)))}
    written = offline.written(row["generated_text"], read=row["num_input_tokens"], tokens=list(row["generated_tokens"]))
    return {**row["about"], **said(offline.row(row["told"], written))}


def begun(to: str, captioner: str) -> set[str]:
    """What an earlier start has written. What failed in it, and a file that a kill has cut off, is taken away.

    The files are the only record: nothing else could disagree with them.
    """
    there: set[str] = set()
    system, folder = FileSystem.from_uri(to if "://" in to else str(Path(to).absolute()))
    for file in system.get_file_info(FileSelector(folder, allow_not_found=True)):
        if file.extension != "parquet" or file.base_name.startswith("_"):
            continue
        try:
            table = pq.read_table(file.path, filesystem=system)
        except pa.ArrowInvalid:
            system.delete_file(file.path)
            continue
        if not {"captioner", "asked"} <= {*table.column_names} or {*table["captioner"].to_pylist()} - {captioner}:
            raise SystemExit(f"{file.path} is not of this captioner, asked in this way: name another folder")
        good = table.filter(pc.not_equal(table["status"], "failed"))
        if len(good) < len(table):
            # Under a name that readers of the folder pass over, lest a kill leave two of it.
            new = f"{folder}/_{file.base_name}"
            pq.write_table(good, new, filesystem=system)
            system.move(new, file.path)
        there.update(good["asked"].to_pylist())
    return there


def main() -> None:
    """Caption a data set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source")
    parser.add_argument("to")
    parser.add_argument("-c", "--captioner", required=True)
    parser.add_argument("--column", help="of Parquet files; without one the source is a folder of pictures")
    parser.add_argument("--protocol", default="standard")
    parser.add_argument("--llm", action="store_true", help="by ray.data.llm; the captioner is a vllm:MODEL")
    parser.add_argument("--actors", type=int, default=1)
    parser.add_argument("--gpus", type=float, default=0, help="of each actor; with --llm of each of vLLM's workers")
    parser.add_argument("--cpus", type=float, default=0.5, help="likewise; where all are taken, nobody is left to read")
    parser.add_argument("--batch", type=int, default=64, help="pictures that an actor is given at once")
    parser.add_argument("--rows", type=int, default=1000, help="of a file that is written: what a stop can cost")
    given = parser.parse_args()
    settings = {"protocol": given.protocol}
    offline = OfflineVLLM(given.captioner, **settings) if given.llm else None
    if offline:
        captioner = offline.identity
    else:
        with BatchCaptioner(given.captioner, **settings) as actors:
            captioner = actors.identity
    there = begun(given.to, captioner)
    # As bytes: what is decoded and encoded again has another digest.
    rows = (
        ray.data.read_parquet(given.source)
        if given.column
        else ray.data.read_binary_files(given.source, include_paths=True)
    )
    wanted = rows.map_batches(
        asked_for, fn_args=(given.column or "bytes", captioner, there), batch_format="pyarrow", batch_size=given.batch
    )
    wanted = wanted.repartition(target_num_rows_per_block=given.rows)
    captioned = by_ray_llm(wanted, given, offline) if offline else by_actors(wanted, given)
    captioned.write_parquet(given.to)


if __name__ == "__main__":
    main()
