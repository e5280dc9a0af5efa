"""HTTP service: the page, the API under ``/api/v1``, media; one process speaks HTTP, another holds the library."""
