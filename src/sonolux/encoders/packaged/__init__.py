"""Packaged weights: real networks that installed distributions bring, so that Sonolux is useful with no hub at all.

`package` is the door: a file of a distribution is opened only where its SHA-256 is the one that is pinned in
`catalogue`. Nothing is unpickled, imported from a package for its weights, or copied out of it.
"""
