"""What a run keeps: its state, the random state of each rank, what it had to tell, its metrics."""
