"""What readers share: validation, clips and labels, untrimmed recordings, tracking."""
