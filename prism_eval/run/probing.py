"""What a run's models are, found out once each before the first of them is asked anything, and what will not fit."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from typing import Any

from prism_eval.engines import Probe
from prism_eval.errors import CallError, FatalError
from prism_eval.plan import STAGES, Stage
from prism_eval.plugins.faults import fault_of
from prism_eval.run.needs import Need, key_of, longest_caption, needs_of, on_engines, prompt_tokens, too_tight
from prism_eval.run.settings import Settings
from prism_eval.schema import Request

_SECONDS = 30.0
"""What a model may take to say what it is: of one that is slow or busy nothing is known, and the run begins."""
Known = Mapping[tuple[str, str], Mapping[str, object]]
"""By who is asked and where, what is known of it."""


class Probing:
    """The models of one run.

    Args:
        settings: What every item goes through.
        calling: The stages that may call their models.
        known: What an earlier run found out, for models that this one need not ask.

    Attributes:
        needs: What is asked of each model.
        found: What is known by now of each.
    """

    def __init__(self, settings: Settings, calling: Collection[Stage], *, known: Known | None = None) -> None:
        self.needs = needs_of(settings, calling)
        self.found: dict[Hashable, Probe] = {}
        self._settings = settings
        self._answers = "answer" in calling
        self._known = known or {}

    async def find_out(self, *, asking: bool = True) -> None:
        """Probe all models at the same time.

        Args:
            asking: Whether a server's model may be asked; else only what is said of it is read.

        Raises:
            FatalError: What will be asked of a model cannot succeed.
        """
        probes = (_probed(need, need.trials if asking else ()) for need in self.needs.values())
        # All are waited for though one says that nothing can be asked: engines must not be closed under a probe.
        found = await asyncio.gather(*probes, return_exceptions=True)
        for one in found:
            if isinstance(one, BaseException):
                raise one
        self.found = {key: one for key, one in zip(self.needs, found, strict=True) if isinstance(one, Probe)}

    async def introduce(self, notes: list[str]) -> None:
        """Find out what the models are, and whether what will be asked of them fits, before the first is asked.

        Args:
            notes: Takes what should be known by then.

        Raises:
            FatalError: Something cannot succeed.
        """
        await self.find_out()
        self.check()
        notes.extend(self.notes())

    def check(self) -> None:
        """Make sure that what will be asked fits.

        Raises:
            FatalError: Something does not.
        """
        if unfit := list(self.unfit()):
            raise _told(unfit)

    def unfit(self) -> Iterator[str]:
        """What cannot be done at all, and what to do about it."""
        for key, probe in self.found.items():
            yield from self.needs[key].unfit(probe)

    def notes(self) -> Iterator[str]:
        """What should be known before it is done."""
        if not self._answers:
            return
        captioners = (entry.captioner for entry in self._settings.entries)
        longest = longest_caption(one for one in captioners if not one.answers)
        for part in (part for one in self._settings.reasoners.values() for part in on_engines(one)):
            need, probe = Need.of(part), self.found.get(key_of(part.engine))
            sizes = {"caption": longest, "prompt": prompt_tokens(part), "answer": need.sampling.max_tokens}
            if note := too_tight(probe.context if probe else None, **sizes):
                yield f"{need.where}: {note}"

    def facts(self) -> list[dict[str, Any]]:
        """What the manifest says of each model that something is known of."""
        told = []
        for key, need in needs_of(self._settings, STAGES).items():
            who, where = need.source, need.engine.address
            found = self.found.get(key)
            known = found.facts() if found else self._known.get((who, where), {})
            told.append({"engine": who, "address": where, **known})
        return told


async def _probed(need: Need, trials: Sequence[Request]) -> Probe:
    """What a model is, as far as it can be found out now.

    Raises:
        FatalError: Nothing can be asked of it.
    """
    engine, note = need.engine, ""
    try:
        async with asyncio.timeout(_SECONDS):
            found: object = await engine.probe(*trials[:1])
            for other in trials[1:]:
                await engine.generate(other)
        if isinstance(found, Probe):
            return found
        note = f"probe() returned {type(found).__name__}, not a Probe"
    except FatalError:
        raise
    except TimeoutError:
        note = f"no reply within {_SECONDS:g} s"
    except CallError as error:  # the calls themselves wait for it, or tell
        note = str(error)
    except Exception as error:  # noqa: BLE001 - a stranger's bug in what nobody needs costs nothing
        note = fault_of(engine, f"{engine.name!r}, probe()", error)
    return Probe(model=engine.model, note=note)


def _told(unfit: list[str]) -> FatalError:
    error = FatalError("; ".join(unfit))
    error.lines = tuple(unfit)
    return error
