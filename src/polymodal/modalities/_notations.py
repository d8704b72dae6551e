"""Which notation strings of letters are written in."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

# Each with the letters it is made of and the mean length from which it is believed: short words look like anything.
_NOTATIONS = (
    ("DNA or RNA", re.compile(r"[ACGTUN]+", re.IGNORECASE), 12),
    ("protein", re.compile(r"[ACDEFGHIKLMNPQRSTVWYXBZUO*-]+"), 30),
    ("SMILES", re.compile(r"[A-Za-z0-9@+\-\[\]()=#$:/\\.%*]+"), 6),
)
_ATOM = re.compile(r"[CNOcn]")
_BOND = re.compile(r"[()=#\[\]]|c\d|C\d")


def notation(strings: Sequence[str]) -> str | None:
    """In words, or None for strings that may be something else.

    >>> notation(["CC(=O)Oc1ccccc1C(=O)O", "CCO", "C1=CC=CC=C1"])
    'SMILES of 12 letters on average'
    >>> notation(["red", "green"])
    """
    length = float(np.mean([len(string) for string in strings]))
    for name, pattern, least in _NOTATIONS:
        fits = np.mean([pattern.fullmatch(string) is not None for string in strings])
        if fits < 0.95 or length < least or (name == "SMILES" and not _is_chemistry(strings)):
            continue
        return f"{name} of {length:.0f} letters on average"
    return None


def _is_chemistry(strings: Sequence[str]) -> bool:
    """Atoms in all and bonds in most, and brackets that close: file names and codes lack one of them."""
    atoms = np.mean([_ATOM.search(string) is not None for string in strings])
    bonds = np.mean([_BOND.search(string) is not None for string in strings])
    closed = np.mean([string.count("(") == string.count(")") for string in strings])
    branched = np.mean([any(sign in string for sign in "(=[#") for string in strings])
    return bool(atoms >= 0.95 and bonds >= 0.6 and closed >= 0.95 and branched >= 0.5)
