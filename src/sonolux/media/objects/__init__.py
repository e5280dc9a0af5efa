"""Objects: media in buckets of object storage, listed page by page, read whole or in ranges."""
