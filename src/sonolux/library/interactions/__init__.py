"""Interactions of people with the items of a library: files of them read, matched with items, and kept."""
