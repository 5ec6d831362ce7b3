"""Readers of the files that action-recognition code passes around."""
