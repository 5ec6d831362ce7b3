"""Pictures for people: frames, sheets, GIF, SVG, charts, and the page of every report."""
