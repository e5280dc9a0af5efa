"""Ingest: files compared with what is there, decoded, encoded, and written batch by batch."""
