"""A trained model behind an OpenAI-compatible server; only `run` loads Ray Serve."""
