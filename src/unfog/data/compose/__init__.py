"""The compositor: endless captioned scenes made of sprites and shapes, a pure function of (seed, index)."""
