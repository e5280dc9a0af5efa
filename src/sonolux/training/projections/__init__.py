"""Descriptors that are linear in the pixels, or nearly: found by algebra in seconds, the baselines of every table.

Each file fits one: a matrix of inputs (n, d) in, a network of `sonolux.models` out, whose outputs are the coordinates
of a float descriptor, or numbers whose signs are bits.
"""
