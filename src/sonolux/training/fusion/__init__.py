"""Multimodal fusion: one answer from several modalities, of which some may be missing."""
