"""From a spec string to a plugin, for every kind: one door, which checks what comes through it.

An engine's name serves wherever a kind has plugins made of an engine and a prompt: ``openai:NAME`` is then such a
plugin around that engine, and the spec's options go to whichever of the two has them.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Generic, TypeVar, get_args, get_origin, get_type_hints

from prism_eval.errors import PrismError, UnknownName, UsageError
from prism_eval.files.folders import user_path
from prism_eval.plugins.faults import fault_of
from prism_eval.plugins.identity import Plugin, is_runtime, plan_name
from prism_eval.plugins.layers import INSIDE, Layer, layers_of, names_of
from prism_eval.plugins.registry import entry_points, load
from prism_eval.plugins.specs import Spec

P = TypeVar("P", bound=Plugin)
Settings = Mapping[str, object]
"""Values of the plan and its protocol, for fields declared with `prism_eval.from_plan`."""

_LARGEST, _QUOTED = 2**63 - 1, 60
"""The largest whole number of an option, and characters of one that are quoted."""


@dataclass(frozen=True)
class Kind(Generic[P]):
    """A kind of plugin, and what its plugins must be.

    Attributes:
        name: The kind's word: ``captioner``, ``reasoner``, ...
        base: The class that its plugins subclass.
        coroutines: The methods that must be ``async``.
        around_engines: The classes that make such a plugin of an engine, by the value of the option ``by`` that chooses
            one; the first is the default. Empty where an engine's name does not serve.
        engines: What such an engine must be.
        takes_parts: The class whose specs may name parts, ``NAME(PART, PART)``.
    """

    name: str
    base: type[P]
    coroutines: tuple[str, ...] = ()
    around_engines: Mapping[str, type[P]] = field(default_factory=dict)
    engines: Kind[Any] | None = None
    takes_parts: type[P] | None = None


def build(kind: Kind[P], spec: Spec, settings: Settings) -> P:
    """Make a plugin, its parts and its engine included.

    Args:
        kind: What it shall be.
        spec: The parsed spec string.
        settings: What fields that ask for it take from the plan where the spec does not set them.

    Raises:
        UsageError: A name or an option is wrong, an extra is missing, or the class is not what the kind asks for.
    """
    what = f"{kind.name} {spec.name!r}"
    options = dict(spec.options)
    if not _is_engine(kind, spec):
        options |= _model(spec)
        cls = load(kind.name, spec.name)
        check_class(kind, cls, what)
        return _construct(cls, what, options, settings, _parts(kind, cls, what, spec, settings))  # type: ignore[no-any-return]
    _parts(kind, None, what, spec, settings)
    cls = _class_around_engine(kind, what, options)
    *around, innermost = layers_of(replace(spec, options=options))
    what = f"{kind.name} {':'.join(layer.name for layer in (*around, innermost))!r}"
    for layer in (*around, innermost):
        if kind.engines is not None:
            check_class(kind.engines, layer.cls, what)
    own = settable(innermost.cls)
    outer = {name for layer in around for name in names_of(layer)}
    for key in options:
        if key == INSIDE or not (key in outer or key in own or key in _options_of(cls)):
            raise UnknownName(f"option of {what}", key, {*outer, *own, *_options_of(cls)} - {INSIDE})
    # What both have is the engine's: it was there first, and its meaning is the better known.
    engine = _engine(innermost, what, {key: value for key, value in innermost.options.items() if key in own}, settings)
    for layer in reversed(around):
        engine = _engine(layer, what, layer.options, settings, inside=engine)
    rest = {key: value for key, value in innermost.options.items() if key not in own}
    return _construct(cls, what, rest, settings, {INSIDE: engine})  # type: ignore[no-any-return]


def label_of(kind: Kind[Any], spec: Spec) -> str:
    """How tables name a plugin: its ``label``, or the spec string less the options that change no output."""
    if spec.label:
        return spec.label
    # An address or a timeout in a table's first column would tell nobody anything.
    if _is_engine(kind, spec):
        # Where an engine runs tells as little: its name alone is said.
        layer = layers_of(spec)[-1]
        spec, cls = replace(spec, name=layer.name, model=layer.model, options=dict(layer.options)), layer.cls
    else:
        cls = load(kind.name, spec.name)
    hidden = runtime_fields(cls)
    parts = f"({', '.join(label_of(kind, part) for part in spec.parts)})" if spec.parts else ""
    options = "&".join(f"{key}={value}" for key, value in spec.options.items() if key not in hidden)
    model = f":{spec.model}" if spec.model else ""
    return f"{spec.name}{parts}{model}" + (f"?{options}" if options else "")


def check_class(kind: Kind[P], cls: object, what: str) -> None:
    """Make sure that a class is what its kind asks for, before anything is paid for.

    Raises:
        UsageError: It is no subclass of the kind's class, no dataclass, lacks a method, or has one that is not async.
    """
    if not isinstance(cls, type) or not issubclass(cls, kind.base):
        raise UsageError(f"{what} is no {kind.name}: its class must subclass prism_eval.{kind.base.__name__}")
    _check_dataclass(cls, what)
    # Python itself would say so with a traceback, and only when the object is made.
    lacking = sorted(getattr(cls, "__abstractmethods__", ()))
    if lacking:
        raise UsageError(f"{what} has no {' and no '.join(lacking)}(): class {cls.__name__} must define it")
    for name in kind.coroutines:
        method = inspect.unwrap(getattr(cls, name))
        # Something callable that is no plain function may well return an awaitable; only calling it can tell.
        if inspect.isfunction(method) and not inspect.iscoroutinefunction(method):
            raise UsageError(f"{what}: {cls.__name__}.{name} is not async: write `async def {name}`")


def settable(cls: type) -> dict[str, dataclasses.Field[Any]]:
    """The fields of a plugin that can be set, by name."""
    return {field.name: field for field in dataclasses.fields(cls) if field.init}


def runtime_fields(cls: type) -> set[str]:
    """The names of a plugin's fields that are no part of its identity."""
    return {name for name, field in settable(cls).items() if is_runtime(field)}


