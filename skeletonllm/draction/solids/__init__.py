"""Bodies as solids: the mesh engine, which is no rasterizer of splats."""
