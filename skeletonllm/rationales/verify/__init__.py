"""Claims against the joints: what a step says, measured."""
