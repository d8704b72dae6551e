"""Class weights as a setting: "balanced", or how many times as much each class counts."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BeforeValidator

from polymodal.errors import SchemaError, near_miss
from polymodal.schema.target._target import Label
from polymodal.schema.target._values import plain


def _as_pairs(given: Any) -> Any:
    if given is None or (isinstance(given, str) and given == "balanced"):
        return given
    pairs = list(given.items()) if isinstance(given, Mapping) else given
    if not isinstance(pairs, (list, tuple)) or not all(isinstance(p, (list, tuple)) and len(p) == 2 for p in pairs):
        raise ValueError(f"class_weight is 'balanced' or a dict of class to weight; {given!r} came")
    wrong = [f"{name!r}: {weight!r}" for name, weight in pairs if not _is_positive(weight)]
    if wrong:
        raise ValueError(f"a class weight is a number above 0; {', '.join(wrong)} came")
    return tuple((plain(name), float(weight)) for name, weight in pairs)


def _is_positive(weight: Any) -> bool:
    is_number = isinstance(weight, (int, float, np.number)) and not isinstance(weight, bool)
    return is_number and math.isfinite(weight) and weight > 0


# Pairs, so that a class that is a number stays one in JSON; a dict is what the caller gives.
ClassWeight = Annotated[Literal["balanced"] | tuple[tuple[Label, float], ...] | None, BeforeValidator(_as_pairs)]


def matched(target: str, given: ClassWeight, classes: Sequence[Label]) -> ClassWeight:
    """The weights with each class as the target has it; the text of a class will do.

    Raises SchemaError for classes that are not there.
    """
    if given is None or given == "balanced":
        return given
    by_text = {str(one): one for one in classes}
    strange = [name for name, _ in given if str(name) not in by_text]
    if strange:
        raise SchemaError(
            f"target {target!r}: class_weight names {', '.join(map(repr, strange[:10]))}, which "
            f"{'is no class' if len(strange) == 1 else 'are no classes'} of it. "
            f"{near_miss(str(strange[0]), by_text)}"
        )
    return tuple((by_text[str(name)], weight) for name, weight in given)


def balanced(counts: np.ndarray) -> np.ndarray:
    """`[C]` weights that make all classes seen count alike, from how much each counts: n / (C n_c); 1 for the others.

    >>> balanced(np.array([30.0, 10.0, 0.0])).round(2).tolist()
    [0.67, 2.0, 1.0]
    """
    seen = counts > 0
    return np.where(seen, counts.sum() / (max(seen.sum(), 1) * np.where(seen, counts, 1.0)), 1.0)


def paired(classes: Iterable[Label], weights: np.ndarray) -> tuple[tuple[Label, float], ...]:
    """Classes with their weights, as the setting keeps them."""
    return tuple(zip(classes, weights.tolist(), strict=True))


def each(given: ClassWeight, classes: Sequence[Label]) -> np.ndarray:
    """`[C]` the weight of each class, 1 where none is given. Call after `settle`."""
    assert given != "balanced", "weights that hang on the rows are settled in fit"
    weights = dict(given or ())
    return np.array([weights.get(one, 1.0) for one in classes])
