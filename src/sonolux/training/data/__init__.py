"""Data to learn from: files, tables and packed sets into arrays; splits; synthetic soundscapes and music."""
