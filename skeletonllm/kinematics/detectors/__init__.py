"""What bodies, legs and hands do, found from the motion alone: one file a group of kinds."""
