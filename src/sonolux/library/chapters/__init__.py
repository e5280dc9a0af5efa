"""Chapters of `sonolux.library.Library`: each a class upon what is opened, and together the library."""
