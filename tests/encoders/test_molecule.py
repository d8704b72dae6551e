"""Molecules through the message passing of graphs: atoms in any order, mirror images apart, nothing built twice."""

import numpy as np
import torch

import polymodal as pm
from polymodal.encoders.graph import GraphEncoder
from polymodal.modalities._chemistry import graph_of
from polymodal.modalities.molecule import Molecule
from polymodal.schema.batch import Field

WAYS = ["CC(=O)Oc1ccccc1C(=O)O", "O=C(O)c1ccccc1OC(C)=O", "OC(=O)C1=CC=CC=C1OC(C)=O"]
PAIRS = [
    ("C[C@H](N)C(=O)O", "C[C@@H](N)C(=O)O"),
    ("F/C=C/F", "F/C=C\\F"),
    ("CCO", "COC"),
    ("C", "[CH3]"),
    ("C=O", "CO"),
]


@torch.no_grad()
def tokens(smiles: list[str]) -> torch.Tensor:
    """Of each as it is written, in the order of atoms that it is written in."""
    kind = Molecule()
    statistics = kind.measure(smiles)
    torch.manual_seed(0)
    encoder = GraphEncoder(kind, statistics, 8, 0.0).eval()
    values, mask = kind.collate([graph_of(one) for one in smiles], statistics)
    return encoder(Field(values, torch.arange(len(smiles)), mask)).values


def test_the_order_of_atoms_says_nothing() -> None:
    one, *others = tokens(WAYS)
    for other in others:
        torch.testing.assert_close(other, one, atol=1e-5, rtol=0)


def test_molecules_of_the_same_atoms_are_told_apart() -> None:
    found = tokens([one for pair in PAIRS for one in pair])
    for one, other in zip(found[::2], found[1::2], strict=True):
        assert (one - other).abs().max() > 1e-3


def test_learns_which_ones_are_acids() -> None:
    random = np.random.default_rng(0)
    pieces = ["C", "CC", "C(C)", "c1ccc(cc1)", "C1CC1", "N"]
    stems = ["C" + "".join(random.choice(pieces, 3)) for _ in range(32)]
    drugs = [stem + ("C(=O)O" if row % 2 else "C(=O)C") for row, stem in enumerate(stems)]
    table = pm.Table.read({"drug": drugs, "y": ["ketone", "acid"] * 16}, target="y", types={"drug": "molecule"})
    settings = {"folds": 1, "epochs": 16, "width": 8, "learning_rate": 0.02}
    model = pm.Model(learners=["network"], **settings).fit(table, progress=False)
    right = model.predict(table).outputs["y"].argmax(axis=1) == np.arange(1, 33) % 2
    assert right.mean() >= 0.9
