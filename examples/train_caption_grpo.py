r"""A captioner trained against the reader that scores it, with TRL's GRPO.

    pip install prism-eval 'trl>=1.16'
    python examples/train_caption_grpo.py --model Qwen/Qwen2.5-VL-3B-Instruct --data questions.jsonl \
        --reasoner 'openai:Qwen/Qwen2.5-3B-Instruct?base_url=http://127.0.0.1:8000/v1' --out captioner

The data is a line for each image: {"image": "path/to.png", "questions": [{"question", "choices", "answer"}, ...]}, with
paths beside the file. Ends with the mean reward of its first and its last steps. What it pays for is told by
`prism-eval reward replay` before a training, and what came of it by `prism-eval run -c transformers:captioner`.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from statistics import fmean

import torch
from datasets import Dataset
from datasets import Image as Picture
from trl import GRPOConfig, GRPOTrainer

from prism_eval import CaptionReward
from prism_eval.rewards.trainers.trl import reward_funcs


def rows(data: Path, prompt: str) -> Dataset:
    """The images with their questions, as TRL takes them."""
    lines = [json.loads(line) for line in data.read_text(encoding="utf-8").splitlines()]
    made = [
        {
            "prompt": [{"role": "user", "content": prompt}],
            "image": str(data.parent / line["image"]),
            # As text: the images' questions have options of many shapes, and a table's column has one.
            "questions": json.dumps(line["questions"]),
        }
        for line in lines
    ]
    return Dataset.from_list(made).cast_column("image", Picture())


def main() -> None:
    """Train, and say what was earned."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--reasoner", required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--prompt", default="Please describe this image in detail.")
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--group", type=int, default=8, help="captions of each image")
    parser.add_argument("--images", type=int, default=4, help="images of each step")
    parser.add_argument("--rate", type=float, default=1e-6)
    parser.add_argument("--tokens", type=int, default=1024)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()

    functions = reward_funcs(CaptionReward(given.reasoner, seed=given.seed))
    config = GRPOConfig(
        output_dir=str(given.out),
        max_steps=given.steps,
        num_generations=given.group,
        per_device_train_batch_size=given.group * given.images,
        max_completion_length=given.tokens,
        learning_rate=given.rate,
        logging_steps=1,
        bf16=torch.cuda.is_available(),
        use_cpu=not torch.cuda.is_available(),
        report_to=[],
        save_strategy="no",
        seed=given.seed,
    )
    trainer = GRPOTrainer(given.model, functions, args=config, train_dataset=rows(given.data, given.prompt))
    trainer.train()
    trainer.save_model()
    functions[0].close()
    rewards = [step["reward"] for step in trainer.state.log_history if "reward" in step]
    few = max(len(rewards) // 4, 1)
    print(f"mean reward of the first {few} of {len(rewards)} steps: {fmean(rewards[:few]):.3f}")
    print(f"mean reward of the last {few}: {fmean(rewards[-few:]):.3f}")


if __name__ == "__main__":
    main()
