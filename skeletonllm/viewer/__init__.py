"""Releases, clips and runs as one page that a person looks at."""
