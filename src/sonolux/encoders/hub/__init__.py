"""Encoders from checkpoints in the format of the Hugging Face hub, by name or from a folder.

A checkpoint is read in two steps: `Checkpoint` looks at its small files (what it is, its dimension, its licence), and
`Network` loads its weights when the first batch comes. Weights are safetensors only and code in a checkpoint is never
run, so a checkpoint from a stranger can be wrong but not harmful.
"""
