"""Readers: one for each kind of file, from its bytes to a probe and its segments; more come with installed packages."""
