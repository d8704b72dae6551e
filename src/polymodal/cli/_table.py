"""From what was typed to a Table: target and type specifications, and the reading itself."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from polymodal.cli._console import note
from polymodal.errors import SettingError, near_miss
from polymodal.registry import MODALITIES

if TYPE_CHECKING:
    from polymodal.model import Model
    from polymodal.schema.modality import Modality
    from polymodal.schema.table import Table
    from polymodal.schema.target import Target


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

    target = parse_targets(targets) or None
    return Table.read(data, files=files, target=target, types=parse_types(types), ignore=ignore, **dict(roles or {}))


def read_row(model: Model, row: Mapping[str, Any], files: str | None) -> Table:
    """A table of the one row, in which all that was not given is absent."""
    absent = {column: None for name, one in model.schema.modalities.items() for column in one.sources(name)}
    return read_for(model, [{**absent, **row}], files)


def read_for(model: Model, data: Any, files: str | None) -> Table:
    """The table of `data` as the model's schema reads it; what differs from the table it was fitted on is noted."""
    from polymodal.schema.read import read_frame
    from polymodal.schema.table import Table

    frame, folder = read_frame(data, files)
    for difference in model.schema.differences(list(frame.columns)):
        note(f"Note: {difference}")
    return Table(frame, model.schema, folder)


def parse_targets(specs: Sequence[str]) -> dict[str, Target | None]:
    """Name to settings of each `--target`; None where the kind is to be inferred.

    >>> parse_targets(["outcome", "survival:days:dead"])
    {'outcome': None, 'survival': Survival(...)}
    """
    return dict(_parse_target(spec) for spec in specs)


def parse_types(specs: Sequence[str]) -> dict[str, Modality]:
    """Name to modality of each `--type NAME=KIND[,SETTING=VALUE ...]`.

    >>> parse_types(["note=text"])
    {'note': Text(...)}
    """
    return dict(_parse_type(spec) for spec in specs)


def _parse_target(spec: str) -> tuple[str, Target | None]:
    from polymodal.schema.target import TARGETS, Category, Multilabel, Number, Survival

    kind, *parts = spec.split(":")
    if kind not in TARGETS or not parts:
        return spec, None  # a plain column, whose own name may hold a colon
    match kind, parts:
        case "category", [column]:
            return column, Category()
        case "number", [column]:
            return column, Number()
        case "multilabel", [column]:
            return column, Multilabel()
        case "multilabel", [name, columns]:
            return name, Multilabel(columns=tuple(columns.split(",")))
        case "survival", [time, event]:
            return kind, Survival(time, event)
        case "survival", [time, event, *values]:
            return kind, Survival(time, event, event_values=tuple(_value(one) for one in values))
    raise SettingError(
        f"--target {spec!r} cannot be understood. Allowed: COLUMN, category:COLUMN, number:COLUMN, multilabel:COLUMN, "
        "multilabel:NAME:COLUMN,COLUMN,... and survival:TIME:EVENT[:VALUE THAT MEANS IT HAPPENED]"
    )


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
        settings[setting] = value.split("+") if setting == "columns" else _value(value)
    return name, build(modality, settings, f"--type {spec!r}")


def build(part: Any, settings: Mapping[str, Any], where: str) -> Any:
    """A settings model from typed-in values; every fault at once, in one SettingError."""
    from pydantic import ValidationError

    try:
        return part.model_validate(dict(settings))
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise SettingError(f"{where}: {faults}") from error


def _value(text: str) -> Any:
    """Numbers, booleans and null as JSON has them, anything else as the text it is."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text
