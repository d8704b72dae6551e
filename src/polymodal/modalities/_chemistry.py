"""Molecules by RDKit: a SMILES checked and brought to one form, its atoms and bonds as a graph, its fingerprint."""

from __future__ import annotations

import functools
import math
import re
from typing import TYPE_CHECKING, Any

import numpy as np

from polymodal.errors import MissingExtraError
from polymodal.modalities._graphs import packed
from polymodal.modalities._numbers import shown
from polymodal.schema.cells import Unreadable

if TYPE_CHECKING:
    from rdkit.Chem import Atom, Bond, Mol

ELEMENTS = (1, 5, 6, 7, 8, 9, 14, 15, 16, 17, 34, 35, 53)
HYBRIDISATIONS = ("SP", "SP2", "SP3", "SP3D", "SP3D2")
BONDS = ("SINGLE", "DOUBLE", "TRIPLE", "AROMATIC")
_MOST_NEIGHBOURS, _MOST_HYDROGENS = 5, 4
N_ATOM = (len(ELEMENTS) + 1) + (_MOST_NEIGHBOURS + 1) + (len(HYBRIDISATIONS) + 1) + (_MOST_HYDROGENS + 1) + 6
N_BOND = (len(BONDS) + 1) + 4
DESCRIPTORS = (
    "exactmw",
    "CrippenClogP",
    "CrippenMR",
    "tpsa",
    "labuteASA",
    "NumHBD",
    "NumHBA",
    "NumRotatableBonds",
    "NumHeavyAtoms",
    "NumHeteroatoms",
    "FractionCSP3",
    "NumRings",
    "NumAromaticRings",
    "NumHeterocycles",
    "NumAmideBonds",
    "hallKierAlpha",
)
N_BITS = 2048
RADIUS = 2
_LONGEST = 20_000  # letters of a SMILES
_STAMP = re.compile(r"^\[\d\d:\d\d:\d\d\] (?:SMILES Parse Error: )?")


def canonical(raw: Any) -> str:
    """The SMILES that RDKit writes for a molecule, given as any SMILES of it or as an object of RDKit.

    Raises Unreadable with RDKit's reason, MissingExtraError without RDKit.

    >>> canonical("OCC"), canonical("C1=CC=CC=C1")
    ('CCO', 'c1ccccc1')
    """
    chem = _chem()
    if not isinstance(raw, (str, chem.Mol)):
        raise Unreadable(f"a molecule is a SMILES, {type(raw).__name__} came")
    written = raw if isinstance(raw, str) else str(chem.MolToSmiles(raw))
    return str(chem.MolToSmiles(molecule_of(written.strip())))


def molecule_of(smiles: str) -> Mol:
    """RDKit's molecule of a SMILES, which keeps quiet meanwhile. Raises Unreadable with its reason."""
    from rdkit import rdBase

    chem = _chem()
    if not smiles:
        raise Unreadable("an empty molecule")
    if len(smiles) > _LONGEST or not (smiles.isascii() and smiles.isprintable()) or " " in smiles:
        raise Unreadable(f"a SMILES is up to {_LONGEST:,} ASCII letters without blanks, {shown(smiles)} came")
    with rdBase.BlockLogs():
        found = chem.MolFromSmiles(smiles)
    if found is None:
        with rdBase.CaptureErrorLog() as log:
            chem.MolFromSmiles(smiles)
        raise Unreadable(f"{shown(smiles)} is no molecule: {_reason(log.messages)}")
    if not found.GetNumAtoms():
        raise Unreadable("an empty molecule")
    return found


@functools.lru_cache(maxsize=4096)
def graph_of(smiles: str) -> np.ndarray:
    """A packed graph, float32, of atoms `[n, 37]` and bonds `[e, 9]`, one of the two ends of a bond being the lower.

    Its last rows hold the descriptors, then each bit of the Morgan fingerprint (Rogers & Hahn 2010) and its count.
    """
    from rdkit import rdBase
    from rdkit.Chem.rdFingerprintGenerator import GetMorganGenerator
    from rdkit.Chem.rdMolDescriptors import Properties

    molecule = molecule_of(smiles)
    nodes = np.array([_atom(one) for one in molecule.GetAtoms()], dtype=np.float32).reshape(-1, N_ATOM)
    bonds = list(molecule.GetBonds())
    ends = np.array([sorted((one.GetBeginAtomIdx(), one.GetEndAtomIdx())) for one in bonds]).reshape(-1, 2)
    features = np.array([_bond(one) for one in bonds], dtype=np.float32).reshape(-1, N_BOND)
    with rdBase.BlockLogs():
        figures = list(Properties(list(DESCRIPTORS)).ComputeProperties(molecule))
        bits = GetMorganGenerator(radius=RADIUS, fpSize=N_BITS).GetCountFingerprint(molecule).GetNonzeroElements()
    told = [(0.0, one if math.isfinite(one) else math.nan) for one in figures]
    rest = np.array([*told, *sorted(bits.items())], dtype=np.float32)
    array = packed(nodes, ends, features, rest)
    array.flags.writeable = False  # many rows may share it
    return array


def drawing(smiles: str, width: int, height: int) -> str:
    """An SVG."""
    from rdkit.Chem.Draw.rdMolDraw2D import MolDraw2DSVG

    canvas = MolDraw2DSVG(width, height)
    canvas.DrawMolecule(molecule_of(smiles))
    canvas.FinishDrawing()
    return str(canvas.GetDrawingText())


def _chem() -> Any:
    try:
        from rdkit import Chem
    except ImportError as error:
        raise MissingExtraError("reading molecules", "molecule") from error
    return Chem


def _reason(log: str) -> str:
    """What RDKit says first, and where, without the time of day."""
    lines = [_STAMP.sub("", line) for line in log.splitlines()]
    said = [re.sub(r" (?:while parsing|for input): .*", "", line).strip().rstrip(":") for line in lines[:2]]
    where = [line for line in said[1:] if line.startswith("check for mistakes")]
    return "; ".join([*said[:1], *where])[:200] or "RDKit gives no reason"


def _atom(atom: Atom) -> list[float]:
    """Element, neighbours, hybridisation and hydrogens one-hot; aromatic, in a ring, R, S; charge, lone electrons."""
    label = atom.GetProp("_CIPCode") if atom.HasProp("_CIPCode") else ""  # unlike tags, of no order of neighbours
    return [
        *_one_hot(atom.GetAtomicNum(), ELEMENTS),
        *_one_hot(min(atom.GetDegree(), _MOST_NEIGHBOURS), range(_MOST_NEIGHBOURS)),
        *_one_hot(str(atom.GetHybridization()), HYBRIDISATIONS),
        *_one_hot(min(atom.GetTotalNumHs(), _MOST_HYDROGENS), range(_MOST_HYDROGENS)),
        float(atom.GetIsAromatic()),
        float(atom.IsInRing()),
        float(label == "R"),
        float(label == "S"),
        float(atom.GetFormalCharge()),
        float(atom.GetNumRadicalElectrons()),
    ]


def _bond(bond: Bond) -> list[float]:
    stereo = str(bond.GetStereo())
    return [
        *_one_hot(str(bond.GetBondType()), BONDS),
        float(bond.GetIsConjugated()),
        float(bond.IsInRing()),
        float(stereo == "STEREOZ"),
        float(stereo == "STEREOE"),
    ]


def _one_hot(value: object, known: Any) -> list[float]:
    """A place for each known value, and one for all others."""
    found = [float(value == one) for one in known]
    return [*found, 1.0 - sum(found)]
