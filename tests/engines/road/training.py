"""Two captioners of one training: after a third of it, and at its end."""

from __future__ import annotations

import random
import shutil
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from tests.engines.road.pictures import all_scenes
from tests.engines.transformers import tiny

PROMPT = "Describe the picture."
"""What they are trained to reply to."""
STEPS = {"weak": 100, "strong": 300}
"""After how many steps each is saved."""
_BATCH, _POOL, _RATE = 32, 3200, 2e-3


def train(home: Path, *, seed: int = 0, saved: Mapping[str, int] = MappingProxyType(STEPS)) -> dict[str, Path]:
    """Train a tiny LLaVA to describe pictures.

    Args:
        home: Where the captioners are saved, a folder each under its name.
        seed: Of weights, pictures and batches.
        saved: By name, after how many steps.

    Returns:
        Their folders by name.
    """
    import torch

    scenes = list(all_scenes())
    (blank := home / "blank").mkdir(parents=True)
    tiny.llava_model(blank, seed=seed, sentences=[PROMPT, *(one.sentence for one in scenes)], spread=0.06, eye_size=64)
    model, examples = _model(blank), _examples(blank, seed)
    optimizer = torch.optim.AdamW(model.parameters(), lr=_RATE, weight_decay=0.01)
    steps = max(saved.values())
    rate = torch.optim.lr_scheduler.OneCycleLR(optimizer, _RATE, total_steps=steps, pct_start=0.05)
    torch.manual_seed(seed)
    for step in range(1, steps + 1):
        rows = torch.randint(_POOL, (_BATCH,))
        loss = model(**{name: values[rows] for name, values in examples.items()}).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        rate.step()
        optimizer.zero_grad()
        for name in (name for name, last in saved.items() if last == step):
            tiny.save(model, shutil.copytree(blank, home / name))
    return {name: home / name for name in saved}


def _model(folder: Path) -> Any:
    from transformers import LlavaForConditionalGeneration

    return LlavaForConditionalGeneration.from_pretrained(folder).train()


def _examples(folder: Path, seed: int) -> dict[str, Any]:
    """Pictures with the conversation that ends in a caption of each, of which the caption alone is learnt."""
    from transformers import LlavaProcessor

    rng, processor = random.Random(seed), LlavaProcessor.from_pretrained(folder)
    processor.tokenizer.padding_side = "right"
    shown = [rng.choice(list(all_scenes())) for _ in range(_POOL)]
    asked = [{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": PROMPT}]}]
    prompt = processor.apply_chat_template(asked, add_generation_prompt=True, tokenize=False)
    pictures = [scene.drawn(rng) for scene in shown]
    texts = [f"{prompt}{scene.sentence}{processor.tokenizer.eos_token}" for scene in shown]
    made = dict(processor(text=texts, images=pictures, padding=True, return_tensors="pt"))
    read = processor(text=[prompt], images=pictures[:1], return_tensors="pt")["input_ids"].shape[1]
    labels = made["input_ids"].masked_fill(made["attention_mask"] == 0, -100)
    labels[:, :read] = -100
    return made | {"labels": labels}
