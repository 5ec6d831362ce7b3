"""Detectors of faults: one fault each."""
