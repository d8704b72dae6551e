"""The kinds of transforms, one file a kind."""
