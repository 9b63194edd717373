"""Chat requests to a model's inputs: templates, tokens and pixels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from prism_eval.engines.http import one_line
from prism_eval.engines.pixels import decoding, opened, scaled, upright
from prism_eval.engines.transformers.loading import Loaded
from prism_eval.engines.transformers.rules import Rules
from prism_eval.errors import PermanentError
from prism_eval.schema import Image, Message, utf8

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

_PIXELS_A_TOKEN, _CHARACTERS_A_TOKEN = 28 * 28, 4


@dataclass(frozen=True)
class Prompt:
    """What a model shall reply to.

    Attributes:
        messages: The conversation so far.
        raw: In its place, the whole text that the model goes on from.
        rules: How it picks its tokens.
        max_tokens: How many it may write.
        seed: What its draws begin with; ``None`` for chance.
        max_pixels: Pixels of an image beyond which it is scaled down.
    """

    messages: tuple[Message, ...]
    raw: str
    rules: Rules
    max_tokens: int
    seed: int | None
    max_pixels: float

    @property
    def length(self) -> int:
        """About how many tokens it has. Only the images' headers are read.

        Raises:
            PermanentError: An image is none.
        """
        parts = (part for message in self.messages for part in message.parts)
        return sum(map(self._length_of, parts), self._length_of(self.raw))

    def _length_of(self, part: str | Image) -> int:
        if isinstance(part, str):
            return len(part) // _CHARACTERS_A_TOKEN
        with decoding(part):
            width, height = opened(part).size
        return int(min(width * height, self.max_pixels)) // _PIXELS_A_TOKEN


def ids_of(loaded: Loaded, prompt: Prompt) -> list[int]:
    """The tokens of a conversation without images, or of a text.

    Raises:
        PermanentError: The model's template does not take it.
    """
    if prompt.raw:
        raw: list[int] = loaded.tokenizer.encode(utf8(prompt.raw))
        return raw
    messages = [
        {"role": one.role, "content": "".join(part for part in one.parts if isinstance(part, str))}
        for one in prompt.messages
    ]
    # The template writes the marks of beginnings itself.
    ids: list[int] = loaded.tokenizer.encode(_templated(loaded.templates, messages), add_special_tokens=False)
    return ids


def inputs_of(loaded: Loaded, prompts: Sequence[Prompt]) -> Mapping[str, Any]:
    """A batch for the model, the shorter rows filled up on the left; tensors on its device.

    Raises:
        PermanentError: An image cannot be decoded, or the model's template or processor does not take a prompt.
    """
    if loaded.processor is None:
        rows = {"input_ids": [ids_of(loaded, prompt) for prompt in prompts]}
        made = loaded.tokenizer.pad(rows, padding=True, return_tensors="pt")
        return {name: made[name].to(loaded.device) for name in ("input_ids", "attention_mask")}
    texts = [
        utf8(prompt.raw) or _templated(loaded.templates, list(map(_with_places, prompt.messages))) for prompt in prompts
    ]
    pictures = [[_picture(image, prompt) for image in _images(prompt)] for prompt in prompts]
    begun = loaded.tokenizer.bos_token is not None and texts[0].startswith(loaded.tokenizer.bos_token)
    try:
        made = loaded.processor(
            text=texts,
            images=pictures if any(pictures) else None,
            padding=True,
            return_tensors="pt",
            add_special_tokens=not begun,
        )
    except (ValueError, TypeError, IndexError) as error:
        raise PermanentError(f"{loaded.name}: its processor does not take it: {one_line(str(error))}") from error
    # Pixels in the model's own precision; whole numbers stay what they are.
    return dict(made.to(loaded.device, dtype=loaded.model.dtype))


def _templated(templates: Any, messages: list[dict[str, Any]]) -> str:
    from jinja2 import TemplateError

    begun = messages[-1]["role"] == "assistant"
    try:
        text: str = templates.apply_chat_template(
            messages, add_generation_prompt=not begun, continue_final_message=begun, tokenize=False
        )
    except TemplateError as error:
        raise PermanentError(f"its chat template does not take the request: {one_line(str(error))}") from error
    # No tokenizer takes half a surrogate pair, which a damaged file may hold.
    return utf8(text)


def _with_places(message: Message) -> dict[str, Any]:
    parts = [{"type": "text", "text": part} if isinstance(part, str) else {"type": "image"} for part in message.parts]
    return {"role": message.role, "content": parts}


def _images(prompt: Prompt) -> list[Image]:
    return [part for message in prompt.messages for part in message.parts if isinstance(part, Image)]


def _picture(image: Image, prompt: Prompt) -> Picture:
    with decoding(image):
        return scaled(upright(opened(image)), prompt.max_pixels)
