"""Readers of what pose networks write, frame by frame."""
