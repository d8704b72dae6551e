"""Plain features of prepared cells, one file for each kind of modality, for models that are no networks."""
