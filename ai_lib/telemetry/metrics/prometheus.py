"""Exports a collector's metrics to Prometheus: over HTTP, as a file, or to its registry."""

from __future__ import annotations

import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ai_lib._runtime.forks import ForkedState, close_inherited, renew_after_fork
from ai_lib.errors.exceptions import RequestError, TransportError
from ai_lib.telemetry.metrics.collector import MetricsCollector
from ai_lib.telemetry.metrics.prometheus_text import CONTENT_TYPE


class PrometheusExporter(ForkedState):
    """Serves a collector's metrics. Nothing runs until `start`; the server has a thread of its
    own, so that it responds whatever the application does.

        >>> with PrometheusExporter(collector, port=9464) as exporter:
        ...     print(exporter.endpoint)

    It listens on this machine only; `host="0.0.0.0"` lets others read the metrics. Port 0 takes
    a free one.
    """

    def __init__(
        self,
        collector: MetricsCollector,
        *,
        port: int = 9464,
        host: str = "127.0.0.1",
        path: str = "/metrics",
    ) -> None:
        if not path.startswith("/"):
            raise ValueError(f"a path begins with a slash: /{path}")
        self.collector = collector
        self._address = (host, port)
        self._path = path
        self._server: ThreadingHTTPServer | None = None
        self._thread: threading.Thread | None = None
        renew_after_fork(self)

    def renew_in_child(self) -> None:
        """Let go of the port: the parent serves there."""
        super().renew_in_child()
        server, self._server, self._thread = self._server, None, None
        if server is not None:
            close_inherited(server.socket)

    def start(self) -> PrometheusExporter:
        """Start the server; a second call does nothing.

        Raises:
            TransportError: the address can't be listened on.
        """
        if self._server is None:
            handler = type("_Handler", (_Handler,), {"exporter": self})
            try:
                self._server = _Server(self._address, handler)
            except OSError as error:
                host, port = self._address
                raise TransportError(
                    f"can't listen on {host}:{port} ({error.strerror}); choose another port"
                ) from error
            self._thread = threading.Thread(
                target=self._server.serve_forever, name="ai-lib-prometheus", daemon=True
            )
            self._thread.start()
        return self

    def stop(self) -> None:
        """End the server and its thread. Safe to call twice."""
        server, self._server = self._server, None
        if server is not None:
            server.shutdown()
            server.server_close()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    @property
    def is_running(self) -> bool:
        """Whether the server runs."""
        return self._server is not None

    @property
    def port(self) -> int:
        """The port of the server."""
        return self._server.server_address[1] if self._server is not None else self._address[1]

    @property
    def path(self) -> str:
        """The path of the metrics."""
        return self._path

    @property
    def endpoint(self) -> str:
        """The URL of the metrics."""
        return f"http://{self._address[0]}:{self.port}{self._path}"

    def write(self, path: str | Path) -> None:
        """Write the metrics to a file, as node_exporter's textfile collector reads them.

        The file is replaced in one step, so that no reader sees half of it.
        """
        target = Path(path)
        draft = target.with_name(f"{target.name}.{os.getpid()}.{threading.get_ident()}.tmp")
        draft.write_text(self.collector.to_prometheus(), encoding="utf-8", newline="\n")
        draft.replace(target)

    def register(self, registry: Any = None) -> None:
        """Register with a registry of prometheus_client, by default its global one.

        Raises:
            RequestError: prometheus_client is not installed.
        """
        try:
            import prometheus_client
        except ImportError as error:
            raise RequestError(
                "prometheus_client is not installed: pip install 'ai-lib[telemetry]'"
            ) from error
        registry = prometheus_client.REGISTRY if registry is None else registry
        registry.register(self.collector)

    def __enter__(self) -> PrometheusExporter:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


class _Server(ThreadingHTTPServer):
    daemon_threads = True


class _Handler(BaseHTTPRequestHandler):
    exporter: PrometheusExporter
    timeout = 30

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        if urlsplit(self.path).path != self.exporter.path:
            self.send_error(404)
            return
        body = self.exporter.collector.to_prometheus().encode()
        self.send_response(200)
        self.send_header("Content-Type", CONTENT_TYPE)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Write nothing to stderr."""
