"""A captioner for pictures that another program deals out: the actors of Ray Data, the partitions of Spark, a loop."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from prism_eval.calls import default_path
from prism_eval.calls.store import Store
from prism_eval.data_sets.items import Pictures, captioner_of, identity_of, rows_of
from prism_eval.data_sets.picture import Batch, Picture
from prism_eval.data_sets.rows import Row
from prism_eval.plan import make_plan
from prism_eval.run.assemble import assemble
from prism_eval.run.paths import with_absolute_paths
from prism_eval.run.pipeline import stream
from prism_eval.run.probing import Probing


class BatchCaptioner:
    """Captions batches of pictures, one after another, with a captioner that is made once.

    Its calls are those of a run: tried again where they fail, limited, and remembered in the store, in which
    `prism-eval caption --data-set` finds them as well. Equal pictures of a batch are asked about once. It is to be
    made in the process that captions, and asked from one thread.

    Args:
        captioner: A spec string as ``--captioner`` takes it.
        store: The generation store; by default the user's. Processes of one machine may share it, machines not.
        settings: Further keys of the plan, such as ``protocol``, ``samples``, ``concurrency`` and ``patience``.

    Attributes:
        notes: What was found out of the model before it was first asked, and should be known.
        identity: A digest of the captioner and of how it is asked: captions under another are not the same.

    Raises:
        UsageError: The captioner or a setting will not do.
        StoreError: The store cannot be opened.
    """

    def __init__(self, captioner: str, *, store: Path | None = None, **settings: object) -> None:
        plan = with_absolute_paths(make_plan({"captioners": [captioner], **settings}, where="the captioner"))
        self.notes: list[str] = []
        self._begun = False
        with contextlib.ExitStack() as opened:
            kept = opened.enter_context(Store(store or default_path()))
            self._assembly = assemble(plan, kept, through="caption", live=frozenset({"caption"}), benchmarks=())
            ready = self._assembly.settings
            self.identity = identity_of(captioner_of(ready).captioner, ready.samples, verbatim=ready.verbatim)
            # Connections and limits belong to the loop that they are made in: it outlives a batch.
            self._runner = opened.enter_context(asyncio.Runner())
            self._opened = opened.pop_all()

    def __call__(self, pictures: Sequence[Picture]) -> list[Row]:
        """The pictures' rows, in their order; what failed, and what cannot be read, says why.

        Raises:
            FatalError: No further call can succeed.
            StoreError: The store cannot be read or written.
        """
        return self._runner.run(self._captioned(pictures))

    async def _captioned(self, pictures: Sequence[Picture]) -> list[Row]:
        settings = self._assembly.settings
        if not self._begun:
            probing = Probing(settings, self._assembly.calling)
            settings.calls.begin_with(lambda: probing.introduce(self.notes))
            self._begun = True
        source = Pictures(Batch(pictures), only_missing=False)
        async with contextlib.aclosing(stream([source], settings)) as coming:
            results = [result async for result in coming]
        return list(rows_of(source.told, results, settings))

    def close(self) -> None:
        """Close the captioner and the store; what was captioned stays in it."""
        with self._opened:
            self._runner.run(self._assembly.close())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
