"""What `ray job submit` runs; each job reads as a story: parse, build, run, report."""
