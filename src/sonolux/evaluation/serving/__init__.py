"""The service from outside: a process that is started, clients that ask it, a browser that looks at it."""
