"""Neural audio fingerprints: codes that stay the same under distortion."""
