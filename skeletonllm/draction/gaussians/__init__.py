"""What becomes of a motion: the Gaussians of each formula, and how they look."""
