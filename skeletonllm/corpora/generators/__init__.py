"""Readers of what generators of motion learn from and write."""
