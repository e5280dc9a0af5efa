"""Network architectures as plain torch modules: no files, no training, no devices chosen.

Import an architecture from its own file, or by name through `sonolux.models.registry`; this package itself imports
nothing, so that torch waits until a network is needed.

Images are (n, channels, height, width). Most networks are ``nn.Sequential`` with named children, in the order in which
they run; a descriptor can be taken at any of them (`sonolux.models.feature_extractor`). Networks that end in a code
give one number a bit, in use positive for 1 and negative for 0.
"""
