"""State of an index on a cluster: its nodes, shards and copies, and what a lost node would cost.

Points are divided among shards, and of each shard there are copies on different nodes. A question is put to all shards,
so one whose copies are all away stops every question.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from qdrant_client import QdrantClient, models


@dataclass(frozen=True, slots=True)
class ClusterState:
    """How an index lies on its cluster.

    Attributes
    ----------
    nodes : mapping of str to str
        Address by the id of the node.
    silent : tuple of str
        Addresses of nodes that do not answer the others.
    copies : int
        That were asked for, of each shard.
    holders : mapping of int to tuple of str
        By shard, the ids of the nodes that have a whole copy of it, and answer.
    missing : int
        Copies that were asked for and are not whole, or not there.
    """

    nodes: Mapping[str, str]
    silent: tuple[str, ...] = ()
    copies: int = 1
    holders: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    missing: int = 0

    def alone(self) -> dict[str, int]:
        """Return the nodes, by address, that hold the only whole copy of shards, and of how many."""
        only = [holders[0] for holders in self.holders.values() if len(holders) == 1]
        return {self.nodes.get(node, node): only.count(node) for node in dict.fromkeys(only)}

    def gone(self) -> int:
        """Return how many shards have no whole copy."""
        return sum(not holders for holders in self.holders.values())

    def cost(self) -> str:
        """Say what a lost node would cost, or what lost ones cost already."""
        if gone := self.gone():
            return f"{gone} of {len(self.holders)} shards have no copy: nothing can be asked until their nodes are back"
        alone = self.alone()
        if not alone:
            return "nothing: every shard has a copy on another node"
        if len(self.nodes) == 1:
            return "everything, until it is back: there is one node"
        told = ", ".join(f"{node} ({count} of {len(self.holders)} shards)" for node, count in alone.items())
        return f"every question, until it is back, where it is {told}: there is no other copy"

    def as_data(self) -> dict[str, object]:
        """Return it as plain data."""
        return {
            "nodes": len(self.nodes),
            "silent": list(self.silent),
            "shards": len(self.holders),
            "copies": self.copies,
            "missing": self.missing,
            "lost_node": self.cost(),
        }


def count_nodes(client: QdrantClient) -> int:
    """Return how many nodes a cluster has."""
    return len(_peers(client)[0])


def copies_of(collection: str, client: QdrantClient) -> int:
    """Return how many copies of each shard a collection has asked for."""
    return client.get_collection(collection).config.params.replication_factor or 1


def cluster_state(client: QdrantClient, collection: str) -> ClusterState:
    """Return how a collection lies on its cluster."""
    params = client.get_collection(collection).config.params
    nodes, silent = _peers(client)
    shards, copies = params.shard_number or 1, params.replication_factor or 1
    if not nodes.keys() - {"0"}:  # no cluster: one node, which answers
        return ClusterState(nodes, (), copies, dict.fromkeys(range(shards), ("0",)), shards * (copies - 1))
    told = client.collection_cluster_info(collection)
    away = {node for node, url in nodes.items() if url in silent}
    found = [(shard.shard_id, str(told.peer_id), shard.state) for shard in told.local_shards]
    found += [(shard.shard_id, str(shard.peer_id), shard.state) for shard in told.remote_shards]
    holders: dict[int, tuple[str, ...]] = dict.fromkeys(range(told.shard_count), ())
    for number, node, state in found:
        whole = state == models.ReplicaState.ACTIVE and node not in away
        holders[number] = (*holders.get(number, ()), *([node] if whole else []))
    missing = sum(max(0, copies - len(nodes_of)) for nodes_of in holders.values())
    return ClusterState(nodes, tuple(silent), copies, dict(sorted(holders.items())), missing)


def _peers(client: QdrantClient) -> tuple[dict[str, str], list[str]]:
    """Return the addresses of the nodes by id, and those that do not answer; one, ``0``, where there is no cluster."""
    alone = {"0": "this node"}
    try:
        told = client.cluster_status()
    except NotImplementedError:  # the client's in-process mode
        return alone, []
    if not isinstance(told, models.ClusterStatusOneOf1):
        return alone, []
    nodes = {node: peer.uri for node, peer in told.peers.items()}
    return nodes, [url for url in nodes.values() if url in told.message_send_failures]
