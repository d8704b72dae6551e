"""From which probability on the answer is yes, as a setting: a number, or the score that is to be best."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator

SCORES = ("accuracy", "balanced_accuracy", "f1", "f1_macro")
LIMITED = ("recall", "precision", "specificity")
_LIMIT = re.compile(r"(\w+)\s*>=\s*([0-9.]+)")


@dataclass(frozen=True)
class Wish:
    """A score to be made best, or (with `least`) one to be reached while the other side loses as little as possible."""

    score: str
    least: float | None = None


def wish_of(text: str) -> Wish:
    """What a text such as "f1" or "recall>=0.9" asks for. Raises ValueError when it cannot be understood.

    >>> wish_of("recall>=0.9")
    Wish(score='recall', least=0.9)
    """
    limit = _LIMIT.fullmatch(text.strip())
    if limit and limit[1] in LIMITED and _is_share(limit[2]):
        return Wish(limit[1], float(limit[2]))
    if text.strip() in SCORES:
        return Wish(text.strip())
    raise ValueError(
        f"decide is a probability from 0 to 1, one of {', '.join(SCORES)}, or a limit such as 'recall>=0.9' on "
        f"{', '.join(LIMITED)}; {text!r} came"
    )


def told(yes: Sequence[object], thresholds: Sequence[float], decide: float | str | None) -> str:
    """The thresholds in a sentence.

    >>> told(["dead"], [0.21875], "f1")
    "'dead' is answered from a probability of 0.219 on (chosen for f1)"
    """
    if not thresholds:
        return ""
    why = f" (chosen for {decide})" if isinstance(decide, str) else ""
    if len(set(thresholds)) == 1:
        what = repr(yes[0]) if len(yes) == 1 else "each label"
        return f"{what} is answered from a probability of {thresholds[0]:.3g} on{why}"
    each = ", ".join(f"{one!r} {least:.3g}" for one, least in zip(yes, thresholds, strict=True))
    return f"labels are answered from these probabilities on: {each}{why}"


def _is_share(text: str) -> bool:
    return text.count(".") <= 1 and text != "." and 0 <= float(text) <= 1


def _checked(given: Any) -> Any:
    if isinstance(given, str):
        wish_of(given)
    elif given is not None and (isinstance(given, bool) or not isinstance(given, (int, float)) or not 0 <= given <= 1):
        raise ValueError(f"decide is a probability from 0 to 1, or the name of a score such as 'f1'; {given!r} came")
    return given


def _shares(given: tuple[float, ...]) -> tuple[float, ...]:
    if not all(0 <= one <= 1 for one in given):
        raise ValueError(f"thresholds are probabilities from 0 to 1; {given} came")
    return given


Decide = Annotated[float | str | None, BeforeValidator(_checked)]
Thresholds = Annotated[tuple[float, ...], AfterValidator(_shares)]
