"""Fixed ways to measure: the same queries, the same database, the same metrics, whatever is measured."""
