"""Classes known by what they are called, where pictures and text share a space."""
