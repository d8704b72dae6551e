"""Fingerprints as RDKit counts them, and likeness that follows Tanimoto's."""

import numpy as np
from rdkit import Chem, DataStructs
from rdkit.Chem.rdFingerprintGenerator import GetMorganGenerator
from scipy.stats import spearmanr

from polymodal.features.molecule import MoleculeFeatures, _bits
from polymodal.modalities._chemistry import graph_of
from polymodal.modalities.molecule import Molecule

SMILES = sorted(
    {Chem.CanonSmiles(Molecule.example(np.random.default_rng(seed))) for seed in range(40)}
    | {"CCO", "[H][H]", "[Na+].[Cl-]", "C" * 50}
)
ARRAYS = [graph_of(one) for one in SMILES]
STATISTICS = Molecule().measure(SMILES)
COUNTED = [GetMorganGenerator(2, fpSize=2048).GetCountFingerprint(Chem.MolFromSmiles(one)) for one in SMILES]


def test_bits_are_those_of_rdkit() -> None:
    rows, bits = _bits(ARRAYS)
    for row, fingerprint in enumerate(COUNTED):
        found = np.bincount(bits[rows == row], minlength=2048)
        assert {int(bit): int(found[bit]) for bit in np.flatnonzero(found)} == fingerprint.GetNonzeroElements()


def test_alike_as_tanimoto_says() -> None:
    features = MoleculeFeatures.measure(ARRAYS, STATISTICS, 0)
    wide = features.wide(ARRAYS)[:, : features.n_counted].toarray()
    ours = (wide @ wide.T)[np.triu_indices(len(wide), 1)]
    theirs = [
        DataStructs.TanimotoSimilarity(COUNTED[one], COUNTED[two])
        for one, two in zip(*np.triu_indices(len(wide), 1), strict=True)
    ]
    assert spearmanr(ours, theirs).statistic > 0.9


def test_finite_small_enough_and_what_repeats_counts_once() -> None:
    features = MoleculeFeatures.measure(ARRAYS, STATISTICS, 0)
    repeated = MoleculeFeatures.measure([*ARRAYS, *ARRAYS[:5] * 9], STATISTICS, 0)
    np.testing.assert_array_equal(features.wide(ARRAYS).toarray(), repeated.wide(ARRAYS).toarray())
    assert np.isfinite(features.wide(ARRAYS).toarray()).all()
    assert features.compact(ARRAYS).shape[1] == 16 + min(64, len(SMILES))
    again = MoleculeFeatures.restore(*features.export())
    np.testing.assert_array_equal(again.compact(ARRAYS), features.compact(ARRAYS))
