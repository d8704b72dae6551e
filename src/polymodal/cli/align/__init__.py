"""Bring together what was recorded apart: tables and files that belong together, streams with clocks of their own."""
