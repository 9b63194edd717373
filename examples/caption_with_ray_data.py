r"""A data set captioned by Ray Data: rows with pictures in, rows with captions out, a captioner in each of N actors.

    pip install 'prism-eval[ray]' 'ray[data]'
    python examples/caption_with_ray_data.py pictures captions -c ocr --actors 2
    python examples/caption_with_ray_data.py s3://bucket/table.parquet s3://bucket/captions --column image \
        -c 'vllm:Qwen/Qwen2.5-VL-3B-Instruct' --actors 8 --gpus 1

The source is a folder of pictures, or Parquet files with a column of them, wherever Ray Data can read; the actors run
where the cluster has room. Where one machine can read all pictures, `prism-eval caption --data-set` with the engine
`ray` writes shards that can be gone on with; this is for those that one machine should not have to read.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

import numpy as np
import ray

from prism_eval.data_sets.batches import BatchCaptioner
from prism_eval.data_sets.picture import Picture


class Captions:
    """One actor: a captioner, made once where it runs, and asked batch after batch."""

    def __init__(self, captioner: str, column: str, settings: Mapping[str, object]) -> None:
        self.column = column
        self.captioner = BatchCaptioner(captioner, **settings)

    def __call__(self, batch: dict[str, np.ndarray[Any, Any]]) -> dict[str, Any]:
        """The batch without its pictures, with their digests and captions, and why there is none."""
        names = batch.get("path", range(len(batch[self.column])))
        rows = self.captioner([picture(str(name), held) for name, held in zip(names, batch[self.column], strict=True)])
        kept = {name: values for name, values in batch.items() if name != self.column}
        return {
            **kept,
            "sha256": [row.sha256 for row in rows],
            "status": [str(row.status) for row in rows],
            "caption": [row.caption or "" for row in rows],
            "error": [row.error for row in rows],
        }


def picture(name: str, held: object) -> Picture:
    """A cell's encoded bytes, as they are or in ``{"bytes", "path"}`` as the hub has them."""
    data = held.get("bytes") if isinstance(held, dict) else held
    known = isinstance(data, bytes) and bool(data)
    return Picture(name, name, data if known else b"", problem="" if known else "no picture")


def main() -> None:
    """Caption a data set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source")
    parser.add_argument("to")
    parser.add_argument("-c", "--captioner", required=True)
    parser.add_argument("--column", help="of Parquet files; without one the source is a folder of pictures")
    parser.add_argument("--protocol", default="standard")
    parser.add_argument("--actors", type=int, default=1)
    parser.add_argument("--gpus", type=float, default=0, help="of each actor")
    parser.add_argument("--cpus", type=float, default=0.5, help="likewise; where all are taken, nobody is left to read")
    parser.add_argument("--batch", type=int, default=64, help="pictures that an actor is given at once")
    given = parser.parse_args()
    # As bytes: what is decoded and encoded again has another digest.
    rows = (
        ray.data.read_parquet(given.source)
        if given.column
        else ray.data.read_binary_files(given.source, include_paths=True)
    )
    captioned = rows.map_batches(
        Captions,
        fn_constructor_args=(given.captioner, given.column or "bytes", {"protocol": given.protocol}),
        batch_size=given.batch,
        compute=ray.data.ActorPoolStrategy(size=given.actors),
        num_gpus=given.gpus,
        num_cpus=given.cpus,
    )
    captioned.write_parquet(given.to)


if __name__ == "__main__":
    main()
