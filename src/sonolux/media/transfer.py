"""Messages between processes: pickled, with pixel and sample arrays sent beside the pickle, not copied into it.

A message is the pickle of (pickle, sizes of its buffers), then each buffer (PEP 574). Arrays arrive writable.
"""

from __future__ import annotations

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
        connection.send_bytes(view)


def receive(connection: Connection[Any, Any]) -> Any:
    """Receive a message that `send` sent; raises EOFError where the other side is gone."""
    body, sizes = connection.recv()
    buffers = []
    for size in sizes:
        buffer = bytearray(size)
        connection.recv_bytes_into(buffer)
        buffers.append(buffer)
    return pickle.loads(body, buffers=buffers)
