"""Law 8, first half: every weight can receive gradient."""

import numpy as np
import pytest
import torch

import polymodal as pm
from polymodal.registry import ENCODERS, FUSIONS, MODALITIES, OBJECTIVES
from polymodal.schema.target import TARGETS
from polymodal.testing import random_table

FAINT = 1e-6  # of the largest gradient of all; below it lies only rounding


def without_gradient(model, table) -> list[str]:
    """The weights that no loss of training moves: neither of full rows, nor of patterns, nor of modalities alone."""
    network = model.networks[0].train()
    memory = model.preprocessor.prepare(table)
    batch = memory.batch(np.arange(len(table)), with_labels=True)
    torch.manual_seed(0)
    network.zero_grad()
    tokens = network.encode(batch)
    loss = network.loss(network.fuse(tokens, batch.size), batch) + network.loss_alone(tokens, batch)
    loss.backward()
    sizes = {name: 0.0 if p.grad is None else p.grad.abs().max().item() for name, p in network.named_parameters()}
    network.eval()
    return [name for name, size in sizes.items() if size <= FAINT * max(sizes.values())]


def shifts_all_answers_alike(model, table, weight: str) -> bool:
    """Whether a weight only adds the same to the answer of each row it reaches."""
    network = model.networks[0]
    with torch.no_grad():
        batch = model.preprocessor.prepare(table).batch(np.flatnonzero(table.present().any(axis=1)))
        before = network(batch)
        parameter = dict(network.named_parameters())[weight]
        kept = parameter.clone()
        parameter.add_(torch.randn(parameter.shape, generator=torch.Generator().manual_seed(0)))
        shift = network(batch) - before
        parameter.copy_(kept)
    return bool(torch.allclose(shift, shift[:1].expand_as(shift), atol=1e-4))


@pytest.mark.parametrize("objective", OBJECTIVES.names())
@pytest.mark.parametrize("fusion", [*FUSIONS.names(), None])
def test_every_weight_can_learn(fusion, objective, everything, few, make_model):
    """Of every fusion over few kinds, and of the encoders of every kind under one."""
    table, fusion = (few, fusion) if fusion else (everything, "transformer")
    name = f"to {objective}"
    one = type(table)(table.frame, table.schema.model_copy(update={"targets": {name: table.schema.targets[name]}}))
    model = make_model(one, fusion)
    still = without_gradient(model, one)
    if TARGETS["survival"].kind in OBJECTIVES.get(objective).kinds:
        # Risks are relative: what only adds to the risk of every row alike is set from held-out rows after training.
        still = [weight for weight in still if not shifts_all_answers_alike(model, one, weight)]
    assert still == []


DEFAULTS = {MODALITIES.get(kind)().encoder for kind in MODALITIES.names()}


def test_every_default_encoder_is_among_them(everything):
    assert {one.encoder for one in everything.schema.modalities.values()} >= DEFAULTS


@pytest.mark.parametrize("encoder", sorted(set(ENCODERS.names()) - DEFAULTS))
def test_every_weight_of_an_encoder_chosen_by_name_can_learn(encoder, make_model):
    kinds = ENCODERS.get(encoder).kinds
    assert kinds, "an encoder that is no default of a modality says which ones it reads"
    for kind in kinds:
        drawn = random_table(np.random.default_rng(0), {"cell": kind}, rows=24, missing=0.2)
        chosen = drawn.schema.modalities["cell"].model_copy(update={"encoder": encoder})
        table = pm.Table(drawn.frame, drawn.schema.model_copy(update={"modalities": {"cell": chosen}}))
        assert without_gradient(make_model(table), table) == []
