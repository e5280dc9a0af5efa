"""Classical descriptors: nothing learned, nothing downloaded, one class a file."""
