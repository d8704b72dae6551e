"""Law 3: None, NaN, a missing key and an empty list are one; what is absent is not seen, not run and not learnt."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import polymodal as pm
from polymodal.registry import FUSIONS
from polymodal.schema.batch import Tokens

NOTHING = {
    "None": None,
    "NaN": float("nan"),
    "numpy NaN": np.float32("nan"),
    "NA": pd.NA,
    "NaT": pd.NaT,
    "empty list": [],
    "empty tuple": (),
    "empty array": np.zeros(0),
}
WIDTH = 8


def test_every_way_to_say_nothing(of_every_kind, everything, answers, as_row):
    """Each row lacks one modality."""
    model, full, modalities = of_every_kind, as_row(everything, 0), everything.schema.modalities
    lacking = [
        {column: cell for column, cell in full.items() if column not in modality.sources(name)}
        for name, modality in modalities.items()
    ]
    missing_key, complete = answers(model, lacking), answers(model, full)
    for row, name in enumerate(modalities):
        assert not np.allclose(missing_key[row], complete[0], atol=1e-5), f"{name} says nothing to the model"
    for nothing in NOTHING.values():
        columns, groups = [], []
        for row, (name, modality) in zip(lacking, modalities.items(), strict=True):
            columns.append({**row, **dict.fromkeys(modality.sources(name), nothing)})
            groups.append({**row, name: nothing} if modality.is_group else row)
        np.testing.assert_array_equal(answers(model, columns), missing_key)
        np.testing.assert_array_equal(answers(model, groups), missing_key)


@pytest.mark.parametrize("nothing", NOTHING)
def test_every_way_to_say_nothing_in_a_column(of_every_kind, everything, answers, nothing):
    model, table, frame = of_every_kind, everything, everything.frame.copy()
    without = pm.Table(frame.drop(columns=["text", "series", "age"]), table.schema)
    for column in ("text", "series", "age"):
        frame[column] = pd.Series([NOTHING[nothing]] * len(frame), index=frame.index, dtype=object)
    np.testing.assert_array_equal(answers(model, pm.Table(frame, table.schema)), answers(model, without))


def test_an_absent_column_is_as_one_of_gaps(everything, of_every_kind, answers):
    """Hiding in the lattice, a gap in the table and a pattern that leaves out are the same answer."""
    model, table = of_every_kind, everything
    lattice = model.lattice(table)
    for position, name in enumerate(table.schema.names):
        frame = table.frame.copy()
        for column in table.schema.modalities[name].sources(name):
            frame[column] = None
        pattern = np.arange(len(table.schema.names)) != position
        np.testing.assert_allclose(
            lattice.values[lattice.index(pattern)], answers(model, pm.Table(frame, table.schema)), atol=1e-5
        )


def test_what_lies_under_a_gap_is_not_seen(model, table):
    batch = model.preprocessor.prepare(table).batch(np.arange(len(table)))
    poisoned = {}
    for name, field in batch.fields.items():
        if field.mask is not None:
            gaps = ~field.mask.view(*field.mask.shape, *[1] * (field.values.ndim - field.mask.ndim))
            poison = float("nan") if field.values.is_floating_point() else 1
            poisoned[name] = replace(field, values=field.values.masked_fill(gaps, poison))
    assert len(poisoned) >= 4
    network = model.networks[0]
    with torch.no_grad():
        clean, seen = network(batch), network(replace(batch, fields={**batch.fields, **poisoned}))
    assert torch.equal(clean, seen)


@pytest.mark.parametrize("name", FUSIONS.names())
@given(seed=st.integers(0, 2**16), padding=st.integers(1, 3))
def test_padded_tokens_are_not_seen(name, seed, padding):
    generator = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        fusion = FUSIONS.get(name)(("a", "b", "c"), WIDTH, 0.0).eval()
    tokens, padded = {}, {}
    for place, modality in enumerate("abc"):
        rows = torch.nonzero(torch.rand(6, generator=generator) < 0.6).flatten()
        values = torch.randn(len(rows), place + 1, WIDTH, generator=generator)
        if len(rows):
            tokens[modality] = Tokens(values, torch.ones(values.shape[:2], dtype=torch.bool), rows)
            garbage = torch.full((len(rows), padding, WIDTH), float("nan"))
            mask = torch.cat([tokens[modality].mask, torch.zeros(len(rows), padding, dtype=torch.bool)], dim=1)
            padded[modality] = Tokens(torch.cat([values, garbage], dim=1), mask, rows)
    with torch.no_grad():
        clean, seen = fusion(tokens, 6), fusion(padded, 6)
    assert torch.equal(clean.known, seen.known)
    assert torch.isfinite(seen.values).all()
    torch.testing.assert_close(clean.values, seen.values, atol=1e-6, rtol=0)


def test_an_absent_modality_is_not_run(model, table, as_row):
    runs = dict.fromkeys(table.schema.names, 0)

    def count(name):
        def hook(*_):
            runs[name] += 1

        return hook

    network = model.networks[0]
    hooks = [encoder.register_forward_hook(count(name)) for name, encoder in network.encoders.items()]
    full = as_row(table, 0)
    for name, modality in table.schema.modalities.items():
        runs.update(dict.fromkeys(runs, 0))
        model.predict([{c: cell for c, cell in full.items() if c not in modality.sources(name)}, {}])
        assert runs == {other: int(other != name) for other in runs}
    for hook in hooks:
        hook.remove()


@pytest.mark.parametrize("way", ["never there", "hidden by the pattern"])
def test_an_absent_modality_gets_no_gradient(model, table, way):
    network = model.networks[0]
    memory = model.preprocessor.prepare(table)
    names = table.schema.names
    for position, name in enumerate(names):
        here = memory.present[:, position]
        rows = np.flatnonzero(~here) if way == "never there" else np.arange(len(table))
        batch = memory.batch(rows, with_labels=True)
        network.zero_grad(set_to_none=False)
        for parameter in network.parameters():
            parameter.grad = torch.zeros_like(parameter)
        kept = torch.from_numpy(memory.present[rows])[None].clone()
        kept[:, :, position] = False
        tokens = network.encode(batch)
        fused = network.fuse_under(tokens, kept)
        network.loss(fused, batch).backward()
        gradients = [parameter.grad.abs().max().item() for parameter in network.encoders[name].parameters()]
        assert gradients
        assert set(gradients) == {0.0}
        others = [p.grad.abs().max() for n, e in network.encoders.items() if n != name for p in e.parameters()]
        assert max(others) > 0
    network.zero_grad()
