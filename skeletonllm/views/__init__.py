"""What one stage of training may see of a release: which clips, and what may be said about them."""
