"""Verdict: whether a registration can be used, and by which rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from polymodal.align._wording import paragraphs
from polymodal.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

Level = Literal["good", "doubtful", "failed"]
LEVELS: tuple[Level, ...] = ("good", "doubtful", "failed")


@dataclass(frozen=True)
class Spread:
    """How large errors are, in the unit of the fixed frame: their mean, 90th percentile and largest."""

    mean: float
    p90: float
    largest: float

    def __str__(self) -> str:
        return f"{self.mean:.4g} on average, {self.p90:.4g} for the worst tenth, {self.largest:.4g} at most"


@dataclass(frozen=True)
class Rule:
    """Limits of one number: where it is doubtful and where it has failed.

    Attributes:
        doubtful, failed: the limits, in the number's own terms.
        high_is_bad: whether larger is worse.
        relative: whether it is looked at in parts of the extent of what is aligned.
        told: the sentence, with the number as {value}.
    """

    doubtful: float
    failed: float
    high_is_bad: bool
    relative: bool
    told: str


# Registration of adjacent sections that experts accept has an overlap of .98 and an inverse consistency of .3 to .6 %
# of the diagonal; the same sections unaligned overlap by .56. Correlation across stains is low even where all is well.
RULES = {
    "overlap": Rule(0.85, 0.6, False, False, "what is in the pictures overlaps by {value} (Dice)"),
    "correlation": Rule(0.05, -1.1, False, False, "the correlation of what overlaps is {value}"),
    "inverse_consistency": Rule(0.01, 0.05, True, True, "there and back ends {value} {unit} off for the worst tenth"),
    "folding": Rule(0.0, 0.01, True, False, "the map folds over itself at {value} of the places"),
    "second_best": Rule(0.95, 1.1, True, False, "quite another placement fits {value} as well as this one"),
    "residual": Rule(0.05, 0.2, True, True, "points stay {value} {unit} apart for the worst tenth"),
    "leave_one_out": Rule(0.05, 0.25, True, True, "a point left out is missed by {value} {unit} for the worst tenth"),
    "agreement": Rule(0.02, 0.1, True, True, "the check ends {value} {unit} away for the worst tenth"),
    "matched": Rule(0.7, 0.5, False, False, "{value} of the points have a partner"),
}


@dataclass(frozen=True)
class Verdict:
    """Whether a registration can be used; numbers that do not apply are None.

    Attributes:
        level: "good", "doubtful" (look at the plot first) or "failed".
        reasons: why, one plain sentence each.
        unit: of lengths, that of the fixed frame.
        extent: diagonal of what is aligned, in that unit; lengths are judged in parts of it.
        overlap: Dice coefficient of the two contents, 0 to 1.
        correlation: of the pictures, or of expression, where they overlap, -1 to 1.
        inverse_consistency: how far there and back again ends from where it began, both ways fitted on their own.
        folding: share of places whose Jacobian determinant is not above 0.
        second_best: how well quite another placement fits, in parts of the best; near 1 is ambiguous.
        residual: distances that are left between points that belong together.
        leave_one_out: the same for points that took no part in the fit.
        matched: share of points with a partner; where an overlap was told, of those that should have one.
        agreement: how far another registration ends from this one.
    """

    level: Level
    reasons: tuple[str, ...]
    unit: str = "pixel"
    extent: float | None = None
    overlap: float | None = None
    correlation: float | None = None
    inverse_consistency: Spread | None = None
    folding: float | None = None
    second_best: float | None = None
    residual: Spread | None = None
    leave_one_out: Spread | None = None
    matched: float | None = None
    agreement: Spread | None = None

    @classmethod
    def of(
        cls,
        unit: str,
        extent: float,
        *,
        failures: Sequence[str] = (),
        doubts: Sequence[str] = (),
        remarks: Sequence[str] = (),
        **numbers: float | Spread | None,
    ) -> Verdict:
        """Judge numbers by the rules; `failures` and `doubts` are reasons of the method's own, `remarks` lower nothing.

        >>> print(Verdict.of("pixel", 1000.0, overlap=0.7, doubts=["the section is mirrored"]))
        doubtful
        - the section is mirrored
        - what is in the pictures overlaps by 0.7 (Dice); below 0.85 is doubtful
        """
        reached = {name: _reached(name, value, extent, unit) for name, value in numbers.items() if value is not None}
        told = [[*failures], [*doubts]]
        for rank, sentence in filter(None, reached.values()):
            told[0 if rank == "failed" else 1].append(sentence)
        level: Level = "failed" if told[0] else "doubtful" if told[1] else "good"
        kept: dict[str, Any] = dict(numbers)
        return cls(level, (*told[0], *told[1], *remarks), unit, extent, **kept)

    def __bool__(self) -> bool:
        """Whether it is good."""
        return self.level == "good"

    def __str__(self) -> str:
        return paragraphs(self.level, self.reasons)

    def lines(self) -> list[tuple[str, str]]:
        """The numbers that are known, as they print."""
        named = {name: getattr(self, name) for name in RULES}
        shown = [(name.replace("_", " "), value) for name, value in named.items() if value is not None]
        return [
            (name, f"{value}, in {self.unit}s" if isinstance(value, Spread) else f"{value:.4g}")
            for name, value in shown
        ]

    def to_pandas(self) -> pd.DataFrame:
        """A row for each number that is known: `measure`, `value`, `unit`, and the `level` by its rule."""
        import pandas as pd  # slow to import

        rows = []
        for name in RULES:
            value = getattr(self, name)
            if value is None:
                continue
            found = _reached(name, value, self.extent or 1.0, self.unit)
            parts = asdict(value).items() if isinstance(value, Spread) else [("", value)]
            for part, one in parts:
                length = self.unit if part else ""
                rows.append((" ".join(filter(None, (name, part))), one, length, found[0] if found else "good"))
        return pd.DataFrame(rows, columns=["measure", "value", "unit", "level"])

    def to_dict(self) -> dict[str, Any]:
        """What is known, for JSON."""
        told = {name: value for name, value in asdict(self).items() if value is not None}
        return {**told, "reasons": list(self.reasons)}

    @classmethod
    def from_dict(cls, given: Any) -> Verdict:
        """From what `to_dict` gave; raises DataError for anything else."""
        if not isinstance(given, Mapping) or given.get("level") not in LEVELS:
            raise DataError(f"a verdict is one of {', '.join(LEVELS)}, with its reasons")
        unknown = sorted(set(given) - set(cls.__dataclass_fields__))
        if unknown:
            raise DataError(f"a verdict has no {', '.join(map(repr, unknown))}")
        kept = dict(given)
        try:
            for name in RULES:
                if isinstance(kept.get(name), Mapping):
                    kept[name] = Spread(**kept[name])
            return cls(**{**kept, "reasons": tuple(kept["reasons"])})
        except (KeyError, TypeError) as error:
            raise DataError(f"the verdict is damaged: {error}") from error


def _reached(name: str, value: float | Spread, extent: float, unit: str) -> tuple[Level, str] | None:
    """Which limit a number has reached, and the sentence; None where it is well."""
    rule = RULES[name]
    number = value.p90 if isinstance(value, Spread) else value
    judged = number / extent if rule.relative else number
    for level, limit in (("failed", rule.failed), ("doubtful", rule.doubtful)):
        beyond = judged > limit if rule.high_is_bad else judged < limit
        if beyond:
            shown = limit * extent if rule.relative else limit
            side = "above" if rule.high_is_bad else "below"
            sentence = rule.told.format(value=f"{number:.3g}", unit=f"{unit}s")
            return ("failed" if level == "failed" else "doubtful"), f"{sentence}; {side} {shown:.3g} is {level}"
    return None
