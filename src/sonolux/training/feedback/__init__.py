"""Relevance feedback: a projection of a space, learned from hits that were liked and disliked."""
