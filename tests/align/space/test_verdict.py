"""Verdicts follow their rules."""

import pytest

from polymodal.align.space import Spread, Verdict
from polymodal.align.space.verdict import RULES


@pytest.mark.parametrize(
    ("numbers", "level"),
    [
        ({}, "good"),
        ({"overlap": 0.98, "correlation": 0.13, "folding": 0.0, "inverse_consistency": Spread(19, 33, 60)}, "good"),
        ({"overlap": 0.7}, "doubtful"),
        ({"overlap": 0.55}, "failed"),
        ({"correlation": -0.2}, "doubtful"),
        ({"folding": 0.001}, "doubtful"),
        ({"folding": 0.5}, "failed"),
        ({"inverse_consistency": Spread(50, 200, 300)}, "doubtful"),
        ({"inverse_consistency": Spread(50, 600, 900)}, "failed"),
        ({"second_best": 0.99}, "doubtful"),
        ({"residual": Spread(1, 2, 3), "leave_one_out": Spread(1, 3000, 3)}, "failed"),
        ({"matched": 0.6}, "doubtful"),
        ({"matched": 0.4}, "failed"),
        ({"overlap": None}, "good"),
    ],
    ids=range(14),
)
def test_levels(numbers: dict, level: str) -> None:
    found = Verdict.of("micrometre", 9000.0, **numbers)
    assert found.level == level
    assert bool(found) == (level == "good")
    assert bool(found.reasons) == (level != "good")


def test_reasons_come_worst_first_and_remarks_lower_nothing() -> None:
    found = Verdict.of("pixel", 100.0, overlap=0.7, folding=0.2, failures=["no tissue"], remarks=["a remark"])
    assert [reason.split()[0] for reason in found.reasons] == ["no", "the", "what", "a"]
    assert "0.2 of the places" in found.reasons[1]
    assert Verdict.of("pixel", 1.0, remarks=["a remark"]).level == "good"


def test_as_a_table_and_as_text() -> None:
    found = Verdict.of("pixel", 100.0, overlap=0.7, residual=Spread(1.0, 2.0, 3.0))
    table = found.to_pandas().set_index("measure")
    assert table.loc["overlap", ["value", "level"]].tolist() == [0.7, "doubtful"]
    assert table.loc["residual p90", ["value", "unit", "level"]].tolist() == [2.0, "pixel", "good"]
    assert len(table) == 4
    assert ("overlap", "0.7") in found.lines()
    assert str(found).startswith("doubtful\n- what")


def test_every_rule_is_a_number_of_the_verdict() -> None:
    assert set(RULES) <= set(Verdict.__dataclass_fields__)
    assert Verdict.from_dict(Verdict.of("pixel", 5.0, matched=1.0).to_dict()).matched == 1.0
