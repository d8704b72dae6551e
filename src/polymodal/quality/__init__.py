"""What may be wrong with the rows themselves: the same thing twice, and labels that the rest contradicts."""
