"""Music tags: what audio files say of themselves in ID3, APE, Lyrics3, Vorbis comments, MP4 atoms and their kin."""
