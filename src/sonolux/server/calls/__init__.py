"""Remote procedure calls between the front and the library process, over a private Unix socket."""
