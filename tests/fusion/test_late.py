"""Late fusion adds up: there are no interactions."""

import torch

from polymodal.explain.game import interactions
from polymodal.fusion.late import LateFusion
from polymodal.lattice import all_patterns
from polymodal.schema.batch import Tokens


@torch.no_grad()
def test_no_interaction_whatever_the_weights() -> None:
    torch.manual_seed(0)
    fusion = LateFusion(("a", "b", "c"), 4, 0.0).eval()
    tokens = {
        name: Tokens(torch.randn(1, 2, 4), torch.ones(1, 2, dtype=torch.bool), torch.tensor([0])) for name in "abc"
    }
    kept = torch.from_numpy(all_patterns(3))[:, None, :]
    values = fusion.under(tokens, kept).values
    values[0] = fusion.constant  # of nothing at all
    pairs = interactions(values.numpy().astype(float))
    off = ~torch.eye(3, dtype=torch.bool).numpy()
    assert abs(pairs[off]).max() < 1e-6
