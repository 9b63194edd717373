"""What a server lists under ``GET /models``.

Source: the "List models" reference of the OpenAI API; ``root`` is what vLLM and SGLang add.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from prism_eval.engines.replies import object_of

_LISTED = 5


@dataclass(frozen=True, slots=True)
class Models:
    """The names a server serves, each with its root: the path or repository its weights came from, if it says so."""

    roots: Mapping[str, str | None] = field(default_factory=dict)

    @classmethod
    def read(cls, body: bytes) -> Models:
        """Read a reply to ``GET /models``; empty if it is not such a reply."""
        entries = (object_of(body) or {}).get("data")
        if not isinstance(entries, list):
            return cls()
        named = [entry for entry in entries if isinstance(entry, dict) and isinstance(entry.get("id"), str)]
        return cls({entry["id"]: root if isinstance(root := entry.get("root"), str) else None for entry in named})

    def name_of(self, model: str) -> str | None:
        """The name that a model is listed under; ``None`` if it is not."""
        # Gemini lists "models/NAME" and Ollama "NAME:latest" for what they serve as NAME.
        ways = (model, f"models/{model}", f"{model}:latest")
        return next((name for name in ways if name in self.roots), None)

    def __str__(self) -> str:
        names = ", ".join(sorted(self.roots)[:_LISTED])
        return f"{names} and {len(self.roots) - _LISTED} more" if len(self.roots) > _LISTED else names
