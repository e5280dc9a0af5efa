"""Connection to a cluster by several addresses: where one does not answer, the next is asked, and all of them again.

Every request that is made here may be made twice: points are written by their ids, and what is deleted stays so. So
whatever fails on the way, or is cut off after it was done, is asked again, at the next address at once, and of all of
them after a pause that doubles, until a deadline. A node that is silent is told from one that works for long: it is
asked whether it is there.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from typing import TypeVar

from qdrant_client import QdrantClient

from sonolux.index.cluster.failures import client_errors, is_passing, unanswered
from sonolux.index.cluster.node import ClientMaker, ClusterNode
from sonolux.index.lock import ReadWriteLock

FIRST = 1.0
"""Seconds for which addresses are asked none of which has answered so far."""

READING = 10.0
"""Seconds for which a cluster that has answered before is asked again, when something is read."""

WRITING = 30.0
"""Seconds for that when something is written."""

SHORTEST, LONGEST = 0.05, 2.0
"""Seconds between two rounds: from the first to the second, and at most."""

PATIENCE = 2.5
"""Seconds after which a node is asked whether it is there, where there is another one to go to."""

Answered = TypeVar("Answered")


class ClusterConnection:
    """The addresses of a cluster, of which any that runs will do.

    Parameters
    ----------
    at : sequence of str, or QdrantClient
        URLs, first asked when a call needs one; or a client, which is then the caller's to close.
    make : callable, optional
        Makes the client of an address, as `sonolux.index.cluster.node.make_client`.
    """

    def __init__(self, at: Sequence[str] | QdrantClient, make: ClientMaker | None = None) -> None:
        if isinstance(at, Sequence):
            self.nodes = [ClusterNode(url, make) for url in at]
        else:
            self.nodes = [ClusterNode("", given=at)]
        self._answering = 0
        # Read while the connection is used, written while it is closed.
        self._access = ReadWriteLock()

    def ask(self, question: Callable[[QdrantClient], Answered], location: str, seconds: float = READING) -> Answered:
        """Return the answer to a question, which may be asked several times.

        Parameters
        ----------
        question : callable
            Given a client, asks; asked twice it has the effect of once.
        location : str
            Of the library, for messages.
        seconds : float
            For which it is asked again.

        Raises
        ------
        SilentClusterError
            Where no address answers.
        LibraryError
            Where the cluster refuses.
        """
        with self._access.reading, client_errors(location):
            began, pause = time.monotonic(), SHORTEST
            while True:
                silent: dict[str, Exception] = {}
                for number, node in self._in_turn():
                    try:
                        answer = self._asked(node, question)
                    except Exception as error:
                        if not is_passing(error):
                            raise
                        silent[node.url] = error
                    else:
                        self._answering = number
                        return answer
                met = any(node.met for node in self.nodes)
                if time.monotonic() + pause - began > (seconds if met else FIRST):
                    raise unanswered(location, silent) from next(reversed(silent.values()))
                time.sleep(pause)
                pause = min(2 * pause, LONGEST)

    def close(self) -> None:
        """Let go of all nodes, once no request is under way."""
        with self._access.writing:
            for node in self.nodes:
                node.close()

    def _in_turn(self) -> Iterator[tuple[int, ClusterNode]]:
        """Yield the node that answered last, then the others."""
        first, count = self._answering, len(self.nodes)
        return ((number % count, self.nodes[number % count]) for number in range(first, first + count))

    def _asked(self, node: ClusterNode, question: Callable[[QdrantClient], Answered]) -> Answered:
        if len(self.nodes) == 1:
            return question(node.client())
        answer: Future[Answered] = Future()
        # A thread of its own, which is left alone where the node has fallen silent: nothing else can end its waiting.
        threading.Thread(target=_work, args=(answer, node, question), daemon=True).start()
        while True:
            try:
                return answer.result(PATIENCE)
            except TimeoutError:
                if answer.done():
                    return answer.result()
                if not node.answers():
                    raise TimeoutError("no answer") from None


def _work(answer: Future[Answered], node: ClusterNode, question: Callable[[QdrantClient], Answered]) -> None:
    try:
        answer.set_result(question(node.client()))
    except BaseException as error:
        answer.set_exception(error)
