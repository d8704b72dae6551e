"""Molecules: one form for all ways of writing one, RDKit's reasons in silence, atoms and bonds as chemists do."""

from pathlib import Path

import pandas as pd
import pytest
from rdkit import Chem

import polymodal as pm
from polymodal.modalities._chemistry import DESCRIPTORS, ELEMENTS, HYBRIDISATIONS, graph_of
from polymodal.modalities._graphs import unpacked
from polymodal.modalities.molecule import Molecule
from polymodal.schema.cells import State

ASPIRIN = "CC(=O)Oc1ccccc1C(=O)O"


def read(cells: list[object]):
    return Molecule().read("x", pd.DataFrame({"x": pd.Series(cells, dtype=object)}), None)


def test_ways_of_writing_a_molecule_are_one() -> None:
    given = [ASPIRIN, "O=C(O)c1ccccc1OC(C)=O", " OC(=O)C1=CC=CC=C1OC(C)=O\n", Chem.MolFromSmiles(ASPIRIN)]
    assert set(read(given).samples) == {Chem.CanonSmiles(ASPIRIN)}
    assert Molecule().storable(given[-1], Path) == Chem.CanonSmiles(ASPIRIN)


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("", "an empty molecule"),
        (Chem.Mol(), "an empty molecule"),
        ("C(C", "'C(C' is no molecule: extra open parentheses; check for mistakes around position 2"),
        ("CXC", "syntax error; check for mistakes around position 2"),
        ("C1CC", "'C1CC' is no molecule: unclosed ring"),
        ("C(C)(C)(C)(C)C", "Explicit valence for atom # 0 C, 5, is greater than permitted"),
        ("c1cccc1", "Can't kekulize mol."),
        ("CCO ethanol", "without blanks"),
        ("CC\x00O", "without blanks"),
        ("CCé", "ASCII"),
        ("C" * 30_000, "up to 20,000"),
        (6, "a molecule is a SMILES, int came"),
    ],
)
def test_what_is_no_molecule_is_unreadable_in_silence(cell: object, said: str, capfd: pytest.CaptureFixture) -> None:
    cells = read([cell, None, "CCO", "[H]"])
    assert cells.state.tolist() == [State.UNREADABLE, State.ABSENT, State.PRESENT, State.PRESENT]
    assert said in cells.faults[0].reason
    assert capfd.readouterr() == ("", "")


def test_atoms_and_bonds_of_alanine() -> None:
    """N[C@@H](C)C(=O)O is L-alanine, whose centre is S."""
    for smiles, is_s in (("C[C@H](N)C(=O)O", True), ("C[C@@H](N)C(=O)O", False)):
        graph = unpacked(graph_of(smiles))
        assert (len(graph.nodes), len(graph.edges)) == (6, 5)
        elements = graph.nodes[:, : len(ELEMENTS)].argmax(axis=1)
        assert [ELEMENTS[one] for one in elements] == [6, 6, 7, 6, 8, 8]
        start = len(ELEMENTS) + 1
        assert graph.nodes[:, start : start + 6].argmax(axis=1).tolist() == [1, 3, 1, 3, 1, 1]  # neighbours
        start += 6
        kinds = [HYBRIDISATIONS[one] for one in graph.nodes[:, start : start + 5].argmax(axis=1)]
        assert kinds == ["SP3", "SP3", "SP3", "SP2", "SP2", "SP2"]
        start += 6
        assert graph.nodes[:, start : start + 5].argmax(axis=1).tolist() == [3, 1, 2, 0, 0, 1]  # hydrogens
        assert graph.nodes[1, start + 7 : start + 9].tolist() == [float(not is_s), float(is_s)]
        assert graph.edges.tolist() == [[0, 1], [1, 2], [1, 3], [3, 4], [3, 5]]
        assert graph.edge_features[:, :2].tolist() == [[1, 0], [1, 0], [1, 0], [0, 1], [1, 0]]


def test_charges_rings_aromatic_and_double_bonds() -> None:
    graph = unpacked(graph_of("c1ccccc1"))
    assert graph.nodes[:, 31:33].tolist() == [[1, 1]] * 6
    assert graph.edge_features[:, 3].tolist() == [1] * 6
    assert graph.edge_features[:, 5:7].tolist() == [[1, 1]] * 6
    assert unpacked(graph_of("[Na+].[Cl-]")).nodes[:, 35].tolist() == [1, -1]
    for smiles, stereo in (("F/C=C/F", [0, 1]), ("F/C=C\\F", [1, 0]), ("FC=CF", [0, 0])):
        bonds = unpacked(graph_of(Chem.CanonSmiles(smiles))).edge_features
        assert bonds[bonds[:, 1] == 1][0, 7:].tolist() == stereo


def test_descriptors_are_those_of_rdkit() -> None:
    rest = unpacked(graph_of(Chem.CanonSmiles(ASPIRIN))).rest
    told = dict(zip(DESCRIPTORS, rest[:, 1].tolist(), strict=False))
    assert told["exactmw"] == pytest.approx(180.0423, abs=1e-3)
    assert told["tpsa"] == pytest.approx(63.6, abs=1e-3)
    assert told["NumRings"] == 1
    assert told["NumHeavyAtoms"] == 13


def test_drawn_and_escaped() -> None:
    shown = Molecule().html("F/C=C\\F")
    assert shown.startswith('<img class="molecule" alt="F/C=C\\F"')
    assert "data:image/svg+xml;base64," in shown
    assert "&gt;" in Molecule().html(Chem.CanonSmiles("[NH3]->[Cu]"))
    assert "<img" not in Molecule().html("C" * 400)


def test_a_column_of_smiles_is_a_sequence_unless_named() -> None:
    frame = pd.DataFrame({"drug": [ASPIRIN, "CCN(CC)CC", "c1ccc(cc1)C(=O)N"] * 7, "y": [1.0, 2.0, 4.0] * 7})
    assert pm.Table.read(frame, target="y").schema.modalities["drug"].kind == "sequence"
    table = pm.Table.read(frame, target="y", types={"drug": pm.Molecule()})
    model = pm.Model(preset="fast", learners=["linear"]).fit(table, progress=False)
    found = model.predict([{"drug": "C(C"}, {"drug": "OC(=O)C1=CC=CC=C1OC(C)=O"}, {"drug": ASPIRIN}])
    assert [fault.row for fault in found.faults] == [0]
    assert found.outputs["y"][1].tolist() == found.outputs["y"][2].tolist()
