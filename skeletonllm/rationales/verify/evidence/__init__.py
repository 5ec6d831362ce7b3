"""What kinds of claim share: episodes and stretches in time, counts, levels, gaps, strides."""
