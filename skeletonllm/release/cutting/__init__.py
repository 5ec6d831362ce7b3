"""How a release is cut: its files are made, checked, brought to their place and published."""
