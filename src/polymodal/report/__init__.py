"""One self-contained page on what a model answered."""
