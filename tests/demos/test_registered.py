"""What every demo must offer."""

import pytest

from polymodal.demos._demo import Demo
from polymodal.registry import DEMOS


def test_the_demos_are_there() -> None:
    assert DEMOS.names() == ["emoji", "miniacc"]


@pytest.mark.parametrize("name", DEMOS.names())
def test_says_what_where_from_and_what_to_see(name: str) -> None:
    demo = DEMOS.get(name)
    assert issubclass(demo, Demo)
    assert all(len(text) > 40 for text in (demo.title, demo.story, demo.attribution))
    assert 0 < demo.test < 0.5


def test_miniacc_loads() -> None:
    table = DEMOS.get("miniacc")().load()
    assert len(table) == 92
    assert table.schema.names == ("clinical", "cnv", "mirna", "mutation", "protein", "rna")
    assert table.schema.targets["survival"].kind == "survival"
