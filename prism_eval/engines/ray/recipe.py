"""An engine as it travels: not the object, which may hold threads and files, but how to make it again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from prism_eval.engines.base import Engine
from prism_eval.errors import FatalError
from prism_eval.plugins import settable
from prism_eval.plugins.identity import digest_of
from prism_eval.plugins.paths import placed


@dataclass(frozen=True)
class Recipe:
    """How to make an engine again in another process.

    Attributes:
        cls: Its class.
        values: Its fields; paths from the root, for a worker stands in another folder.
        identity: The digest of the identity that it must have there as well.
    """

    cls: type[Engine]
    values: Mapping[str, Any]
    identity: str

    @classmethod
    def of(cls, engine: Engine) -> Recipe:
        """How to make an engine again."""
        kind = type(engine)
        values = {name: getattr(engine, name) for name in settable(kind)}
        moved = {name: placed(kind, name, value) for name, value in values.items() if isinstance(value, str)}
        # A path may be part of what the engine is known by.
        there = engine if values | moved == values else kind(**values | moved)
        return cls(kind, values | moved, digest_of(there.identity))

    def made(self) -> Engine:
        """The engine.

        Raises:
            FatalError: It is not the one that was meant: under the same name lie other weights here.
        """
        engine = self.cls(**self.values)
        if digest_of(engine.identity) != self.identity:
            raise FatalError(f"{engine.name}:{engine.model} is another model here than where the run was started")
        return engine
