"""Sonolux finds what people see, hear and read."""
