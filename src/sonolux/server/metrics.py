"""Metrics of the service, in the text format of Prometheus: requests, calls of the library, uploads, jobs."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE"})
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Seconds."""


class ServiceMetrics:
    """The metrics of one service; labels have few values each: of an address its template, never what it names."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        labels = ("method", "route")
        self.requests = Counter(
            "sonolux_http_requests", "Requests answered.", (*labels, "status"), registry=self.registry
        )
        self.seconds = Histogram(
            "sonolux_http_request_seconds", "Time to answer.", labels, buckets=BUCKETS, registry=self.registry
        )
        self.under_way = Gauge("sonolux_http_requests_under_way", "Requests under way.", registry=self.registry)
        self.library = Gauge("sonolux_library_up", "Whether the library process answers.", registry=self.registry)
        self.wait = Gauge(
            "sonolux_longest_wait_seconds",
            "Longest that questions waited while the index put away what was written.",
            registry=self.registry,
        )
        self.items = Gauge("sonolux_library_files", "Files of the library.", registry=self.registry)
        self.uploads = Gauge("sonolux_upload_bytes", "Bytes of the uploads that are kept.", registry=self.registry)
        self.jobs = Gauge("sonolux_jobs", "Jobs that are known, by state.", ("state",), registry=self.registry)

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request that was answered."""
        named = method if method in METHODS else "other"
        self.requests.labels(named, route, str(status)).inc()
        self.seconds.labels(named, route).observe(seconds)

    def text(self) -> bytes:
        """Return all of it."""
        return generate_latest(self.registry)
