"""lmms-eval's tasks as benchmarks: its documents, prompts, `process_results` and aggregation, our captions and answers.

Only `task` touches lmms-eval, and only inside its functions: everything else sees rows like those of any other source.
"""

from __future__ import annotations

from prism_eval.benchmarks.lmms.benchmark import PREFIX, open_task
from prism_eval.benchmarks.lmms.prompt import Encoder, Prompt, PromptError, read_messages
from prism_eval.benchmarks.lmms.scorer import LmmsScorer, asked_for

__all__ = ["PREFIX", "Encoder", "LmmsScorer", "Prompt", "PromptError", "asked_for", "open_task", "read_messages"]
