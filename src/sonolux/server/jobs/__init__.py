"""Job queue: long work on a library, which goes on after either process has died."""
