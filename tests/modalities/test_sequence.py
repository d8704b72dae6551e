"""Strings of letters: which notation they are in, how they are cut, which of them are known as wholes."""

import json

import numpy as np
import pandas as pd
import pytest

import polymodal as pm
from polymodal.errors import SettingError
from polymodal.modalities.sequence import UNKNOWN, Sequence, SequenceStatistics, hash_of
from polymodal.schema.cells import State

DRUGS = ["CC(=O)Oc1ccccc1C(=O)O", "CCO", "C1=CC=CC=C1", "N[C@@H](C)C(=O)O"]
PROTEINS = ["MKTAYIAKQRQISFVKSHFSRQLEERLGLIEVQ", "MADEEKLPPGWEKRMSRSSGRVYYFNHITNASQ"]


@pytest.mark.parametrize(
    ("strings", "notation"),
    [
        (DRUGS, "SMILES"),
        (PROTEINS, "protein"),
        (["ACGTTGCATGCA", "GGGTTTACGATA"], "DNA or RNA"),
        (["acgttgcaugca" * 2, "ggguuuacgaua"], "DNA or RNA"),
    ],
)
def test_notations_are_recognised(strings: list[str], notation: str) -> None:
    reason = Sequence.recognises(pd.Series([*strings, None] * 5), None)
    assert reason is not None
    assert reason.startswith(notation)


@pytest.mark.parametrize(
    "strings",
    [
        ["red", "green", "blue"],
        ["CAT", "TAG", "ACT"],  # too short to be believed
        ["SKU-0093-A", "SKU-1182-C"],
        ["images/cat_01.png", "images/dog_02.png"],
        ["d41d8cd98f00b204e9800998ecf8427e", "9e107d9d372bb6826bd81d3542a419d6"],
        ["2024-05-01", "2023-11-30"],
        ["chest pain and no cough", "all is well today"],
        ["no(thing", "else(here"],
        [1.0, 2.0],
        [],
    ],
)
def test_other_strings_are_not(strings: list[object]) -> None:
    assert Sequence.recognises(pd.Series(strings, dtype=object), None) is None


def test_a_table_infers_it_and_says_why() -> None:
    table = pm.Table.read({"drug": DRUGS * 5, "dose": range(20), "works": ["y", "n"] * 10}, target="works")
    assert isinstance(table.schema.modalities["drug"], Sequence)
    assert "SMILES" in table.schema.reasons["drug"]


def test_cells_lose_line_breaks_and_refuse_what_is_no_string() -> None:
    cells = Sequence().read("dna", pd.DataFrame({"dna": ["AC\nGT", None, "", 7, ["A"]]}), None)
    assert cells.state.tolist() == [State.PRESENT, State.ABSENT, State.PRESENT, State.UNREADABLE, State.UNREADABLE]
    assert cells.samples[0] == "ACGT"
    assert "a sequence is a string of letters, int came" in cells.faults[0].reason


@pytest.mark.parametrize(
    ("k", "tokens"), [(1, ["A", "C", "G", "T"]), (3, ["ACG", "CGT"]), (4, ["ACGT"]), (9, ["ACGT"])]
)
def test_a_token_starts_at_every_letter(k: int, tokens: list[str]) -> None:
    kind = Sequence(k=k)
    statistics = kind.measure(["ACGT"])
    assert statistics.tokens == tuple(sorted(tokens))
    codes = kind.prepare("ACGT", statistics)[1:]
    assert [statistics.tokens[code - 2] for code in codes] == tokens
    assert len(kind.prepare("", statistics)) == 1


def test_pieces_are_learnt_from_the_strings() -> None:
    random = np.random.default_rng(0)
    words = ["abcd", "efg", "hi"]
    samples = ["".join(random.choice(words, 12)) for _ in range(50)]
    kind = Sequence(pieces=True, max_vocabulary=15)
    statistics = kind.measure(samples)
    assert statistics == kind.measure(samples[::-1])
    assert {*"abcdefghi", *words} <= {*statistics.tokens}
    assert len(statistics.tokens) == 15
    codes = kind.prepare("abcdhiefbx", statistics)[1:].tolist()
    assert [statistics.tokens[code - 2] for code in codes[:4]] == ["abcd", "hi", "ef", "b"]
    assert codes[4:] == [UNKNOWN]
    rows = {"code": samples, "n": [one.count("abcd") for one in samples]}
    table = pm.Table.read(rows, target="n", types={"code": kind})
    model = pm.Model(learners=["linear"], folds=1).fit(table, progress=False)
    many, none = model.predict([{"code": "abcd" * 12}, {"code": "hi" * 12}]).values()
    assert many > none + 2


def test_letters_and_pieces_are_not_both_tokens() -> None:
    with pytest.raises(SettingError, match="pieces=True and k=3 both say what a token is"):
        Sequence(k=3, pieces=True)


def test_case_counts_unless_told_otherwise() -> None:
    frame = pd.DataFrame({"x": ["cC"]})
    assert Sequence().read("x", frame, None).samples == ["cC"]
    assert Sequence(case="upper").read("x", frame, None).samples == ["CC"]


def test_what_training_rows_did_not_have_is_unknown_and_long_strings_are_cut() -> None:
    kind = Sequence(max_length=3)
    statistics = kind.measure(["AC"])
    assert kind.prepare("AZCA", statistics).tolist() == [0, 2, UNKNOWN, 3]


def test_only_what_repeats_is_known_as_a_whole() -> None:
    kind = Sequence()
    statistics = kind.measure(["AC", "AC", "AC", "CA", "CA"])
    assert statistics.wholes == (hash_of("AC"),)
    assert kind.prepare("AC", statistics)[0] == 1
    assert kind.prepare("CA", statistics)[0] == 0


def test_counts_do_not_depend_on_how_often_a_string_is_cut_up() -> None:
    kind = Sequence(max_vocabulary=1)
    assert kind.measure(["AC", "CCG", "AC"]).tokens == ("C",)


def test_two_settings_side_by_side_do_not_mix() -> None:
    short, long = Sequence(max_length=2), Sequence()
    statistics = long.measure(["ACGT"] * 3)
    assert [len(kind.prepare("ACGT", statistics)) for kind in (short, long, short)] == [3, 5, 3]


def test_statistics_survive_json() -> None:
    statistics = Sequence().measure(DRUGS * 3)
    assert SequenceStatistics.model_validate(json.loads(statistics.model_dump_json())) == statistics


@pytest.mark.parametrize("sample", ["Łódź", "🌧" * 3, "\ud800", "A" * 100_000, "x\0y"])
def test_any_letters(sample: str) -> None:
    kind = Sequence()
    statistics = kind.measure(DRUGS)
    values, mask = kind.collate([kind.prepare(one, statistics) for one in (sample, "")], statistics)
    assert mask is not None
    assert values.shape == mask.shape
    assert int(values.max()) < statistics.n_codes
    assert mask.sum(dim=1).tolist() == [1 + min(len(sample), 1024), 1]


def test_shown_short_and_escaped() -> None:
    assert "&lt;" in Sequence().html("<b>")
    shown = Sequence().html("A" * 5_000)
    assert len(shown) < 250
    assert "5000 letters" in shown


def test_prepared_arrays_are_not_shared_for_writing() -> None:
    kind = Sequence()
    statistics = kind.measure(["AC"] * 3)
    with pytest.raises(ValueError, match="read-only"):
        kind.prepare("AC", statistics)[0] = 9
    assert isinstance(kind.prepare("AC", statistics), np.ndarray)
