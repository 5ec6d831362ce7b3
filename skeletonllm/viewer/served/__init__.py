"""The page from a server of this machine: any number of clips, found by an index of words."""
