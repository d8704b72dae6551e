"""Names to modalities and targets, plus the roles of other columns; saved as JSON with every model and store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, field_serializer, field_validator

from polymodal.errors import SchemaError
from polymodal.registry import MODALITIES
from polymodal.schema.many import per_cell
from polymodal.schema.modality import Modality
from polymodal.schema.target import TARGETS, Target


class Schema(BaseModel):
    """What each column is.

    `reasons` says, for each modality, how its type was decided ("given", or what was seen in the data).

    >>> import polymodal as pm
    >>> schema = pm.Schema(modalities={"note": pm.Text()}, targets={"died": pm.Category(classes=(0, 1))})
    >>> pm.Schema.model_validate_json(schema.model_dump_json()) == schema
    True
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    modalities: dict[str, Modality]
    targets: dict[str, Target] = {}
    id: str | None = None
    group: str | None = None
    time: str | None = None
    weight: str | None = None
    reasons: dict[str, str] = {}

    @field_validator("modalities", mode="before")
    @classmethod
    def _read_modalities(cls, given: Mapping[str, Any]) -> dict[str, Modality]:
        return {name: per_cell(_revive(one, MODALITIES.get)) for name, one in sorted(given.items())}

    @field_validator("targets", mode="before")
    @classmethod
    def _read_targets(cls, given: Mapping[str, Any]) -> dict[str, Target]:
        return {name: _revive(one, TARGETS.__getitem__) for name, one in sorted(given.items())}

    @field_serializer("modalities")
    def _write_modalities(self, parts: Mapping[str, Modality]) -> dict[str, dict[str, Any]]:
        return {name: one.settings for name, one in parts.items()}

    @field_serializer("targets")
    def _write_targets(self, parts: Mapping[str, Target]) -> dict[str, dict[str, Any]]:
        return {name: {"kind": one.kind, **one.model_dump(mode="json")} for name, one in parts.items()}

    @property
    def names(self) -> tuple[str, ...]:
        """The modalities in their one fixed order (by name), which all arrays over modalities follow."""
        return tuple(self.modalities)

    @property
    def roles(self) -> dict[str, str]:
        """The columns with a role other than modality or target."""
        roles = {"id": self.id, "group": self.group, "time": self.time, "weight": self.weight}
        return {role: column for role, column in roles.items() if column is not None}

    def readers(self, column: str) -> set[str]:
        """What reads a column: names of modalities and targets, and roles."""
        inputs = {name for name, one in self.modalities.items() if column in one.sources(name)}
        learnt = {name for name, one in self.targets.items() if column in one.sources(name)}
        return inputs | learnt | {role for role, own in self.roles.items() if own == column}

    def differences(self, columns: Sequence[str]) -> list[str]:
        """What a table with these columns lacks of, or has beyond, what the schema reads; one sentence each."""
        have = set(columns)
        reads = {source: name for name, one in self.modalities.items() for source in one.sources(name)}
        known = have & (set(self.roles.values()) | {c for n, t in self.targets.items() for c in t.sources(n)})
        lacks = [
            f"column {source!r} (modality {name!r}) is not there: taken as absent"
            for source, name in reads.items()
            if source not in have
        ]
        left_out = self.reasons.keys() - self.modalities.keys() - self.targets.keys()
        extra = [
            f"column {column!r} was not there when the model was fitted: ignored"
            for column in columns
            if column not in reads and column not in known and column not in left_out
        ]
        return lacks + extra


def _revive(one: Any, find: Any) -> Any:
    if not isinstance(one, Mapping):
        return one
    settings = dict(one)
    if "kind" not in settings:
        raise SchemaError(f"a schema entry lacks its 'kind': {settings}")
    return find(settings.pop("kind")).model_validate(settings)
