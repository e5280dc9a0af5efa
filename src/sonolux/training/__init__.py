"""Data, a network and a recipe to a model folder.

Training reads images into memory (`images`), fits a network under a recipe (`recipe`, `fitting`) and leaves a model
folder with its card and images (`finishing`). Each way to learn is a file of its own. This package itself imports
nothing, so that torch and lightning wait until something is trained.
"""
