"""Results of many evaluations, side by side with what others published."""
