"""Comparison with other programs' samplers, which run in an environment of their own."""
