"""Who writes rationales."""
