"""TableReport: what is in a table and what is wrong with it, as text, JSON or HTML."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from polymodal.errors import CellError
from polymodal.schema import audit
from polymodal.schema.cells import State
from polymodal.schema.inference import LEFT_OUT
from polymodal.schema.jsonable import jsonable
from polymodal.schema.leaks import Leak, find_leaks
from polymodal.schema.lines import aligned, counted, listed, shortened
from polymodal.schema.patterns import pattern_codes
from polymodal.schema.target import Discrete, Labels, Multilabel, Survival, Target

if TYPE_CHECKING:
    from polymodal.schema.table import Table


@dataclass(frozen=True)
class TableReport:
    """What `Table.report` found.

    Attributes:
        rows: number of rows.
        types: for each modality its `kind`, `columns` and the `reason` for the choice.
        targets: for each target its `kind`, `reason`, rows `known` and `missing`, and a `summary` of the labels.
        roles: the column of each role.
        presence: for each modality the cells `present`, `absent` and `unreadable`.
        patterns: each presence pattern (names of what is present) with its number of rows, the most common first.
        unreadable: each cell that cannot be read, with row, column, reason and path.
        duplicate_rows: names of rows with the same content, whatever their ids, and whether their labels agree.
        duplicate_ids: rows of each id that names more than one.
        shared_ids: groups of each id found in more than one.
        constant: columns with one value only.
        leaks: columns that tell a target by themselves.
        left_out: columns that are not used, and why.
        odd: column and what is worth knowing of it.
    """

    rows: int
    types: dict[str, dict[str, Any]]
    targets: dict[str, dict[str, Any]]
    roles: dict[str, str]
    presence: dict[str, dict[str, int]]
    patterns: list[tuple[tuple[str, ...], int]]
    unreadable: list[CellError]
    duplicate_rows: list[dict[str, Any]]
    duplicate_ids: dict[str, int]
    shared_ids: dict[str, list[str]]
    constant: list[str]
    leaks: list[Leak]
    left_out: dict[str, str]
    odd: list[tuple[str, str]]

    @classmethod
    def of(cls, table: Table) -> TableReport:
        """Look over a table; decodes every cell."""
        schema = table.schema
        labels = {name: found for name in schema.targets if (found := table.labels(name)) is not None}
        targets = {
            name: {
                "kind": target.kind,
                "reason": schema.reasons.get(name, "given"),
                "known": int(labels[name].known_rows.sum()) if name in labels else 0,
                "missing": int((~labels[name].known_rows).sum()) if name in labels else len(table),
                "summary": _summary(target, labels[name]) if name in labels else {},
            }
            for name, target in schema.targets.items()
        }
        used = {*audit.used_columns(table), *schema.roles.values()}
        used |= {column for name, target in schema.targets.items() for column in target.sources(name)}
        left_out = {
            column: schema.reasons.get(column, "the schema does not name it").removeprefix(LEFT_OUT)
            for column in table.frame.columns
            if column not in used
        }
        return cls(
            rows=len(table),
            types={
                name: {
                    "kind": one.label,
                    "columns": list(one.sources(name)),
                    "reason": schema.reasons.get(name, "given"),
                }
                for name, one in schema.modalities.items()
            },
            targets=targets,
            roles=schema.roles,
            presence={name: _state_counts(table.cells(name).state) for name in schema.names},
            patterns=_patterns(schema.names, table.present()),
            unreadable=table.faults(),
            duplicate_rows=[_duplicate(rows, table.row_names(), labels) for rows in audit.duplicate_rows(table)],
            duplicate_ids=audit.duplicate_ids(table),
            shared_ids=audit.shared_ids(table),
            constant=audit.constant_columns(table),
            leaks=find_leaks(table),
            left_out=left_out,
            odd=list(audit.oddities(table)),
        )

    @property
    def worst_unreadable(self) -> float:
        """The largest share, over modalities, of filled cells that cannot be read."""
        filled = ((one["unreadable"], one["unreadable"] + one["present"]) for one in self.presence.values())
        return max((bad / count for bad, count in filled if count), default=0.0)

    def to_dict(self) -> dict[str, Any]:
        """The same as plain lists, dicts, strings and numbers, ready for JSON."""
        plain = {name: getattr(self, name) for name in self.__dataclass_fields__}
        plain["patterns"] = [{"present": list(names), "rows": count} for names, count in self.patterns]
        plain["unreadable"] = [
            {"row": jsonable(cell.row), "column": cell.column, "path": cell.path, "reason": cell.reason}
            for cell in self.unreadable
        ]
        plain["leaks"] = [asdict(leak) for leak in self.leaks]
        plain["odd"] = [{"column": column, "finding": finding} for column, finding in self.odd]
        return plain

    def __str__(self) -> str:
        return "\n\n".join(f"{title}\n{aligned(lines)}" for title, lines in self._sections())

    def _repr_html_(self) -> str:
        parts = []
        for title, lines in self._sections():
            rows = "".join(f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in line)}</tr>" for line in lines)
            parts.append(f"<h4>{html.escape(title)}</h4><table>{rows}</table>")
        return f'<div class="polymodal-table">{"".join(parts)}</div>'

    def _sections(self) -> list[tuple[str, list[Sequence[str]]]]:
        """Title and lines of cells, empty sections left out."""
        present = [("", "kind", "columns", "present", "absent", "unreadable", "why")]
        for name, one in self.types.items():
            counts = [str(self.presence[name][state]) for state in ("present", "absent", "unreadable")]
            present.append((name, one["kind"], str(len(one["columns"])), *counts, one["reason"]))
        sections: list[tuple[str, list[Any]]] = [
            (f"{counted(self.rows, 'row')}, {counted(len(self.types), 'modality', 'modalities')}", present),
            ("Targets", [_target_line(name, one) for name, one in self.targets.items()]),
            ("Roles", [(role, repr(column)) for role, column in self.roles.items()]),
            (
                f"Presence patterns ({len(self.patterns)})",
                [(str(count), _pattern(names, len(self.types))) for names, count in self.patterns],
            ),
            (f"Unreadable cells ({len(self.unreadable)})", [(str(cell),) for cell in self.unreadable]),
            (
                f"Rows of the same content ({sum(len(one['rows']) for one in self.duplicate_rows)})",
                [
                    (listed(one["rows"]), "" if one["labels_agree"] else "but with different labels")
                    for one in self.duplicate_rows
                ],
            ),
            (
                f"Ids that name several rows ({len(self.duplicate_ids)}); a split keeps these rows together",
                [(one, f"{count} rows") for one, count in self.duplicate_ids.items()],
            ),
            (
                f"Ids found in several groups ({len(self.shared_ids)}); a split by group may part them",
                [(one, listed(groups)) for one, groups in self.shared_ids.items()],
            ),
            (
                "Columns that tell the target by themselves; leave them out if they are not known in use",
                [(str(leak),) for leak in self.leaks],
            ),
            (f"Constant columns ({len(self.constant)})", [(listed(self.constant),)] if self.constant else []),
            (f"Worth knowing ({len(self.odd)})", [(column, finding) for column, finding in self.odd]),
            (f"Columns left out ({len(self.left_out)})", list(self.left_out.items())),
        ]
        return [(title, shortened(lines)) for title, lines in sections if lines]


def _state_counts(state: np.ndarray) -> dict[str, int]:
    return {one.name.lower(): int((state == one).sum()) for one in (State.PRESENT, State.ABSENT, State.UNREADABLE)}


def _patterns(names: tuple[str, ...], present: np.ndarray) -> list[tuple[tuple[str, ...], int]]:
    kinds, _, counts = pattern_codes(present)
    return [
        (tuple(name for name, there in zip(names, kept, strict=True) if there), count)
        for kept, count in zip(kinds, counts.tolist(), strict=True)
    ]


def _duplicate(rows: np.ndarray, row_names: np.ndarray, labels: Mapping[str, Labels]) -> dict[str, Any]:
    agree = all(
        (one.values[rows] == one.values[rows[0]]).all() and (one.known[rows] == one.known[rows[0]]).all()
        for one in labels.values()
    )
    return {"rows": [jsonable(row_names[row]) for row in rows], "labels_agree": bool(agree)}


def _summary(target: Target, labels: Labels) -> dict[str, Any]:
    values = labels.values[labels.known_rows]
    if isinstance(target, Discrete):
        counts = np.bincount(values, minlength=len(target.classes))
        return {"classes": {str(one): int(count) for one, count in zip(target.classes, counts, strict=True)}}
    if isinstance(target, Multilabel):
        return {"rows with": {one: int(count) for one, count in zip(target.classes, values.sum(axis=0), strict=True)}}
    if not len(values):
        return {}
    if isinstance(target, Survival):
        events = int(values[:, 1].sum())
        return {"events": events, "censored": len(values) - events, "median time": float(np.median(values[:, 0]))}
    return {"least": float(values.min()), "median": float(np.median(values)), "most": float(values.max())}


def _target_line(name: str, one: Mapping[str, Any]) -> tuple[str, ...]:
    shown = []
    for what, value in one["summary"].items():
        if isinstance(value, dict):
            parts = [f"{label} {count}" for label, count in value.items()]
            shown.append(f"{what} {listed(parts)}")
        else:
            shown.append(f"{what} {value:g}")
    return name, one["kind"], f"{one['known']} known, {one['missing']} missing", ", ".join(shown), one["reason"]


def _pattern(names: tuple[str, ...], of: int) -> str:
    if len(names) == of:
        return "everything"
    return " + ".join(names) or "nothing"
