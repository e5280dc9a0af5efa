"""Audio fingerprints: naming recordings by constellation, landmarks and neural codes, from catalog to stream."""
