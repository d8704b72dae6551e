"""Cells are read once and stand in their own slots."""

import torch

from polymodal.fusion._cells import CellFusion, presence, summed
from polymodal.schema.batch import Tokens

NAMES = ("a", "b")


class Counts(CellFusion):
    """The sum of what is kept; counts what it reads. Cells of `b` are longer."""

    def __init__(self) -> None:
        super().__init__(NAMES, 3, 0.0)
        self.scale = torch.nn.Parameter(torch.ones(1))
        self.n_read = 0

    def read(self, name: str, tokens: Tokens) -> torch.Tensor:
        self.n_read += len(tokens.rows)
        return tokens.values[:, 0, : 1 if name == "a" else 3] * self.scale

    def answer(self, cells: torch.Tensor, kept: torch.Tensor) -> torch.Tensor:
        return summed(cells, kept)


def tokens() -> dict[str, Tokens]:
    values = torch.arange(1.0, 13.0).view(4, 1, 3)
    mask = torch.ones(2, 1, dtype=torch.bool)
    return {"a": Tokens(values[:2], mask, torch.tensor([0, 2])), "b": Tokens(values[2:], mask, torch.tensor([0, 1]))}


def test_each_cell_is_read_once_for_all_subsets() -> None:
    fusion = Counts()
    kept = torch.tensor([[True, True], [True, False], [False, True], [False, False]])[:, None].expand(4, 4, 2)
    fused = fusion.under(tokens(), kept)
    assert fusion.n_read == 4
    by_hand = [[[8, 8, 9], [10, 11, 12], [4, 0, 0]], [[1, 0, 0], [0, 0, 0], [4, 0, 0]], [[7, 8, 9], [10, 11, 12]]]
    values = fused.values.detach().view(4, 4, 3)
    for subset, rows in enumerate(by_hand):
        assert values[subset, : len(rows)].tolist() == rows
    assert not values[3].any()
    assert fused.known.view(4, 4).sum(dim=1).tolist() == [3, 2, 2, 0]


def test_presence() -> None:
    expected = [[True, True], [False, True], [True, False], [False, False]]
    assert presence(tokens(), NAMES, 4, torch.zeros(1)).tolist() == expected
