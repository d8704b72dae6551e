"""What a store says of itself, as JSON beside its rows: format, schema, and how it came to be."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import pyarrow as pa
from pydantic import ValidationError

from polymodal.errors import ArtifactError, PolymodalError
from polymodal.registry import MODALITIES
from polymodal.schema.modality import Modality
from polymodal.schema.schema import Schema
from polymodal.store.disk.columns import KEY, OURS, Column

FORMAT = 1


@dataclass(frozen=True)
class Record:
    """What was asked for when the store was begun, and whether it is whole.

    Attributes:
        schema: as JSON.
        rows: of the source.
        source: its fingerprint.
        settings: of the ingest; with others it cannot go on.
        is_complete: whether every row of the source has been looked at.
        format: of the store.
        given: by modality, the settings that somebody chose; the others may follow a pretrained encoder.
    """

    schema: Mapping[str, Any]
    rows: int
    source: str
    settings: Mapping[str, Any]
    is_complete: bool = False
    format: int = FORMAT
    given: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def to_metadata(self) -> dict[str, str]:
        """For the schema of a Lance dataset."""
        return {KEY.decode(): json.dumps(asdict(self))}

    @classmethod
    def read(cls, schema: pa.Schema, uri: str) -> Record:
        """The record of a Lance dataset. Raises ArtifactError for one of a newer version, or that is no store."""
        written = (schema.metadata or {}).get(KEY)
        if written is None:
            raise ArtifactError(f"{uri} is a Lance dataset, but not a store that polymodal made")
        try:
            told = json.loads(written)
            if told["format"] > FORMAT:
                raise ArtifactError(
                    f"{uri} has format {told['format']}, this version reads up to {FORMAT}; install a newer polymodal"
                )
            return cls(**told)
        except (json.JSONDecodeError, KeyError, TypeError) as error:
            raise ArtifactError(f"{uri} is damaged: its description cannot be read ({error!r})") from error

    def completed(self) -> Record:
        """The same once every row is there."""
        return replace(self, is_complete=True)


def columns_of(schema: pa.Schema, uri: str) -> list[Column]:
    """The columns that hold cells, in their order. Raises ArtifactError for a field that cannot be understood."""
    try:
        return [Column.of_field(field) for field in schema if field.name not in OURS and KEY in (field.metadata or {})]
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        raise ArtifactError(f"{uri} is damaged: a column cannot be understood ({error!r})") from error


def schema_of(record: Record, columns: list[Column], uri: str) -> Schema:
    """The schema of the store, with modalities that were added later. Raises ArtifactError when it cannot be read."""
    told = {**record.schema, "modalities": dict(record.schema["modalities"])}
    for one in columns:
        if one.modality is not None:
            told["modalities"][one.columns[0]] = one.modality
    unknown = [one.get("kind") for one in told["modalities"].values() if one.get("kind") not in MODALITIES.names()]
    if unknown:
        raise ArtifactError(
            f"{uri} holds cells of a kind that is not installed here: {', '.join(map(str, unknown))}; "
            "install the package that adds it"
        )
    try:
        schema = Schema.model_validate(told)
    except (ValidationError, PolymodalError, KeyError, TypeError) as error:
        raise ArtifactError(f"{uri} is damaged: its schema cannot be read ({error})") from error
    modalities = {name: _with_given(one, record.given.get(name)) for name, one in schema.modalities.items()}
    return schema.model_copy(update={"modalities": modalities})


def _with_given(one: Modality, given: Sequence[str] | None) -> Modality:
    """The same, with only the settings that were given counting as set."""
    if given is None:
        return one
    if one.many:
        return one.around(_with_given(one.item, given))
    settings = {name: getattr(one, name) for name in type(one).model_fields}
    return type(one).model_construct(set(given), **settings)
