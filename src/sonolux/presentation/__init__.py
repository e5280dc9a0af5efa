"""Presentation: items, hits and annotations as JSON, HTML, thumbnails and words, for command line and notebooks."""
