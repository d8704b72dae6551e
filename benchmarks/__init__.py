"""Questions with a number for an answer. Run one from the root: `python -m benchmarks.cost.packed [--write]`."""
