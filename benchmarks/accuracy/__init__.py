"""Scores on real and made data, each beside its baselines."""
