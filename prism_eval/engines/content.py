"""What a chat message says: one text, however a server writes it down."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

# Where servers put what a model thought before it spoke.
_THOUGHTS = ("reasoning_content", "reasoning", "reasoning_details", "thinking")
_THINKING = frozenset({"thinking", "redacted_thinking", "reasoning", "reasoning_content"})


@dataclass(frozen=True, slots=True)
class Content:
    """What a message says.

    Attributes:
        text: Its text; empty for none.
        refusal: Why the model would not write one, in its words; empty if it would.
        given: Whether there is a text, be it an empty one, or thoughts in its place.
    """

    text: str
    refusal: str
    given: bool

    @classmethod
    def of(cls, message: Mapping[str, object]) -> Content:
        """Read a message whose content is a text, a list of parts, or nothing."""
        content, refusal = message.get("content"), message.get("refusal")
        parts = list(_parts(content))
        thought = any(message.get(name) for name in _THOUGHTS) or any(kind == "thinking" for kind, _ in parts)
        refusals = [text for kind, text in parts if kind == "refusal"]
        return cls(
            "".join(text for kind, text in parts if kind == "text"),
            refusal if isinstance(refusal, str) else "".join(refusals),
            bool(parts) or thought,
        )


def _parts(content: object) -> Iterator[tuple[str, str]]:
    """The parts of a content as ``text``, ``thinking`` or ``refusal``, each with its text."""
    if isinstance(content, str):
        yield "text", content
        return
    for part in content if isinstance(content, list) else [content]:
        match part:
            case str(text) | {"text": str(text)}:
                # Gemini marks its thoughts beside the text.
                thought = isinstance(part, dict) and (part.get("thought") or part.get("type") in _THINKING)
                yield ("thinking" if thought else "text"), text
            case {"refusal": str(text)}:
                yield "refusal", text
            case {"type": str(kind)} if kind in _THINKING:
                yield "thinking", ""
