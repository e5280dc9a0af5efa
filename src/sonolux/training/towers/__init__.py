"""Fine-tuning of towers: networks below the heads of several modalities, which learn on with these."""
