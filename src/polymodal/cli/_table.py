"""From what was typed to a Table: target and type specifications, and the reading itself."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import typer

from polymodal.cli._console import note
from polymodal.errors import SchemaError, SettingError, near_miss
from polymodal.registry import MODALITIES

if TYPE_CHECKING:
    from polymodal.adapters.lora import LoRA
    from polymodal.model import Model
    from polymodal.schema.modality import Modality
    from polymodal.schema.table import Table
    from polymodal.schema.target import Target

_Value = TypeVar("_Value")

# What may follow a column as :SETTING=VALUE.
_SETTINGS: Mapping[str, tuple[str, ...]] = {
    "category": ("classes", "class_weight", "decide", "thresholds"),
    "multilabel": ("class_weight", "decide", "thresholds"),
    "number": (),
    "ordinal": ("levels", "class_weight"),
    "survival": (),
}


def read_table(
    data: Any,
    *,
    files: str | None,
    targets: Sequence[str] = (),
    types: Sequence[str] = (),
    ignore: Sequence[str] = (),
    roles: Mapping[str, str | None] | None = None,
) -> Table:
    """The table of `data`, with targets and types as they are written on the command line.

    Raises SettingError for a specification that cannot be understood, and what `Table.read` raises.
    """
    from polymodal.schema.table import Table

    if is_stored(data):
        given = {"files": files, "type": types, "ignore": ignore, **dict(roles or {})}
        return _stored(data, targets, [option for option, value in given.items() if value])
    target = parse_targets(targets)
    modalities = parse_types(types)
    try:
        return Table.read(
            data, files=files, target=target or None, types=modalities, ignore=ignore, **dict(roles or {})
        )
    except SchemaError as error:
        kinds = [kind for name, one in target.items() if one is None for kind in _meant_as_kinds(name, error.faults)]
        raise SchemaError(str(error).partition("\n")[0], [*error.faults, *kinds]) from error


def read_to_learn(
    data: Any,
    *,
    files: str | None,
    targets: Sequence[str] | None,
    types: Sequence[str] | None,
    ignore: Sequence[str] | None,
    roles: Mapping[str, str | None],
    needs_target: bool = True,
) -> Table:
    """The same where something is to be learnt, which only a store says by itself.

    Raises BadParameter where nobody says it, SettingError for a store without targets.
    """
    if needs_target and not targets and not is_stored(data):
        raise typer.BadParameter("name the column that is to be learnt.", param_hint="'--target'")
    table = read_table(data, files=files, targets=targets or (), types=types or (), ignore=ignore or (), roles=roles)
    if needs_target and not table.schema.targets:
        raise SettingError(f"{data} has no target to learn; make it with one: polymodal pack ... --target COLUMN")
    return table


def is_stored(data: Any) -> bool:
    """Whether it is the path of a store."""
    from polymodal.store.disk.dataset import is_store

    return is_store(data)


def parted(source: Any, test: float, seed: int, by: Literal["random", "time"]) -> tuple[Any, Any]:
    """What to learn from, and what to test on, of a table or of a store, whose rows stay where they are."""
    from polymodal.store.disk.store import Store
    from polymodal.store.loader.part import split

    return split(source, test, seed, by) if isinstance(source, Store) else source.split(test=test, seed=seed, by=by)


def _stored(data: str, targets: Sequence[str], given: Sequence[str]) -> Table:
    """The table of a store, which says itself what its columns are; of its targets those that are asked for."""
    from polymodal.store.disk.store import Store

    if given:
        raise SettingError(f"{data} is a store and says itself what it holds; leave --{' and --'.join(given)} out")
    table = Store.open(data).table()
    there = table.schema.targets
    unknown = [one for one in targets if one not in there]
    if unknown:
        raise SettingError(f"--target {unknown[0]!r}: {data} has no such target. {near_miss(unknown[0], there)}")
    kept = {name: one for name, one in there.items() if not targets or name in targets}
    return table.with_schema(table.schema.model_copy(update={"targets": kept}))


def read_for(model: Model, rows: Any, files: str | None) -> Table:
    """A file, or one row as a dict, as the model's schema reads it; what differs from that schema is noted."""
    from polymodal.asked import as_table

    table, differences = as_table(rows, model.schema, files)
    for difference in differences:
        note(f"Note: {difference}")
    return table


def parse_targets(specs: Sequence[str]) -> dict[str, Target | None]:
    """Name to settings of each `--target`; None where the kind is to be inferred.

    >>> parse_targets(["outcome", "survival:days:dead"])
    {'outcome': None, 'survival': Survival(...)}
    >>> parse_targets(["ordinal:grade:levels=mild,severe:class_weight=severe=2"])["grade"].levels
    ('mild', 'severe')
    """
    return _each_once("--target", (_parse_target(spec) for spec in specs))


def parse_types(specs: Sequence[str]) -> dict[str, Modality]:
    """Name to modality of each `--type NAME=KIND[,SETTING=VALUE ...]`.

    >>> parse_types(["note=text"])
    {'note': Text(...)}
    """
    return _each_once("--type", (_parse_type(spec) for spec in specs))


def parse_encoders(specs: Sequence[str]) -> dict[str, str | LoRA]:
    """Modality to encoder of each `--encoder NAME=ENCODER` or `--encoder NAME=lora:ENCODER[,SETTING=VALUE ...]`.

    >>> parse_encoders(["note=sentence-transformers/all-MiniLM-L6-v2", "photo=lora:vit,rank=4"])
    {'note': 'sentence-transformers/all-MiniLM-L6-v2', 'photo': LoRA(base='vit', rank=4, ...)}
    """
    wrong = [spec for spec in specs if not all(spec.partition("="))]
    if wrong:
        raise SettingError(f"--encoder {wrong[0]!r} cannot be understood; write NAME=ENCODER")
    pairs = (spec.partition("=") for spec in specs)
    return _each_once(
        "--encoder", ((name, _adapted(one) if one.startswith("lora:") else one) for name, _, one in pairs)
    )


