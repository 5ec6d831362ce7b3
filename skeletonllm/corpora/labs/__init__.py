"""Readers of what laboratories export: markers, segments and depth cameras, as text."""
