"""Which decoder brings the cells of a modality into one array."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from polymodal.errors import SettingError
from polymodal.schema.modality import Modality
from polymodal.store.disk.columns import Column
from polymodal.store.loader.decoding import Arrays, Characters, Decoder, Numbers
from polymodal.store.loader.pictures import Pictures


def decoder_of(name: str, modality: Modality, columns: Sequence[Column]) -> Decoder:
    """What decodes a modality. Raises SettingError for one whose cells are no numbers before they are prepared."""
    sources = modality.sources(name)
    own = [one for one in columns if set(sources) & set(one.columns)]
    is_number = [one.form in ("panel", "vector") or (one.form == "native" and _is_number(one.type)) for one in own]
    if all(is_number) and len(own):
        return Numbers(own)
    size = getattr(modality, "size", None) if modality.kind == "image" else None
    if len(own) == 1 and not modality.columns and not modality.many:
        [column] = own
        if column.form == "text":
            return Characters(column)
        if column.form == "cells" and size is not None:
            return Pictures(name, column, modality, size)
        if column.form == "cells":
            return Arrays(name, column, modality)
    raise SettingError(
        f"the cells of {name!r} ({modality.label}) are no numbers before they are prepared; leave form='decoded' "
        "out, or the modality, with columns="
    )


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_boolean(kind))
