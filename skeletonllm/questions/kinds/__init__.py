"""One file a kind of question; each makes drafts, the best first, which are checked elsewhere."""
