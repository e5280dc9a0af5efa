"""Decoding processes: whatever a stranger's file does, it does to a worker."""
