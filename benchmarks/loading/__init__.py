"""What it costs to bring rows onto disk and off it again."""
