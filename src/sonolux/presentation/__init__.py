"""Items, hits and annotations as JSON, HTML, thumbnails and words: what command line, notebooks and service share."""
