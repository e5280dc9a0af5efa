"""Loss functions of trainings, one a file, each with the paper it is from.

Classifiers use torch's cross entropy as it is, in `sonolux.training.classification`.
"""
