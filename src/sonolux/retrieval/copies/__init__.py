"""Detection of copies: which files are the same photo, video, recording or text, altered or not."""
