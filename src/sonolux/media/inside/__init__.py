"""Media inside other files: the members of a tar shard, each with name, size and a local copy while decoded."""
