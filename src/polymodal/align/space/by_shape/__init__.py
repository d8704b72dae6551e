"""Two clouds of points without partners, brought onto each other by their shape."""
