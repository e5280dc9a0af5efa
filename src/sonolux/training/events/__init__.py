"""Sound event detection: what sounds when, learned from clips and mixed soundscapes."""
