"""HTTP service: a front that speaks HTTP, and a library process that holds one open `Library` and answers its calls."""
