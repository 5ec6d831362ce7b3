"""Readers of corpora recorded with Kinect sensors."""
