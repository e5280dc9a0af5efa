"""Scores of a training: with their interval, beside what guessing would score, in numbers and in words."""
