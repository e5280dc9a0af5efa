"""Protocols: fixed queries, database and metrics, whatever is measured."""
