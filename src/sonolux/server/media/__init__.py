"""Media of items: opened by id, typed by content, sent in ranges, or made into what browsers show."""
