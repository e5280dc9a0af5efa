"""Tools for those who work on Sonolux: pages and pictures made from the code, and counts of it."""
