"""The states that a store has been in, as its log tells them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from polymodal.store.disk.dataset import MESSAGE


@dataclass(frozen=True)
class Version:
    """One state of a store, which `Store.open(uri, version=number)` gives back."""

    number: int
    time: datetime
    rows: int
    change: str


def versions_of(dataset: Any) -> list[Version]:
    """Every state of a Lance dataset, the first one first."""
    told = {}
    for one in dataset.versions():
        transaction = dataset.read_transaction(one["version"])
        is_column = type(transaction.operation).__name__ == "Merge"
        said = "a column begun" if is_column else "made"
        told[one["version"]] = (transaction.transaction_properties or {}).get(MESSAGE, said)
    return [
        Version(one["version"], one["timestamp"], int(one["metadata"]["total_rows"]), told[one["version"]])
        for one in dataset.versions()
    ]


def noted(dataset: Any, name: str) -> dict[str, int]:
    """What changes were noted to have under a name, each with the version that it led to."""
    found: dict[str, int] = {}
    for one in dataset.versions():
        properties = dataset.read_transaction(one["version"]).transaction_properties or {}
        if name in properties:
            found[properties[name]] = one["version"]
    return found
