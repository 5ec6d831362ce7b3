"""Descriptors of many clips, summed up part by part: scales, folds, and sums by class and fold."""
