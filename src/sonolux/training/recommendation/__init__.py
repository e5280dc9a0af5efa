"""Recommendation learned: factors of what people play, and from content to factors."""
