"""Bring pictures and points into one frame: by landmarks, by what they show, by their shape, by expression."""
