"""What a column holds, as most of its cells say: a few damaged ones hide it from nobody."""

from __future__ import annotations

from collections.abc import Iterable

_WRONG = 0.1  # the most that a column may have of them; beyond it fits refuse unreadable cells too


def mostly(said: Iterable[bool]) -> bool:
    """Whether all but a tenth of the cells say so, or all but one of three to nine.

    >>> mostly([True, False]), mostly([True, True, False]), mostly([])
    (False, True, False)
    """
    answers = list(said)
    wrong = answers.count(False)
    return len(answers) > 0 and (wrong <= _WRONG * len(answers) or wrong == 1 < 0.5 * len(answers))
