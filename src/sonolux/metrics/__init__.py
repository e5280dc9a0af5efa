"""Metrics: plain functions over arrays; higher is better unless a docstring says otherwise."""
