"""The reader of a lab's own tables and arrays, which a small YAML describes."""
