"""Warm answers: the service that holds a library is asked, over its own socket, in place of the library.

Models are loaded there already, and the library can be open in one process alone. What is asked with is sent as
anybody sends it, by the API of the service; nothing of the library is imported here, so a question costs little more
than ``sonolux --help``.
"""
