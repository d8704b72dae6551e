"""Points in space and the pictures that cameras take of them."""
