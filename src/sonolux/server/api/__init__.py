"""API under ``/api/v1``: one file a subject, each a router."""
