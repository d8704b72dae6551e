"""What is asked of a lattice: which of its targets, by which metric."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from polymodal.errors import DataError, SettingError, near_miss
from polymodal.lattice import Lattice
from polymodal.schema.target import Target

T = TypeVar("T")


def labelled(lattice: Lattice, target: str) -> bool:
    """Whether any row has a label of that target."""
    return target in lattice.labels and bool(lattice.labels[target].known_rows.any())


def require_labels(lattice: Lattice) -> None:
    """Raises DataError, with the columns that would hold the labels, when no row has any."""
    if any(labelled(lattice, name) for name in lattice.targets):
        return
    needs = "; ".join(
        f"target {name!r} is read from column {', '.join(map(repr, target.sources(name)))}"
        for name, target in lattice.targets.items()
    )
    raise DataError(
        f"none of the {len(lattice.present)} rows has a label, so there is nothing to compare with: {needs}"
    )


def chosen_metrics(targets: Mapping[str, Target], metric: str | Mapping[str, str] | None) -> dict[str, str]:
    """The metric of each target for which one was asked. Raises SettingError for an unknown target."""
    if metric is None:
        return {}
    if isinstance(metric, str):
        return dict.fromkeys(targets, metric)
    unknown = sorted(set(metric) - set(targets))
    if unknown:
        raise SettingError(f"metric= names unknown target {unknown[0]!r}. {near_miss(unknown[0], targets)}")
    return dict(metric)


def pick(targets: Mapping[str, T], target: str | None) -> T:
    """The result of one target, the first unless named. Raises SettingError for an unknown one."""
    if target is None:
        return next(iter(targets.values()))
    if target not in targets:
        raise SettingError(f"no result for target {target!r}. {near_miss(target, targets)}")
    return targets[target]
