"""Moments as waves: what comes round again looks the same, and its trend does not."""

import pandas as pd
import torch

from polymodal.encoders.moment import MomentEncoder
from polymodal.modalities.moment import Moment
from polymodal.schema.batch import Field


@torch.no_grad()
def test_cycles_close_and_the_trend_goes_on() -> None:
    kind = Moment()
    # 28 years apart the calendar is the same to the day of the week.
    written = ["1990-03-05T08:30", "2018-03-05T08:30", "2018-03-06T08:30"]
    samples = kind.read("x", pd.DataFrame({"x": written}), None).samples
    statistics = kind.measure(samples)
    values, _ = kind.collate([kind.prepare(one, statistics) for one in samples], statistics)
    torch.manual_seed(0)
    encoder = MomentEncoder(kind, statistics, 8, 0.0).eval()
    tokens = encoder(Field(values, torch.arange(3), None)).values
    assert tokens.shape == (3, 2, 8)
    torch.testing.assert_close(tokens[0, 0], tokens[1, 0])
    assert (tokens[1, 0] - tokens[2, 0]).abs().max() > 1e-3
    assert (tokens[0, 1] - tokens[1, 1]).abs().max() > 1e-3
    # The end of a cycle is its beginning.
    ends = torch.tensor([[0.5, 0, 0, 0, 0, 0], [0.5, 1, 1, 1, 1, 1]])
    one, other = encoder(Field(ends, torch.arange(2), None)).values
    torch.testing.assert_close(one, other, atol=1e-5, rtol=0)
