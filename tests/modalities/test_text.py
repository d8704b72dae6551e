"""Texts of any script cut into words, each known by itself, by its neighbour and by its letters."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from polymodal.modalities.text import Text
from polymodal.schema.cells import State

SAMPLES = ["Chest pain, left.", "no pain"]


@pytest.fixture
def statistics():  # type: ignore[no-untyped-def]
    return Text().measure(SAMPLES)


def test_empty_text_is_present_and_no_text_is_absent() -> None:
    cells = Text().read("note", pd.DataFrame({"note": ["", None, "a", float("nan")]}), None)
    assert cells.state.tolist() == [State.PRESENT, State.ABSENT, State.PRESENT, State.ABSENT]
    kind = Text()
    array = kind.prepare("", kind.measure(SAMPLES))
    assert array.shape[0] == 1  # the start mark, so that an empty text still says something
    assert array.any()


def test_numbers_are_read_as_text_and_lists_are_refused() -> None:
    cells = Text().read("note", pd.DataFrame({"note": [7, ["a"]]}), None)
    assert cells.samples[0] == "7"
    assert "text is expected, list came" in cells.faults[0].reason


def test_words_have_codes_of_their_own_whatever_their_case(statistics) -> None:  # type: ignore[no-untyped-def]
    upper, lower = (Text().prepare(one, statistics) for one in ("PAIN", "pain"))
    np.testing.assert_array_equal(upper, lower)
    assert len({int(code) for code in Text().prepare("chest pain , left . no", statistics)[:, 0]}) == 7


def test_a_word_never_seen_is_known_by_its_letters(statistics) -> None:  # type: ignore[no-untyped-def]
    seen, unseen = Text().prepare("painful", statistics)[1], Text().prepare("pain", statistics)[1]
    assert seen[0] == 0
    assert unseen[0] > 0
    assert set(seen[2:]) & set(unseen[2:]) - {0}  # <pa, pai, ain


def test_the_word_before_matters(statistics) -> None:  # type: ignore[no-untyped-def]
    one, other = Text().prepare("no pain", statistics)[2], Text().prepare("left pain", statistics)[2]
    assert one[0] == other[0]
    assert one[1] != other[1]


@pytest.mark.parametrize("text", ["Łódź", "боль в груди", "胸の痛み", "🌧", "ألم", "a" * 10_000, "\ud800", "x\0y"])
def test_any_script_has_codes_in_range(text: str, statistics) -> None:  # type: ignore[no-untyped-def]
    array = Text().prepare(text, statistics)
    assert len(array) > 1
    assert array[1:, 1:].max() < statistics.n_codes
    assert (array >= 0).all()


def test_long_texts_are_cut() -> None:
    kind = Text(max_words=5)
    assert len(kind.prepare("word " * 100, kind.measure(SAMPLES))) == 6


def test_codes_are_the_same_in_every_process(statistics) -> None:  # type: ignore[no-untyped-def]
    program = (
        "from polymodal.modalities.text import Text; k = Text(); "
        f"print(k.prepare('chest unheard', k.measure({SAMPLES!r})).tolist())"
    )
    other = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert other.strip() == str(Text().prepare("chest unheard", statistics).tolist())


def test_shorter_texts_are_padded_and_masked(statistics) -> None:  # type: ignore[no-untyped-def]
    arrays = [Text().prepare(one, statistics) for one in ("", "no pain")]
    values, mask = Text().collate(arrays, statistics)
    assert mask is not None
    assert mask.tolist() == [[True, False, False], [True, True, True]]
    assert not values[0, 1:].any()
    np.testing.assert_array_equal(values[1], arrays[1])


def test_a_text_of_unknown_words_is_strange(statistics) -> None:  # type: ignore[no-untyped-def]
    kind = Text()
    assert kind.strangeness("Pain everywhere", statistics) is None
    assert kind.strangeness("", statistics) is None
    assert kind.strangeness("...", statistics) is None
    found = kind.strangeness("Rotes Kleid, neu und schön", statistics)
    assert found == "none of its words was met in training: 'rotes', 'kleid', 'neu', ..."
