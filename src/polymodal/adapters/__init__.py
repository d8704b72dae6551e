"""Pretrained encoders whose last layers go on learning, by a few weights beside the frozen ones."""
