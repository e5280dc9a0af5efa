"""Encoders by networks that Sonolux trained: whole, by a layer, or on top of another encoder."""
