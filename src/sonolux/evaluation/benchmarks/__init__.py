"""Benchmarks: each a command that writes its table into docs/benchmarks.md.

Speeds are ratios of things measured in one run, in turn, so that a noisy machine disturbs all of them alike.
"""
