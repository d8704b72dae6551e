"""Several models and the baselines they have to beat, on the same rows."""
