"""lmms-eval, both ways: its tasks as benchmarks here, and prism-eval as a model there.

As benchmarks: its documents, prompts, `process_results` and aggregation, our captions and answers. As a model:
``lmms-eval --model prism_eval --model_args captioner=SPEC,reasoner=SPEC``; lmms-eval finds `manifest` by the
entry-point group ``lmms_eval.models``, and nothing of it is changed.
"""

from __future__ import annotations

from typing import Any


def manifest() -> Any:
    """What lmms-eval registers: the model's name and where its class is."""
    from lmms_eval.models.registry_v2 import ModelManifest

    return ModelManifest(model_id="prism_eval", chat_class_path="prism_eval.lmms.model.PrismEval")
