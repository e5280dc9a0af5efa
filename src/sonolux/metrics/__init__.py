"""Metrics of retrieval, classification, identification and sequences: plain functions over arrays.

Higher is better unless a docstring says otherwise. Each is written once, here; who holds tensors converts them.
"""
