"""Counts of genes: library size and log-normalised values with their gaps, as of any other panel."""

from __future__ import annotations

from polymodal.features.vector import VectorFeatures
from polymodal.registry import FEATURES

FEATURES.register("expression")(VectorFeatures)
