"""What does packing save against padding with a mask?"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from benchmarks.cost.timing import cpu_seconds, one_thread
from benchmarks.record import Outcome, publish
from polymodal.fusion.transformer import TransformerFusion
from polymodal.schema.batch import Tokens

MODALITIES, TOKENS, WIDTH, MISSING, SEED, MARK = 32, 2, 64, 0.9, 0, 0.15
ROWS = 256  # what a training step of 128 rows fuses: each in full and under a drawn pattern


def padded(fusion: TransformerFusion, values: Tensor, present: Tensor) -> Tensor:
    """The same fusion with the same weights on `values [B, M, T, D]`, where what is absent is there and masked."""
    size = len(values)
    stream = (values + fusion.modality[:, None, :]).flatten(1, 2)
    mask = present.repeat_interleave(values.shape[2], dim=1)
    stream = torch.cat([fusion.readout.expand(size, 1, -1), stream], dim=1)
    mask = nn.functional.pad(mask, (1, 0), value=True)
    for block in fusion.blocks[:-1]:
        stream = block(stream, mask)
    last = fusion.blocks[-1]
    normed = last.attention_norm(stream)
    answer = stream[:, :1] + last.attention(normed[:, :1], normed, mask)
    answer = fusion.norm(answer + last.feed_forward(answer))[:, 0]
    return answer.masked_fill(~present.any(dim=1)[:, None], 0.0)


def present_tokens(values: Tensor, present: Tensor) -> dict[str, Tokens]:
    """What encoders would have made of the cells that are there, each a tensor of its own."""
    tokens = {}
    for position in range(MODALITIES):
        rows = present[:, position].nonzero()[:, 0]
        if len(rows):
            own = values[rows, position].detach().requires_grad_()
            tokens[str(position)] = Tokens(own, torch.ones(len(rows), TOKENS, dtype=torch.bool), rows)
    return tokens


def main() -> None:
    one_thread()
    torch.manual_seed(SEED)
    fusion = TransformerFusion([str(position) for position in range(MODALITIES)], WIDTH, dropout=0.0)
    values = torch.randn(ROWS, MODALITIES, TOKENS, WIDTH, requires_grad=True)
    table = []
    for missing in (0.5, MISSING):
        present = torch.rand(ROWS, MODALITIES) >= missing
        tokens = present_tokens(values, present)
        apart = (fusion(tokens, ROWS).values - padded(fusion, values, present)).abs().max().item()
        assert apart < 1e-5, f"packed and padded differ by {apart}"

        def with_packing(tokens: dict[str, Tokens] = tokens) -> None:
            fusion(tokens, ROWS).values.square().sum().backward()

        def with_padding(present: Tensor = present) -> None:
            padded(fusion, values, present).square().sum().backward()

        fast, slow = cpu_seconds(with_packing, with_padding, repeats=10, warm_up=3)
        table.append(
            {
                "missing": f"{missing:.0%}",
                "packed, ms": 1e3 * fast,
                "padded, ms": 1e3 * slow,
                "ratio": fast / slow,
                "largest difference": f"{apart:.0e}",
            }
        )
    publish(
        Outcome(
            name="cost/packed",
            question=f"Fusion of {MODALITIES} modalities, forward and backward: packed against padded with a mask.",
            mark=f"CPU time ratio <= {MARK} at {MISSING:.0%} missing",
            is_reached=float(str(table[-1]["ratio"])) <= MARK,
            table=table,
            seeds=str(SEED),
            notes=[
                f"{ROWS} rows, {TOKENS} tokens a modality, {WIDTH} numbers a token, two blocks of which the last "
                "answers for the readout only, in both. One thread, least of 10, in turns."
            ],
        )
    )


if __name__ == "__main__":
    main()
