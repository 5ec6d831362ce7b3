"""Pictures for people: frames, sheets, GIF, SVG and charts."""
