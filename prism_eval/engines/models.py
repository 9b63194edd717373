"""What a server lists under ``GET /models``.

Source: the "List models" reference of the OpenAI API; ``root`` and ``max_model_len`` are what vLLM and SGLang add, the
other names of a context are those of llama.cpp, OpenRouter, Together, LM Studio, Groq and Mistral.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from prism_eval.engines.replies import object_of

_LISTED = 5
_CONTEXTS = (
    "max_model_len",
    "loaded_context_length",
    "context_length",
    "max_context_length",
    "context_window",
    "n_ctx",
    "n_ctx_train",
)


@dataclass(frozen=True, slots=True)
class Models:
    """The names a server serves, and what it says of each.

    Attributes:
        roots: By name, the path or repository its weights came from; ``None`` if it does not say.
        contexts: By name, the tokens that a request and its reply may have together, where it says.
        owners: By name, who serves it, where it says: vLLM calls itself so.
    """

    roots: Mapping[str, str | None] = field(default_factory=dict)
    contexts: Mapping[str, int] = field(default_factory=dict)
    owners: Mapping[str, object] = field(default_factory=dict)

    @classmethod
    def read(cls, body: bytes) -> Models:
        """Read a reply to ``GET /models``; empty if it is not such a reply."""
        entries = (object_of(body) or {}).get("data")
        if not isinstance(entries, list):
            return cls()
        named = [entry for entry in entries if isinstance(entry, dict) and isinstance(entry.get("id"), str)]
        return cls(
            {entry["id"]: root if isinstance(root := entry.get("root"), str) else None for entry in named},
            {entry["id"]: size for entry in named for size in list(_contexts(entry))[:1]},
            {entry["id"]: entry.get("owned_by") for entry in named},
        )

    def name_of(self, model: str) -> str | None:
        """The name that a model is listed under; ``None`` if it is not."""
        # Gemini lists "models/NAME" and Ollama "NAME:latest" for what they serve as NAME.
        ways = (model, f"models/{model}", f"{model}:latest")
        return next((name for name in ways if name in self.roots), None)

    def __str__(self) -> str:
        names = ", ".join(sorted(self.roots)[:_LISTED])
        return f"{names} and {len(self.roots) - _LISTED} more" if len(self.roots) > _LISTED else names


def _contexts(entry: Mapping[str, object]) -> Iterator[int]:
    """What an entry says of its context, the surest first: how it was started stands before how it was trained."""
    meta = entry.get("meta")
    for name in _CONTEXTS:
        for holder in (entry, meta if isinstance(meta, Mapping) else {}):
            size = holder.get(name)
            if isinstance(size, int) and not isinstance(size, bool) and size > 0:
                yield size