def _each_once(option: str, pairs: Iterable[tuple[str, _Value]]) -> dict[str, _Value]:
    """A dict of what was typed. Raises SettingError for a name that was typed twice, of which only one could count."""
    found: dict[str, _Value] = {}
    for name, value in pairs:
        if name in found:
            raise SettingError(f"{option} names {name!r} twice; leave one of them out")
        found[name] = value
    return found


def _adapted(chosen: str) -> LoRA:
    from polymodal.adapters.lora import LoRA

    base, *pairs = chosen.removeprefix("lora:").split(",")
    settings = {name: _value(value) for name, _, value in (pair.partition("=") for pair in pairs)}
    allowed = [one.name for one in fields(LoRA) if one.name != "base"]
    wrong = sorted(set(settings) - set(allowed))
    if wrong:
        raise SettingError(f"--encoder {chosen!r}: LoRA has no setting {wrong[0]!r}. {near_miss(wrong[0], allowed)}")
    return LoRA(base, **settings)


def _parse_target(spec: str) -> tuple[str, Target | None]:
    from polymodal.schema.target import TARGETS, Multilabel, Number, Survival

    kind, *parts = spec.split(":")
    if kind not in TARGETS or not parts:
        return spec, None  # a plain column, whose own name may hold a colon
    named = [part for part in parts[1:] if part.partition("=")[0] in _SETTINGS[kind] and "=" in part]
    settings = {name: _target_value(name, value) for name, _, value in (part.partition("=") for part in named)}
    parts = [part for part in parts if part not in named]
    match kind, parts:
        case "category" | "ordinal", [column]:
            return column, build(TARGETS[kind], settings, f"--target {spec!r}")
        case "number", [column]:
            return column, Number()
        case "multilabel", [column]:
            return column, build(Multilabel, settings, f"--target {spec!r}")
        case "multilabel", [name, columns]:
            return name, build(Multilabel, {**settings, "columns": columns.split(",")}, f"--target {spec!r}")
        case "survival", [time, event]:
            return kind, Survival(time, event)
        case "survival", [time, event, *values]:
            return kind, Survival(time, event, event_values=tuple(_value(one) for one in values))
    strange = [setting for setting, equals, _ in (part.partition("=") for part in parts[1:]) if equals]
    if strange:
        raise SettingError(
            f"--target {spec!r}: {kind} has no setting {strange[0]!r}. {near_miss(strange[0], _SETTINGS[kind])}"
        )
    raise SettingError(
        f"--target {spec!r} cannot be understood. Allowed: COLUMN, category:COLUMN, ordinal:COLUMN, number:COLUMN, "
        "multilabel:COLUMN, multilabel:NAME:COLUMN,COLUMN,... and survival:TIME:EVENT[:VALUE THAT MEANS IT HAPPENED]; "
        "after it settings such as :levels=low,middle,high, :class_weight=balanced, :class_weight=rare=5 or :decide=f1"
    )


def _meant_as_kinds(spec: str, faults: Sequence[str]) -> list[str]:
    """What is to be said of KIND:COLUMN where KIND is none, so that all of it was taken for the name of a column."""
    from polymodal.schema.target import TARGETS

    kind, colon, _ = spec.partition(":")
    if not colon or not any(repr(spec) in fault for fault in faults):
        return []
    return [f"--target {spec!r}: {kind!r} is no kind of target either (KIND:COLUMN). {near_miss(kind, TARGETS)}"]


def _target_value(setting: str, text: str) -> Any:
    """A setting of a target as it is typed: lists by commas, weights of classes as CLASS=WEIGHT."""
    if setting == "class_weight" and "=" in text:
        pairs = (one.rpartition("=") for one in text.split(","))
        return {_value(name): _value(weight) for name, _, weight in pairs}
    if setting in ("levels", "classes", "thresholds"):
        return [_value(one) for one in text.split(",")]
    return _value(text)


def _parse_type(spec: str) -> tuple[str, Modality]:
    name, equals, rest = spec.partition("=")
    if not (name and equals and rest):
        raise SettingError(f"--type {spec!r} cannot be understood; write NAME=KIND, such as ecg=series,rate=500")
    kind, *pairs = rest.split(",")
    settings = {}
    modality = MODALITIES.get(kind)
    for pair in pairs:
        setting, equals, value = pair.partition("=")
        if not equals:
            raise SettingError(f"--type {spec!r}: {pair!r} is no SETTING=VALUE")
        if setting not in modality.model_fields:
            raise SettingError(
                f"--type {spec!r}: {kind} has no setting {setting!r}. {near_miss(setting, modality.model_fields)}"
            )
        settings[setting] = value.split("+") if setting in ("columns", "channels") else _value(value)
    return name, build(modality, settings, f"--type {spec!r}")


def build(part: Any, settings: Mapping[str, Any], where: str) -> Any:
    """A settings model from typed-in values; every fault at once, in one SettingError."""
    try:
        return part(**settings)
    except SettingError as error:
        raise SettingError(f"{where}: {error}") from error


def _value(text: str) -> Any:
    """Numbers, booleans and null as JSON has them, anything else as the text it is."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text
