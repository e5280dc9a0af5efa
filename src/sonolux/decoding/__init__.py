"""Outputs of networks to symbols: CTC, lexicon, bigrams, events."""
