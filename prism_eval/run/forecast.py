"""What a plan would do, without doing it: the run itself, with a client that asks nobody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from prism_eval.calls import Store, default_path
from prism_eval.engines.probe import Probe
from prism_eval.errors import CallError
from prism_eval.files.jsonable import Json, jsonable
from prism_eval.plan import Plan
from prism_eval.run.assemble import Assembly, assemble
from prism_eval.run.entry_decisions import compared_labels
from prism_eval.run.foreseen import Foreseen
from prism_eval.run.foresight import EntryForecast, Foresight, ModelForecast
from prism_eval.run.items import check_items
from prism_eval.run.measure import measure
from prism_eval.run.needs import asking
from prism_eval.run.paths import with_absolute_paths
from prism_eval.run.probing import Probing


@dataclass
class Forecast:
    """What a plan would do.

    Attributes:
        items: Items, by benchmark.
        images: Unique images, by benchmark.
        entries: What each entry needs.
        models: What each model would be asked.
        unread: Benchmarks that are left out, and why.
        probes: What each model says of itself, with whom it is.
        unfit: What cannot be done at all, and what to do about it.
        notes: What should be known before it is done.
    """

    items: dict[str, int] = field(default_factory=dict)
    images: dict[str, int] = field(default_factory=dict)
    entries: list[EntryForecast] = field(default_factory=list)
    models: list[ModelForecast] = field(default_factory=list)
    unread: Mapping[str, str] = field(default_factory=dict)
    probes: list[tuple[str, Probe]] = field(default_factory=list)
    unfit: Sequence[str] = ()
    notes: Sequence[str] = ()


def document(forecast: Forecast) -> dict[str, Json]:
    """All of a forecast, in JSON's own types."""
    sizes = [{"name": name, "items": items, "images": forecast.images[name]} for name, items in forecast.items.items()]
    hours, cost = (total(forecast.models, name) for name in ("gpu_hours", "cost"))
    said = {
        "benchmarks": sizes,
        "entries": [asdict(one) for one in forecast.entries],
        "models": [asdict(one) for one in forecast.models],
        "calls": sum(one.calls for one in forecast.models),
        "at_most": any(one.at_most for one in forecast.models),
        "gpu_hours": hours,
        "cost": cost,
        "probes": [{"source": source, **asdict(probe)} for source, probe in forecast.probes],
        "unfit": list(forecast.unfit),
        "notes": list(forecast.notes),
        "unread": dict(forecast.unread),
    }
    return {name: jsonable(value) for name, value in said.items()}


def total(models: Sequence[ModelForecast], name: str) -> float | None:
    """The sum of what is known of something, as of GPU hours; ``None`` where nothing is."""
    known = [value for one in models if (value := getattr(one, name)) is not None]
    return sum(known) if known else None


async def forecast(plan: Plan, store: Path | None = None, *, probe: bool = False) -> Forecast:
    """Count a plan's items, unique images, store hits and requests, and estimate tokens, time and money.

    Args:
        plan: The plan.
        store: The generation store; by default the user's.
        probe: Whether models may be asked what they are, and for the captions and answers of one item, which the store
            keeps; without it servers are asked for their lists of models only.

    Raises:
        UsageError: Something the plan names does not exist or will not do.
        FatalError: A model cannot be asked what the plan wants of it.
    """
    plan, result = with_absolute_paths(plan), Forecast()
    with Store(store or default_path()) as opened:
        await _probed(result, plan, opened, asking=probe)
        if probe and not result.unfit:
            await measure(plan, opened)
        assembly = assemble(plan, opened, client=Foreseen)
        try:
            await _counted(result, assembly)
        finally:
            await assembly.close()
    return result


async def _counted(result: Forecast, assembly: Assembly) -> None:
    settings, calls = assembly.settings, assembly.settings.calls
    # A baseline that is nobody's is said now, and not by the run that this was to forecast.
    if assembly.plan.until_decided:
        compared_labels(assembly.plan, settings)
    # Without scorers: what something would cost can be asked where the scorers' extras are not installed.
    await check_items(assembly.benchmarks)
    result.unread = assembly.unread
    if isinstance(calls, Foreseen):
        calls.watch(asking(settings))
        foresight = Foresight(settings, calls)
        await foresight.count(assembly.sources)
        result.items, result.images = foresight.items, foresight.images
        result.entries, result.models = foresight.entries(), foresight.models()


async def _probed(result: Forecast, plan: Plan, store: Store, *, asking: bool) -> None:
    assembly = assemble(plan, store)
    try:
        probing = Probing(assembly.settings, assembly.calling)
        try:
            await probing.find_out(asking=asking)
        except CallError as error:
            result.unfit = [str(error)]
            return
        for key, probe in probing.found.items():
            result.probes.append((probing.needs[key].source, probe))
        result.unfit, result.notes = list(probing.unfit()), list(probing.notes())
    finally:
        await assembly.close()
