"""Ways to keep one modality from learning at the others' expense, one file each."""
