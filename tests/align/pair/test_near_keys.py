"""Joins by keys written differently."""

import difflib
import random
import string

import pytest

import polymodal as pm
from polymodal.align.pair.near_keys import _alike, plain
from polymodal.errors import SchemaError, SettingError

by_near_key = pm.align.pair.by_near_key


def test_case_accents_and_punctuation_do_not_count() -> None:
    found = by_near_key({"name": ["MÜLLER, Jörg", "O'Neill"]}, {"name": ["muller jorg", "o neill"]}, "name")
    assert found.table["name_right"].tolist() == ["muller jorg", "o neill"]
    assert not len(found.near_misses)


def test_the_closest_pairs_first_and_each_once() -> None:
    left = {"drug": ["paracetamol", "paracetamole", "ibuprofen", "zinc"]}
    found = by_near_key(
        left, {"name": ["paracetamol 500", "ibuprophen", "paracetamo"]}, ("drug", "name"), threshold=0.8
    )
    assert found.table["name"].tolist()[:3] == ["paracetamo", "paracetamol 500", "ibuprophen"]
    assert found.left.counts() == {"no free name alike by 0.8": 1}
    assert set(found.near_misses["verdict"]) <= {"taken", "taken, though another is as close", "not taken",
                                                 "not taken, the other one belongs to a closer one"}  # fmt: skip


def test_columns_of_two_names() -> None:
    for on in (("name", "who"), {"name": "who"}):
        assert by_near_key({"name": ["Li Wei"]}, {"who": ["li wei"]}, on).table["who"].tolist() == ["li wei"]
    with pytest.raises(SchemaError, match=r"say on=\{'name': 'full_name'\}"):
        by_near_key({"name": ["Li Wei"]}, {"who": ["li wei"]}, "name")


def test_near_misses_are_shown() -> None:
    found = by_near_key({"city": ["Muenchen"]}, {"city": ["Munich"]}, "city", threshold=0.75)
    assert found.table["city_right"].isna().all()
    assert found.near_misses.to_dict("records") == [
        {"left": "Muenchen", "right": "Munich", "similarity": 0.71, "verdict": "not taken"}
    ]
    assert "Near misses (1)" in str(found)
    assert by_near_key({"city": ["Muenchen"]}, {"city": ["Munich"]}, "city", threshold=0.7).left.counts() == {}


def test_two_as_close_are_told() -> None:
    found = by_near_key({"id": ["patient 17"]}, {"id": ["patient 18", "patient 19"]}, "id")
    assert found.near_misses["verdict"][0] == "taken, though another is as close"


def test_the_bound_loses_no_pair() -> None:
    draw = random.Random(0)
    words = ["".join(draw.choices(string.ascii_lowercase[:6], k=draw.randint(1, 9))) for _ in range(60)]
    found = {(a, b) for a, b, _ in _alike(words[:30], words[30:], 0.6)}
    pairs = [(a, b) for a in words[:30] for b in words[30:]]
    assert found == {pair for pair in pairs if difflib.SequenceMatcher(None, *pair, False).ratio() >= 0.6}


def test_absent_keys_numbers_and_faults() -> None:
    found = by_near_key({"id": [None, 12.0]}, {"id": ["12", ""]}, "id")
    assert found.table["id_right"].tolist()[1] == "12"
    assert found.left.counts() == {"no id": 1}
    assert plain(12.0) == "12"
    with pytest.raises(SettingError, match="between 0 and 1"):
        by_near_key({"id": ["a"]}, {"id": ["a"]}, "id", threshold=85)
