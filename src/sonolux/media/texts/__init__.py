"""Texts: bytes to characters, files to passages."""
