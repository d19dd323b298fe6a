"""Attacks start from the same home as the stories."""

from tests.story.conftest import home, models, unfog

__all__ = ["home", "models", "unfog"]
