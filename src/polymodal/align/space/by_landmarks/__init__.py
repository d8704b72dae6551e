"""Points that belong together, and the map through them."""
