"""Models that are no networks: linear ones and boosted trees on plain features, each answering any subset of a row."""
