"""Learning to hash: binary codes, by contrast, autoencoders, labels, distillation or projection."""
