"""Data looked at before it is learned from: what is wrong with labels and files, as lines, a page and a table."""
