"""Conditions on columns of a table in memory: text that may come from anywhere, so it can compare and nothing else."""

from __future__ import annotations

import ast

import numpy as np
import pandas as pd

from polymodal.errors import SettingError

_PARTS = (
    ast.Expression, ast.BoolOp, ast.BinOp, ast.UnaryOp, ast.Compare, ast.Name, ast.Constant, ast.List, ast.Tuple,
    ast.expr_context, ast.boolop, ast.operator, ast.unaryop, ast.cmpop, ast.Call, ast.Attribute, ast.keyword,
)  # fmt: skip
_METHODS = (
    "str", "contains", "startswith", "endswith", "lower", "upper", "strip", "len", "isin", "between", "isna", "notna",
    "isnull", "notnull", "abs", "dt", "date", "year", "month", "day", "hour", "minute", "weekday", "dayofweek",
)  # fmt: skip


def places_where(frame: pd.DataFrame, where: str) -> np.ndarray:
    """`[n]` ascending places of the rows that meet a condition, which `DataFrame.query` understands.

    Raises SettingError for one that cannot be asked, and for one that does more than compare.

    >>> places_where(pd.DataFrame({"price": [3, 60, 9], "ward": ["a", "b", None]}), "price < 50 and ward.notna()")
    array([0])
    """
    if not isinstance(where, str):
        raise SettingError(f"where= is a condition as text, such as 'price < 50'; {where!r} came")
    fault = _fault(where)
    if fault:
        raise SettingError(
            f"where={where!r} holds {fault}; a condition compares columns: 'price < 50 and ward == \"A\"'"
        )
    try:
        # Without names of its own a condition sees the columns only.
        chosen = frame.reset_index(drop=True).query(where, local_dict={}, global_dict={})
    except (ValueError, TypeError, SyntaxError, NameError, KeyError, AttributeError, RuntimeError) as error:
        raise SettingError(
            f"where={where!r} cannot be asked of the columns: {error}. Columns: {', '.join(map(str, frame.columns))}"
        ) from error
    return np.asarray(chosen.index.to_numpy())


def _fault(where: str) -> str | None:
    """What a condition holds beside comparisons."""
    bare = _without_quoted(where)
    if bare is None:
        return "a backtick that encloses no name of a column"
    try:
        tree = ast.parse(bare.strip(), mode="eval")
    except (SyntaxError, ValueError):
        return "what is no comparison"
    for one in ast.walk(tree):
        if not isinstance(one, _PARTS) or isinstance(one, ast.MatMult):
            return f"what Python calls {type(one).__name__}"
        if isinstance(one, ast.Attribute) and one.attr not in _METHODS:
            return f"'.{one.attr}'"
        if isinstance(one, ast.Call) and not isinstance(one.func, ast.Attribute):
            return "a function"
    return None


def _without_quoted(where: str) -> str | None:
    """With a plain name for each in backticks; None where a backtick may be something else, as inside of a text."""
    kept, quote, place = [], "", 0
    while place < len(where):
        one = where[place]
        if one == "`":
            end = where.find("`", place + 1)
            if quote or end < 0 or {"'", '"', "\n"} & {*where[place:end]}:
                return None
            kept.append("_")
            place = end + 1
            continue
        if quote and one == "\\":
            kept.append(where[place : place + 2])
            place += 2
            continue
        quote = "" if one == quote else quote or (one if one in "'\"" else "")
        kept.append(one)
        place += 1
    return "".join(kept)
