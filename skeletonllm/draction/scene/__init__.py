"""Where things are: the camera, the rendered frames of each body, sums over a batch."""
