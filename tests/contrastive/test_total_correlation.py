"""What no two modalities tell: exclusive or; a modality of noise; absent cells as if they were not there."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from polymodal.contrastive._contrast import Placed
from polymodal.registry import CONTRASTS

WIDTH = 16


def accuracy(kind: str, noise: bool = False, steps: int = 120) -> float:
    """Of the third of three bits of even sum, told from the other two, after learning which go together."""
    torch.manual_seed(0)
    names = ["a", "b", "c"] + ["noise"] * noise
    encoders = nn.ModuleDict({name: nn.Linear(4 if name == "noise" else 2, WIDTH, bias=False) for name in names})
    contrast = CONTRASTS.get(kind)(names, WIDTH)
    optimizer = torch.optim.Adam([*encoders.parameters(), *contrast.parameters()], lr=0.05)

    def draw(n: int) -> tuple[Tensor, dict[str, Tensor]]:
        bits = torch.randint(0, 2, (n, 2))
        bits = torch.cat([bits, bits.sum(dim=1, keepdim=True) % 2], dim=1)
        cells = {name: F.one_hot(bits[:, k], 2).float() for k, name in enumerate("abc")}
        return bits, cells | ({"noise": torch.randn(n, 4)} if noise else {})

    def encoded(cells: dict[str, Tensor]) -> dict[str, Tensor]:
        return {name: F.normalize(encoders[name](cell), dim=1) for name, cell in cells.items()}

    for _ in range(steps):
        _, cells = draw(64)
        loss = contrast({name: Placed(one, torch.arange(64)) for name, one in encoded(cells).items()})
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        bits, cells = draw(1000)
        query = encoded(cells)
        del query["c"]
        said = contrast.scores(query, "c", F.normalize(encoders["c"](torch.eye(2)), dim=1))
    return float((said.argmax(dim=1) == bits[:, 2]).float().mean())


def test_exclusive_or_is_told_by_all_together_only() -> None:
    assert accuracy("total_correlation") >= 0.98
    assert accuracy("infonce") <= 0.80  # pairs tell nothing of it: about a half, by chance a quarter or three


def test_a_modality_of_noise_does_no_harm() -> None:
    assert accuracy("total_correlation", noise=True) >= 0.96


def test_an_absent_cell_is_the_neutral_vector_whatever_lies_elsewhere() -> None:
    torch.manual_seed(1)
    contrast = CONTRASTS.get("total_correlation")(("a", "b", "c"), WIDTH)
    vectors = {name: F.normalize(torch.randn(6, WIDTH), dim=1) for name in "abc"}
    candidates = F.normalize(torch.randn(3, WIDTH), dim=1)
    part = contrast.scores({"a": vectors["a"]}, "c", candidates)
    with torch.no_grad():
        contrast.gate[2, 1] = -1e4  # closed: b is believed nothing
    closed = contrast.scores({"a": vectors["a"], "b": vectors["b"]}, "c", candidates)
    torch.testing.assert_close(part, closed)


def test_an_absent_modality_gets_no_gradient() -> None:
    contrast = CONTRASTS.get("total_correlation")(("a", "b", "c"), WIDTH)
    values = F.normalize(torch.randn(4, WIDTH), dim=1).requires_grad_()
    lone = F.normalize(torch.randn(2, WIDTH), dim=1).requires_grad_()
    rows = torch.arange(4)
    contrast({"a": Placed(values, rows), "b": Placed(values, rows), "c": Placed(lone, torch.tensor([4, 5]))}).backward()
    assert values.grad is not None
    assert values.grad.any()
    assert lone.grad is None or not lone.grad.any()
