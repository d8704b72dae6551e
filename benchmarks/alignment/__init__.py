"""Benchmarks of bringing together what was recorded apart."""
