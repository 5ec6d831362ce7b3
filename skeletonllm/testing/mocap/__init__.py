"""Motion capture without the files that are not free: body models, and published features."""
