"""Ray: how many clips flow through the library; one file a stage."""
