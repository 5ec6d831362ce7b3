"""Giving a release away: to a bucket, to the Hugging Face Hub, or as a recipe without motions."""
