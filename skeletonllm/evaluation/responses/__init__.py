"""What a trained model answers about clips, as they are or changed: one response a question."""
