"""Messages between processes: pickled, with pixel and sample arrays sent beside the pickle, not copied into it.

A message is the pickle of (pickle, sizes of its buffers), then the bytes of each buffer (PEP 574), straight from the
array they are in and straight into the one they will be in: an image is copied no more than the system needs.
Arrays arrive writable.
"""

from __future__ import annotations

import os
import pickle
from multiprocessing.connection import Connection
from typing import Any


def send(connection: Connection[Any, Any], message: object) -> None:
    """Send a message; blocks until the other side has taken all but what the pipe holds."""
    buffers: list[pickle.PickleBuffer] = []
    body = pickle.dumps(message, protocol=5, buffer_callback=buffers.append)
    views = [buffer.raw() for buffer in buffers]
    connection.send((body, [view.nbytes for view in views]))
    for view in views:
        left = view
        while left:
            left = left[os.write(connection.fileno(), left) :]


def receive(connection: Connection[Any, Any]) -> Any:
    """Receive a message that `send` sent; raises EOFError where the other side is gone."""
    body, sizes = connection.recv()
    buffers = [bytearray(size) for size in sizes]
    for buffer in buffers:
        left = memoryview(buffer)
        while left:
            taken = os.readv(connection.fileno(), [left])
            if not taken:
                raise EOFError
            left = left[taken:]
    return pickle.loads(body, buffers=buffers)
