"""prism-eval as a model of lmms-eval: ``lmms-eval --model prism_eval --model_args captioner=SPEC,reasoner=SPEC``.

lmms-eval finds `manifest` by the entry-point group ``lmms_eval.models``; nothing of lmms-eval is changed.
"""

from __future__ import annotations

from typing import Any


def manifest() -> Any:
    """What lmms-eval registers: the model's name and where its class is."""
    from lmms_eval.models.registry_v2 import ModelManifest

    return ModelManifest(model_id="prism_eval", chat_class_path="prism_eval.lmms_plugin.model.PrismEval")
