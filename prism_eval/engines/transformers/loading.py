"""From weights to a model in memory, with what turns texts and images into its tokens."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from logging import CRITICAL, getLogger
from typing import TYPE_CHECKING, Any

from prism_eval.engines.http import one_line
from prism_eval.engines.transformers.memory import lacks_memory
from prism_eval.engines.transformers.processors import processor_of
from prism_eval.engines.weights import Weights
from prism_eval.errors import FatalError

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, eq=False)
class Loaded:
    """A model in memory.

    Attributes:
        name: What messages call it.
        model: The model, of transformers.
        tokenizer: Its tokenizer; it pads on the left.
        processor: What makes inputs of images and texts; ``None`` for a model of text alone.
        device: Where it is.
        ends: The tokens that end a reply.
        pad: The token that fills up the shorter rows of a batch.
        own: What its ``generation_config.json`` says of sampling.
        context: The tokens that a prompt and its reply may have together; ``None`` if unknown.
        commit: The repository's commit; ``None`` for a folder.
    """

    name: str
    model: Any
    tokenizer: Any
    processor: Any
    device: torch.device
    ends: frozenset[int]
    pad: int
    own: Mapping[str, Any]
    context: int | None
    commit: str | None

    @property
    def sees(self) -> bool:
        """Whether it takes images."""
        return self.processor is not None

    @property
    def continuous(self) -> bool:
        """Whether it may take text in while it writes other text."""
        # Which transformers feeds tokens alone, and does slowly on Apple's chips.
        return not self.sees and self.device.type != "mps"

    @property
    def templates(self) -> Any:
        """Who holds the chat template."""
        return self.tokenizer if self.processor is None else self.processor

    def __str__(self) -> str:
        return f"{self.name}: on {self.device} in {str(self.model.dtype).removeprefix('torch.')}"


def load(weights: Weights, *, device: str, dtype: str) -> Loaded:
    """Load a model.

    Args:
        weights: Which.
        device: ``auto``, or what torch calls it.
        dtype: ``auto`` for the one that the weights are stored in, or what torch calls it.

    Raises:
        FatalError: There is no such device or model here, it is none that reads and writes, or memory does not hold it.
    """
    _quiet()
    where = device_of(device)
    try:
        return _loaded(weights, where, dtype)
    except FatalError:
        raise
    except Exception as error:
        if lacks_memory(error):
            raise FatalError(
                f"{weights.name}: its weights do not fit into the memory of {where}: take a smaller dtype or model, or "
                "another device"
            ) from None
        raise FatalError(f"{weights.name}: cannot be loaded: {_told(error)}") from error


def _quiet() -> None:
    """Keep transformers' progress bars, hints and tracebacks out of the run's own display."""
    # Read when tqdm is imported.
    os.environ.setdefault("TQDM_DISABLE", "1")
    from transformers import logging

    logging.set_verbosity(logging.CRITICAL)
    logging.disable_progress_bar()
    # Which writes to the terminal by a way of its own; what goes wrong in it is told by its manager.
    getLogger("ContinuousBatchingLogger").setLevel(CRITICAL)


def device_of(asked: str) -> torch.device:
    """The device that a name means; of ``auto`` the fastest that is there.

    Raises:
        FatalError: There is none of that name here.
    """
    import torch

    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    name = next(kind for kind, is_there in there.items() if is_there) if asked == "auto" else asked
    try:
        device = torch.device(name)
    except RuntimeError:
        raise FatalError(f"device={asked}: torch knows no such device; take cpu, cuda, cuda:1 or mps") from None
    count = torch.cuda.device_count() if device.type == "cuda" else 1
    if not there.get(device.type, False) or (device.index or 0) >= count:
        raise FatalError(f"device={asked}: torch finds none here, but {', '.join(k for k, v in there.items() if v)}")
    # A bare "cuda" means whichever is current in a thread, and threads differ.
    return torch.device("cuda", device.index or 0) if device.type == "cuda" else device


def _loaded(weights: Weights, device: torch.device, dtype: str) -> Loaded:
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForImageTextToText, AutoTokenizer
    from transformers.models.auto import modeling_auto

    how = weights.how
    config = AutoConfig.from_pretrained(weights.source, **how)
    sees = type(config) in modeling_auto.MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING and not weights.gguf
    if not sees and type(config) not in modeling_auto.MODEL_FOR_CAUSAL_LM_MAPPING:
        raise FatalError(f"{weights.name}: its model_type {config.model_type!r} reads and writes no text")
    cls = AutoModelForImageTextToText if sees else AutoModelForCausalLM
    precise = "auto" if dtype == "auto" else getattr(torch, dtype)
    model, told = cls.from_pretrained(weights.source, dtype=precise, output_loading_info=True, **how)
    # What a file lacks is made up by chance, and the model would babble.
    if lacking := sorted(told["missing_keys"]):
        raise FatalError(
            f"{weights.name}: is no {cls.__name__}: its files lack {len(lacking)} weights, as {lacking[0]}"
        )
    model = model.to(device).eval()
    processor: Any = processor_of(weights, config.model_type) if sees else None
    tokenizer = processor.tokenizer if processor else AutoTokenizer.from_pretrained(weights.source, **how)
    tokenizer.padding_side = "left"
    own = model.generation_config.to_dict()
    ends = _ends(own.get("eos_token_id"), tokenizer.eos_token_id)
    pad = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else min(ends, default=0)
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token_id = pad
    _forget_own_rules(model, ends, pad)
    context = getattr(config.get_text_config(), "max_position_embeddings", None)
    commit = getattr(config, "_commit_hash", None) if weights.folder is None else None
    return Loaded(weights.name, model, tokenizer, processor, device, ends, pad, own, context, commit)


def _ends(own: int | list[int] | None, usual: int | None) -> frozenset[int]:
    # A server stops at both as well.
    said = own if isinstance(own, list) else [own]
    return frozenset(token for token in (*said, usual) if token is not None)


def _forget_own_rules(model: Any, ends: frozenset[int], pad: int) -> None:
    """Take from the model what its file says of sampling: `generate` would put it wherever a request says nothing."""
    from transformers import GenerationConfig

    model.generation_config = GenerationConfig(eos_token_id=sorted(ends) or None, pad_token_id=pad)


def _told(error: Exception) -> str:
    said = one_line(str(error))
    if "trust_remote_code" in str(error):
        return "it wants code of its own to be run, which is not done: serve it elsewhere and name it as openai:NAME"
    return said or type(error).__name__
