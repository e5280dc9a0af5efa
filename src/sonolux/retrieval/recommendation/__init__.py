"""Recommendation: what people played as a question, answered by the ranking of every other question."""
