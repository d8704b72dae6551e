"""Real data to try things on: one file each, found by its name. `polymodal demo --list` names them."""
