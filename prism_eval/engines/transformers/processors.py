"""What makes a vision model's inputs, be torchvision installed or not."""

from __future__ import annotations

from typing import Any

from prism_eval.engines.weights import Weights


def processor_of(weights: Weights, model_type: str) -> Any:
    """The model's processor, whose images are always scaled by Pillow.

    By torchvision, where it is installed, a picture would come out a little different, and a caption with it: what is
    installed must change no result.
    """
    from transformers import AutoImageProcessor, AutoProcessor

    try:
        whole = AutoProcessor.from_pretrained(weights.source, **weights.how)
    except ImportError:
        # Many take videos as well, and those need torchvision.
        whole = _without_videos(model_type).from_pretrained(weights.source, **weights.how)
    whole.image_processor = AutoImageProcessor.from_pretrained(weights.source, backend="pil", **weights.how)
    # Folders that an older version saved, or a trainer, have the template with the tokenizer alone.
    whole.chat_template = whole.chat_template or whole.tokenizer.chat_template
    return whole


def _without_videos(model_type: str) -> Any:
    """The processor's class, less its part for videos: transformers reads off its arguments which parts it has."""
    from transformers.models.auto import processing_auto

    cls = processing_auto.processor_class_from_name(processing_auto.PROCESSOR_MAPPING_NAMES[model_type])

    class ImagesOnly(cls):  # type: ignore[misc, valid-type]
        video_processor = None

        def __init__(self, image_processor: Any = None, tokenizer: Any = None, chat_template: Any = None) -> None:
            super().__init__(image_processor=image_processor, tokenizer=tokenizer, chat_template=chat_template)

    return ImagesOnly
