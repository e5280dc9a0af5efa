"""Evaluation: fixed protocols, scorecards and benchmarks of quality and of cost."""
