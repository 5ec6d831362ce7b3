"""Where bodies are: cameras, the rendered frames of each person, reductions over a batch."""