def _is_engine(kind: Kind[Any], spec: Spec) -> bool:
    """Whether the name is an engine's; a plugin of the kind itself has the right of way."""
    named = spec.name in entry_points(kind.name)
    return bool(kind.around_engines) and not named and spec.name in entry_points("engine")


def _class_around_engine(kind: Kind[P], what: str, options: dict[str, str]) -> type[P]:
    # Where there is one way, `by` is no option, and a misspelt one is told like any other.
    ways = kind.around_engines
    if len(ways) == 1:
        return next(iter(ways.values()))
    way = options.pop("by", next(iter(ways)))
    if way not in ways:
        raise UnknownName(f"way of answering of {what}", way, ways)
    return ways[way]


def _model(spec: Spec | Layer) -> dict[str, str]:
    """``NAME:MODEL`` is a short way to write ``?model=MODEL``; a plugin without such a field says so."""
    return {} if spec.model is None else {"model": spec.model}


def _engine(
    layer: Layer, what: str, options: Mapping[str, str], settings: Settings, *, inside: object | None = None
) -> object:
    given = {} if inside is None else {INSIDE: inside}
    return _construct(layer.cls, what, {**options, **_model(layer)}, settings, given)


def _parts(kind: Kind[P], cls: type | None, what: str, spec: Spec, settings: Settings) -> dict[str, object]:
    takes = cls is not None and kind.takes_parts is not None and issubclass(cls, kind.takes_parts)
    if spec.parts and not takes:
        raise UsageError(f"{what} takes no parts: {spec.text!r}")
    if not spec.parts:
        return {}
    offered: Settings = getattr(cls, "settings_of_parts", dict)(settings)
    return {"parts": tuple(build(kind, part, offered) for part in spec.parts)}


def _check_dataclass(cls: type, what: str) -> None:
    """Refuse a class whose fields nobody sees: they would be no options, and worse, no part of its identity."""
    own = vars(cls)
    # A class that states its identity in words of its own needs no fields.
    tells_itself = getattr(cls, "identity", None) is not Plugin.identity
    undeclared = "__dataclass_fields__" not in own and (own.get("__annotations__") or "__init__" in own)
    if undeclared and not tells_itself:
        raise UsageError(f"{what}: class {cls.__name__} is not a dataclass: write @dataclass(kw_only=True) above it")


def _options_of(cls: type) -> dict[str, object]:
    """The names that a spec's options may have: fields, and in place of sampling whatever it holds together."""
    names: dict[str, object] = dict(settable(cls))
    for inner in _spread(cls).values():
        names |= dict.fromkeys(field.name for field in dataclasses.fields(inner))
    return {name: None for name in names if name not in _spread(cls)}


