"""`lexical` picks or extracts answers by token evidence. It is no language model: see `Lexical`."""

from __future__ import annotations

from prism_eval.reasoners.lexical.plugin import Lexical

__all__ = ["Lexical"]
