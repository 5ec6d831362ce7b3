"""Readers of what single pose networks and their tools write."""