def _spread(cls: type) -> dict[str, type]:
    """The fields whose value is a plain dataclass such as `Sampling`: its fields are options of the plugin."""
    hints = _hints(cls)
    return {
        name: hints[name]
        for name in settable(cls)
        if isinstance(hints[name], type)
        and dataclasses.is_dataclass(hints[name])
        and not issubclass(hints[name], Plugin)
    }


def _construct(
    cls: type, what: str, options: Mapping[str, str], settings: Settings, given: Mapping[str, object] | None = None
) -> Any:
    fields, hints = settable(cls), _hints(cls)
    # In rising order of who says so: the plan, the parts and the engine, the spec string.
    values: dict[str, object] = {
        name: settings[asked]
        for name, field in fields.items()
        if (asked := plan_name(field)) is not None and asked in settings
    }
    values |= given or {}
    known = _options_of(cls)
    for key in options:
        if key not in known:
            raise UnknownName(f"option of {what}", key, known)
    values |= {key: _converted(value, hints[key], key, what) for key, value in options.items() if key in fields}
    try:
        for name, inner in _spread(cls).items():
            changes = _inner_options(inner, options, fields, what)
            if changes:
                values[name] = dataclasses.replace(values.get(name) or inner(), **changes)  # type: ignore[type-var]
        _check_complete(fields, values, what)
        return cls(**values)
    except PrismError:
        raise
    except ValueError as error:
        raise UsageError(f"{what}: {error}") from error
    except Exception as error:
        raise UsageError(fault_of(cls, what, error)) from error


def _inner_options(
    inner: type, options: Mapping[str, str], fields: Mapping[str, object], what: str
) -> dict[str, object]:
    hints = _hints(inner)
    names = [field.name for field in dataclasses.fields(inner)]
    return {
        key: _converted(options[key], hints[key], key, what) for key in names if key in options and key not in fields
    }


@functools.cache  # whoever asks for them has each annotation compiled anew
def _hints(cls: type) -> Mapping[str, Any]:
    try:
        return get_type_hints(cls)
    except (NameError, TypeError) as error:
        raise UsageError(
            f"the types of {cls.__name__}'s fields cannot be read ({error}): import what they name"
        ) from error


def _converted(value: object, hint: Any, key: str, what: str) -> object:
    from pydantic import ConfigDict, TypeAdapter, ValidationError

    if not isinstance(value, str):  # given as an object, by Python code that knows its type
        return value
    # A field of text may mean the word itself; where numbers stand it can only say that there is to be none.
    if value.strip().lower() == "none" and type(None) in get_args(hint) and not {str, Path} & set(get_args(hint)):
        return None
    try:
        value = _from_json(value) if _is_json(hint) else value
        # Pydantic takes no configuration for a dataclass, which brings its own.
        config = None if dataclasses.is_dataclass(hint) else ConfigDict(arbitrary_types_allowed=True)
        converted = TypeAdapter(hint, config=config).validate_python(value)
    except ValidationError as error:
        reason = error.errors()[0]["msg"]
        raise UsageError(f"{what}: {key}={value!r} will not do: {reason}") from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f'{what}: {key}={value!r} is not JSON, as {{"key": true}} would be: {error}') from error
    if isinstance(converted, int) and abs(converted) > _LARGEST:
        raise UsageError(f"{what}: {key}={str(value)[:_QUOTED]!r} will not do: nothing counts so far")
    return user_path(converted) if isinstance(converted, Path) else converted


def _is_json(hint: Any) -> bool:
    """Whether a field holds what only JSON can write down: a mapping or a list."""
    return any((get_origin(one) or one) in (dict, list, Mapping) for one in (hint, *get_args(hint)))


def _from_json(text: str) -> object:
    def refuse(constant: str) -> None:
        # Python reads NaN and Infinity; no server does, and no identity can hold them.
        raise ValueError(f"{constant} is no JSON")

    return json.loads(text, parse_constant=refuse)


def _check_complete(fields: Mapping[str, dataclasses.Field[Any]], values: Mapping[str, object], what: str) -> None:
    missing = [name for name, field in fields.items() if name not in values and _required(field)]
    if missing:
        raise UsageError(f"{what} needs {', '.join(missing)}: {_how_to_set(what, missing[0])}")


def _required(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def _how_to_set(what: str, name: str) -> str:
    plugin = what.rpartition(" ")[2].strip("'")
    if name == "model":
        return f"write {plugin}:MODEL"
    if name == "parts":
        return f"write {plugin}(CAPTIONER)"
    return f"write {plugin}?{name}=..."
