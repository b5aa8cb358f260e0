"""Programs for working on the project: the shape lint, the changelog. None ships to a cloud."""
