"""From what a motion does to sentences: salient events, causal links, wording."""
