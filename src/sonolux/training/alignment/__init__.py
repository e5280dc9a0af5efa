"""Cross-modal alignment: photos and sentences in one space, learned from captions."""
