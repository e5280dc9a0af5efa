"""Descriptive metadata: what a picture, and the files beside it, say of it: EXIF, IPTC, XMP, text chunks, sidecars.

Each kind of block is read in a file of its own to `Statements`; `image.py` gathers those of a picture, and
`sidecars.py` adds what lies beside a file. Nothing here raises for what is broken: such a block says nothing.
"""
