"""Model folders: read, written, digested, imported from other programs."""
