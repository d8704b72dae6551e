"""Keys tell equal cells; a projector starts as nearly straight; ranks by the rest are places in the sorted list."""

import torch
from torch.nn import functional as F

from polymodal.contrastive._contrast import Placed
from polymodal.contrastive._ranks import ranks_by_the_rest
from polymodal.contrastive._space import Space, keys_of
from polymodal.registry import CONTRASTS
from polymodal.schema.batch import Field


def test_keys_are_equal_where_cells_are() -> None:
    values = torch.randn(5, 3, 4)
    values[3] = values[1]
    keys = keys_of(Field(values, torch.arange(5))).tolist()
    assert keys[3] == keys[1]
    assert len(set(keys)) == 4


def test_what_lies_beyond_the_mask_changes_no_key() -> None:
    values = torch.ones(2, 3)
    values[1, 2] = torch.nan
    mask = torch.tensor([[True, True, False], [True, True, False]])
    assert len(set(keys_of(Field(values, torch.arange(2), mask)).tolist())) == 1
    longer = torch.tensor([[True, True, False], [True, True, True]])
    assert len(set(keys_of(Field(values.nan_to_num(), torch.arange(2), longer)).tolist())) == 2


def test_items_count_in_any_order() -> None:
    values = torch.tensor([[1.0], [2.0], [2.0], [1.0], [1.0]])
    keys = keys_of(Field(values, torch.tensor([0, 0, 1, 1, 2]))).tolist()
    assert keys[0] == keys[1] != keys[2]


def test_cells_lie_on_a_sphere() -> None:
    space = Space(("a", "b"), 8, "sigmoid")
    placed = space.place("a", 100 * torch.randn(4, 8), torch.arange(4))
    torch.testing.assert_close(placed.values.norm(dim=1), torch.ones(4))


def test_ranks_by_the_rest_are_places_in_the_sorted_list() -> None:
    contrast = CONTRASTS.get("infonce")(("a", "b", "c"), 5)
    a, b, c = (F.normalize(torch.randn(n, 5), dim=1) for n in (6, 4, 2))
    rows = {"a": torch.arange(6), "b": torch.tensor([0, 2, 3, 5]), "c": torch.tensor([1, 3])}
    placed = {name: Placed(one, rows[name]) for name, one in zip("abc", (a, b, c), strict=True)}
    found = ranks_by_the_rest(contrast, placed, 6)
    assert {name: len(one) for name, one in found.items()} == {"a": 5, "b": 4, "c": 2}
    # Row 3 has all three; its c is looked for among two by the mean of its a and b.
    near = ((a[3] + b[2]) / 2) @ c.T
    assert found["c"][list(rows["c"]).index(3)] == float(near[0] > near[1])
    # Rows 0, 2 and 5 look for their a with b alone, row 1 with c, row 3 with both; patterns come in sorted order.
    by_c = c[0] @ a.T
    by_b = b[[0, 1, 3]] @ a.T
    by_both = (b[2] + c[1]) / 2 @ a.T
    expected = [int((by_c > by_c[1]).sum())]
    expected += [int((near > near[row]).sum()) for near, row in zip(by_b, (0, 2, 5), strict=True)]
    expected += [int((by_both > by_both[3]).sum())]
    assert found["a"].tolist() == expected


def test_the_nearest_of_those_that_show_the_same_is_found() -> None:
    contrast = CONTRASTS.get("sigmoid")(("a", "b"), 5)
    a, b = (F.normalize(torch.randn(6, 5), dim=1) for _ in range(2))
    same = torch.tensor([0, 1, 0, -1, -1, 1])
    found = ranks_by_the_rest(contrast, {n: Placed(v, torch.arange(6), same=same) for n, v in (("a", a), ("b", b))}, 6)
    near = a @ b.T
    for row in range(6):
        right = ((same == same[row]) & (same[row] >= 0)) | (torch.arange(6) == row)
        assert found["b"][row] == int((near[row][~right] > near[row][right].max()).sum())


def test_vectors_that_fell_together_find_nothing() -> None:
    contrast = CONTRASTS.get("sigmoid")(("a", "b"), 3)
    same = Placed(F.normalize(torch.ones(5, 3), dim=1), torch.arange(5))
    found = ranks_by_the_rest(contrast, {"a": same, "b": same}, 5)
    assert found["a"].tolist() == [2.0] * 5


def test_canonical_directions_are_of_panels_that_are_not_too_wide() -> None:
    assert Space(("a", "b"), 8, "sigmoid", panels={"a": 2_048, "b": 10}).canonical is not None
    for contrast, panels in (
        ("sigmoid", {"a": 2_049, "b": 10}),
        ("sigmoid", {"a": 5}),
        ("total_correlation", {"a": 5, "b": 5}),
    ):
        assert Space(("a", "b"), 8, contrast, panels=panels).canonical is None
