"""Pieces of strings, beside byte pair encoding done by hand and by an established library."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from polymodal.modalities import _pieces
from polymodal.modalities._pieces import Cutter, learnt

STRINGS = st.lists(st.text("ACGT", max_size=30), max_size=12)


def by_hand(strings: list[str], most: int) -> list[tuple[str, str]]:
    """The textbook's loop: count all neighbours, join the most frequent, count again."""
    rows = [list(one) for one in strings]
    numbers = {letter: n for n, letter in enumerate(sorted({*"".join(strings)}))}
    merges: list[tuple[str, str]] = []
    while len(numbers) < most:
        counts = Counter((one, two) for row in rows for one, two in pairwise(row))
        pair = min(counts, key=lambda two: (-counts[two], numbers[two[0]], numbers[two[1]]), default=None)
        if pair is None or counts[pair] < 4:
            break
        made = pair[0] + pair[1]
        numbers.setdefault(made, len(numbers))
        merges += [] if pair in merges else [pair]
        for row in rows:
            at = 0
            while at + 1 < len(row):
                if (row[at], row[at + 1]) == pair:
                    row[at : at + 2] = [made]
                at += 1
    return merges


@given(STRINGS)
def test_learnt_as_by_hand(strings: list[str]) -> None:
    assert list(learnt(strings, 20)) == by_hand(strings, 20)


@given(STRINGS, st.text("ACGTN", max_size=60))
def test_pieces_put_together_are_the_string(strings: list[str], string: str) -> None:
    assert "".join(Cutter(learnt(strings, 30)).cut(string)) == string


def test_cut_as_the_library_does() -> None:
    tokenizers = pytest.importorskip("tokenizers")
    random = np.random.default_rng(0)
    strings = ["".join(random.choice(list("ACGT"), 80)) for _ in range(60)]
    merges = learnt(strings, 200)
    tokens = dict.fromkeys([*"ACGT", *(one + two for one, two in merges)])
    model = tokenizers.models.BPE({token: n for n, token in enumerate(tokens)}, list(merges))
    library, own = tokenizers.Tokenizer(model), Cutter(merges)
    assert [own.cut(one) for one in strings] == [library.encode(one).tokens for one in strings]


def test_no_more_letters_are_looked_at_than_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_pieces, "_LETTERS", 8)
    assert learnt(["ABABABAB", "CDCDCDCD"], 10) == (("A", "B"),)
