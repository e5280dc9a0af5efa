"""Images: a file to pixels as they are shown, even where the file is broken, raw, deep or of many frames."""
