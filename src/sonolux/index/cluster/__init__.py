"""An index on a Qdrant cluster: several machines, several processes; over qdrant-client."""
