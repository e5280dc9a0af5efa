"""A cluster that misbehaves as a real one did, around the client's in-process mode, which does not.

Where there are several shards, each weighs terms by what it holds. Metadata is seen 10 ms late; a request in fifty is
answered 500, times out, or is cut off after it was done; an address may be dead, or silent. Refusals come in the form
in which a server sends them. What is drawn follows from a seed, which is printed, so that pytest shows it with what
failed; `SONOLUX_TEST_SEED` draws the same again.
"""

from __future__ import annotations

import json
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import httpx
from qdrant_client import QdrantClient, models
from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

from sonolux.evaluation.sharded_client import ShardedClient

LATE = 0.010
"""Seconds until metadata is seen."""

SHARE = 1 / 50
"""Of requests that fail."""


class FaultyCluster:
    """Nodes that share what the in-process client holds.

    Parameters
    ----------
    share : float
        Of requests that fail in one of three ways.
    seed : int, optional
    shards : int
        Of a collection that is made without saying how many.
    """

    def __init__(self, share: float = SHARE, seed: int | None = None, shards: int = 1) -> None:
        given = os.environ.get("SONOLUX_TEST_SEED")
        self.seed = int(given) if given else random.randrange(2**32) if seed is None else seed
        print(f"faults of this cluster: SONOLUX_TEST_SEED={self.seed}")
        self.held: Any = QdrantClient(":memory:") if shards == 1 else ShardedClient(shards)
        self.share = share
        self.version = "1.18.3"
        self.dead: set[str] = set()
        self.silent: set[str] = set()
        self.no_quorum = False
        self.peers = 1
        self.state: models.CollectionClusterInfo | None = None
        self.calls: Counter[tuple[str, str]] = Counter()
        """How often each address was asked what."""
        self.said: list[tuple[str, dict[str, Any]]] = []
        """Every request that arrived, with its options."""
        self.given: list[tuple[str, tuple[Any, ...]]] = []
        """And with what is given without a name."""
        self.faults: Counter[str] = Counter()
        self._draw = random.Random(self.seed)
        self._alone = threading.RLock()
        self._metadata: dict[str, list[tuple[float, Any]]] = {}

    def at(self, url: str, timeout: int) -> Any:
        """Return the client of an address, as `sonolux.index.cluster.node.make_client` does."""
        return FaultyClient(self, url, timeout)

    def close(self) -> None:
        """Let go of what is held; a client of an address lets go of nothing."""
        self.held.close()

    def show_metadata(self, collection: str) -> None:
        """Let the metadata that a collection has now be seen, in a while."""
        now = self.held.get_collection(collection).config.metadata
        self._metadata.setdefault(collection, []).append((time.monotonic() + LATE, now))

    def answer(self, url: str, timeout: int, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Do a request, or fail in one of the ways that a cluster fails in."""
        if url in self.dead:
            self.calls[url, name] += 1
            raise ResponseHandlingException(httpx.ConnectError("[Errno 111] Connection refused"))
        if url in self.silent:
            self.calls[url, name] += 1
            time.sleep(timeout)
            raise ResponseHandlingException(httpx.ReadTimeout("timed out"))
        with self._alone:  # requests are atomic, which the in-process client is not
            self.calls[url, name] += 1
            self.said.append((name, kwargs))
            self.given.append((name, args))
            fault = self._draw.choice(("500", "timeout", "cut off")) if self._draw.random() < self.share else ""
            self.faults[fault] += 1
            if fault == "500":
                raise refusal(500, "Service internal error: replica set is not ready")
            if fault == "timeout":
                raise ResponseHandlingException(httpx.ReadTimeout("timed out"))
            answer = self._done(name, args, kwargs)
            if fault == "cut off":
                raise ResponseHandlingException(httpx.RemoteProtocolError("Server disconnected"))
            return answer

    def _done(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if self.no_quorum and kwargs.get("consistency") == models.ReadConsistencyType.QUORUM:
            raise refusal(500, "Service internal error: shard 0 has not enough active replicas")
        if name == "info":
            return models.VersionInfo(title="qdrant", version=self.version)
        if name == "cluster_status":
            return self._status()
        if name == "collection_cluster_info" and self.state is not None:
            return self.state
        try:
            answer = getattr(self.held, name)(*args, **kwargs)
        except ValueError as error:
            said = str(error)
            status = 404 if said.endswith("not found") else 409 if said.endswith("already exists") else 400
            raise refusal(status, said) from None
        if name == "delete_collection":
            self._metadata.pop(args[0], None)
        elif name in ("create_collection", "update_collection"):
            self.show_metadata(args[0])
        elif name == "get_collection":
            answer.config.metadata = self._visible(args[0])
        return answer

    def _status(self) -> Any:
        if self.peers < 2:
            return models.ClusterStatusOneOf(status="disabled")
        peers = {str(number): models.PeerInfo(uri=f"http://node-{number}:6335/") for number in range(1, self.peers + 1)}
        raft = models.RaftInfo(term=1, commit=1, pending_operations=0, is_voter=True)
        consensus = models.ConsensusThreadStatusOneOf(consensus_thread_status="working", last_update="2026-01-01T00:00")
        failures = {
            url: models.MessageSendErrors(count=3) for url in (peer.uri for peer in peers.values()) if url in self.dead
        }
        return models.ClusterStatusOneOf1(
            status="enabled",
            peer_id=1,
            peers=peers,
            raft_info=raft,
            consensus_thread_status=consensus,
            message_send_failures=failures,
        )

    def _visible(self, collection: str) -> Any:
        seen = [metadata for since, metadata in self._metadata.get(collection, []) if since <= time.monotonic()]
        return seen[-1] if seen else None


class FaultyClient:
    """What stands where the client of one address would: every method is a request."""

    def __init__(self, cluster: FaultyCluster, url: str, timeout: int) -> None:
        self._cluster, self._url, self._timeout = cluster, url, timeout

    def close(self) -> None:
        """Let go of nothing."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return lambda *args, **kwargs: self._cluster.answer(self._url, self._timeout, name, args, kwargs)


def refusal(status: int, reason: str) -> UnexpectedResponse:
    """Return a refusal as the server words it."""
    content = json.dumps({"status": {"error": reason}, "time": 0.00001}).encode()
    return UnexpectedResponse(status, "refused", content, httpx.Headers())


def placed(shards: dict[int, dict[int, str]]) -> models.CollectionClusterInfo:
    """Return what node 1 says of shards that are on nodes in some state."""
    local = [
        models.LocalShardInfo(shard_id=shard, points_count=0, state=models.ReplicaState(states[1]))
        for shard, states in shards.items()
        if 1 in states
    ]
    remote = [
        models.RemoteShardInfo(shard_id=shard, peer_id=peer, state=models.ReplicaState(state))
        for shard, states in shards.items()
        for peer, state in states.items()
        if peer != 1
    ]
    return models.CollectionClusterInfo(
        peer_id=1, shard_count=len(shards), local_shards=local, remote_shards=remote, shard_transfers=[]
    )
