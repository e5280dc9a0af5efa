"""The training loop: learner, fit with checkpoints, warm start, validation, and the model folder at the end."""
