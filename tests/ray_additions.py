"""Additions on Ray that something happens to; run as a program, in a network that has loopback alone.

Ray takes the address of the machine whatever it is told, unless there is none: `unshare` gives a network of its own.

    python tests/ray_additions.py WHAT FOLDER LIBRARY
"""

from __future__ import annotations

import faulthandler
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

SPACES = ["colour-layout", "hog", "mfcc", "bm25"]
STORE = 80 * 2**20

Progress = Callable[[int, str], None]


def run_alone(what: str, folder: Path, library: Path | str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run this program in a network of its own; skips where that is not permitted."""
    pytest.importorskip("ray")
    if shutil.which("unshare") is None or subprocess.run(["unshare", "-n", "true"], check=False).returncode:
        pytest.skip("no network namespace: unshare -n is not permitted here")
    program = f'ip link set lo up && exec "{sys.executable}" "{__file__}" "$@"'
    command = ["unshare", "-n", "sh", "-c", program, "sh", what, str(folder), str(library)]
    path = os.pathsep.join(path for path in sys.path if path)
    env = os.environ | {"PYTHONPATH": path, "SONOLUX_WORKERS": "2", **environment}
    env.pop("RAY_ADDRESS", None)
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=240)


def add(folder: str, library: str, progress: Progress | None = None) -> None:
    """Add on Ray, and print the summary."""
    from sonolux.library import Library

    with Library(library) as opened:
        summary = opened.add(folder, spaces=SPACES, progress=progress, on="ray", fingerprints=False)
    print(json.dumps(asdict(summary)), flush=True)


def once_each(moments: dict[int, Callable[[], Any]]) -> Progress:
    """Return a progress that does something once so many files are done with."""

    def progress(done: int, _: str) -> None:
        for moment in [moment for moment in moments if moment <= done]:
            moments.pop(moment)()

    return progress


def end_processes(name: str) -> None:
    """Kill the processes of a name, all of them within this network."""
    for process in Path("/proc").iterdir():
        beside = process.name.isdigit() and _network(process) == _network(Path("/proc/self"))
        if beside and name in (process / "cmdline").read_text(errors="replace"):
            os.kill(int(process.name), signal.SIGKILL)


def _network(process: Path) -> str:
    try:
        return str((process / "ns" / "net").readlink())
    except OSError:
        return process.name


def lose_nodes(folder: str, library: str) -> None:
    """Lose one node and then the other, so that all that was there moves to the head."""
    from ray.cluster_utils import Cluster

    cluster = Cluster(
        initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False, "object_store_memory": STORE}
    )
    nodes = [cluster.add_node(num_cpus=1, object_store_memory=STORE) for _ in range(2)]
    os.environ["RAY_ADDRESS"] = cluster.address
    try:
        moments = {
            20 + 40 * number: lambda node=node: cluster.remove_node(node, allow_graceful=False)
            for number, node in enumerate(nodes)
        }
        add(folder, library, once_each(moments))
    finally:
        cluster.shutdown()


def on_accelerators(folder: str, library: str) -> None:
    """Add where two processors and one GPU are said to be, with encoders that would like more than one."""
    from ray.cluster_utils import Cluster

    resources = {"num_cpus": 2, "num_gpus": 1, "include_dashboard": False, "object_store_memory": STORE}
    cluster = Cluster(initialize_head=True, head_node_args=resources)
    os.environ["RAY_ADDRESS"] = cluster.address
    SPACES.extend(["photo", "photo-code", "sentences", "concepts", "music", "voices"])
    try:
        add(folder, library)
    finally:
        cluster.shutdown()


def lose_workers(folder: str, library: str) -> None:
    """Lose what reads twice, and what encodes once."""
    reading = {moment: lambda: end_processes("ray::read_packets") for moment in (10, 60)}
    add(folder, library, once_each({**reading, 35: lambda: end_processes("ray::EncodingActor")}))


def lose_driver(folder: str, library: str) -> None:
    """Be killed."""
    add(folder, library, once_each({30: lambda: os.kill(os.getpid(), signal.SIGKILL)}))


def far_away(folder: str, library: str) -> None:
    """Add a bucket into a cluster that forgets to answer, and lose a worker, a node of Ray and one of the cluster.

    Prints the summary, and then the best hits of a few questions.
    """
    from ray.cluster_utils import Cluster

    from contracts.faulty_cluster import FaultyCluster
    from object_store import use_store
    from s3_server import KEY, SECRET, serving_s3
    from sonolux.index.cluster import node
    from sonolux.library import Library

    store = FaultyCluster()
    with serving_s3(Path(folder)) as server, pytest.MonkeyPatch.context() as patch:
        use_store(patch, server.url, KEY, SECRET)
        patch.setattr(node, "make_client", store.at)
        resources = {"num_cpus": 1, "include_dashboard": False, "object_store_memory": STORE}
        cluster = Cluster(initialize_head=True, head_node_args=resources)
        lost = cluster.add_node(num_cpus=1, object_store_memory=STORE)
        patch.setenv("RAY_ADDRESS", cluster.address)
        moments = {
            10: lambda: end_processes("ray::read_packets"),
            20: lambda: cluster.remove_node(lost, allow_graceful=False),
            25: lambda: store.dead.add("http://a:6333"),
        }
        try:
            add("s3://box", library, once_each(moments))
        finally:
            cluster.shutdown()
        with Library(library) as opened:
            print(json.dumps([best(opened, question) for question in QUESTIONS]), flush=True)


QUESTIONS = ({"text": "number 8"}, {"image": "001.png"}, {"audio": "007.wav"})


def best(library: Any, question: dict[str, str]) -> list[str]:
    """Return the names of the best hits of a question; a file is one of the library's."""
    found = {Path(item.path).name: item.path for item in library.items()}
    asked = {key: found.get(value, value) for key, value in question.items()}
    text = asked.pop("text", None)
    hits = library.search(text, k=1) if text else library.search(**asked, k=3)  # other texts are as near
    return [Path(hit.path).name for hit in hits]


def add_twice(folder: str, library: str) -> None:
    """Add with a Ray that is started and ended, and again; leave a reading open beyond the end of its Ray.

    Prints what is left: a connection, children, folders, environment.
    """
    from media import faulty
    from sonolux.media.reading import ReadOptions
    from sonolux.media.workers.ray_cluster import ABOVE, FOLDER, QUIET, ray_cluster
    from sonolux.media.workers.ray_decoder import RayDecoder

    before = dict(os.environ)
    add(folder, library)
    add(folder, library)
    with ray_cluster() as cluster:
        decoder = RayDecoder(cluster, ReadOptions(), timeout=60, memory=2**30, reader=faulty.many)
        reading = decoder.read([str(Path(folder, "000.png"))])
        next(reading)
    reading.close()
    import ray

    told = {name for name in (*QUIET, "PYTHONPATH") if os.environ.get(name) != before.get(name)}
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    left = [path.name for path in Path(ABOVE).glob(f"{FOLDER}{os.getpid()}-*")]
    print(json.dumps([ray.is_initialized(), children, left, sorted(told)]))


def lose_all(folder: str, library: str) -> None:
    """Lose the node of this process, the head."""
    from ray.cluster_utils import Cluster

    from sonolux.errors import SonoluxError

    cluster = Cluster(
        initialize_head=True, head_node_args={"num_cpus": 2, "include_dashboard": False, "object_store_memory": STORE}
    )
    os.environ["RAY_ADDRESS"] = cluster.address
    try:
        add(folder, library, once_each({20: cluster.head_node.kill_raylet}))
    except SonoluxError as error:
        print(error, flush=True)
    finally:
        cluster.shutdown()


WHAT = {
    "add": add,
    "twice": add_twice,
    "accelerators": on_accelerators,
    "nodes": lose_nodes,
    "workers": lose_workers,
    "all": lose_all,
    "driver": lose_driver,
    "away": far_away,
}

if __name__ == "__main__":
    faulthandler.dump_traceback_later(200, exit=True)  # whoever hangs says where
    WHAT[sys.argv[1]](*sys.argv[2:])
