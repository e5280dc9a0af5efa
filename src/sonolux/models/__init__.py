"""Networks as plain torch modules: no files, no training, no devices chosen.

Import an architecture from its own file, or by name through `sonolux.models.registry`; this package itself imports
nothing, so that torch waits until a network is needed.
"""
