"""lmms-eval, both ways: its tasks as benchmarks here, and prism-eval as a model there.

``tasks/`` holds the first way: lmms-eval's documents, prompts, `process_results` and aggregation, our captions and
answers. `model` and `reader` are the second: ``lmms-eval --model prism_eval --model_args captioner=...,reasoner=...``.
Both ways read the same prompts (`prompt`) and hand on the same part of a reply (`reply`), so that they give the same
numbers. Nothing of lmms-eval is changed: it finds `manifest` by the entry-point group ``lmms_eval.models``, and we
find its tasks by our own group ``prism_eval.sources``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lmms_eval.models.registry_v2 import ModelManifest


def manifest() -> ModelManifest:
    """What lmms-eval registers: the model's name and where its class is."""
    from lmms_eval.models.registry_v2 import ModelManifest

    return ModelManifest(model_id="prism_eval", chat_class_path="prism_eval.lmms.model.PrismEval")
