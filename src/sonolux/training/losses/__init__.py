"""Loss functions of trainings, one a file, each with the paper it is from."""
