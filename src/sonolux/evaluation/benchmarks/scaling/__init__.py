"""Benchmark of scale: what items take, what many of them need, and what object stores and Ray make of the speed."""
