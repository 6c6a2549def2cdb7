"""`planner serve`: migrations, then gunicorn, with the reminder worker as a process beside it."""

from __future__ import annotations

import os
import sys
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from . import config
from .app import create_app
from .beside import WorkerBeside
from .database import upgrade
from .demo import load as load_demo

WEB_PROCESSES, WEB_THREADS = 2, 4


class Server(BaseApplication):
    """gunicorn with our options; the app is made once and shared by its processes."""

    def __init__(self, app: Flask, options: dict[str, Any]) -> None:
        self.app, self.options = app, options
        super().__init__()

    def load_config(self) -> None:
        """Called by gunicorn before it starts."""
        for name, value in self.options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """The WSGI app of each process."""
        return self.app


def serve(host: str, port: int, *, demo: bool) -> int:
    """Serve until stopped. Raises config.ConfigError for a wrong setting, before anything has started."""
    settings = config.load(os.environ, base_url=f"http://{_shown(host)}:{port}")
    app = create_app(settings)
    upgrade(app.extensions["planner_engine"])
    if demo:
        with app.app_context():
            sys.stdout.write(load_demo() + "\n")
    app.extensions["planner_engine"].dispose()  # no connection may be shared by the processes that gunicorn makes
    worker = WorkerBeside({"BASE_URL": settings.base_url})
    worker.start()
    try:
        Server(app, _options(host, port, worker)).run()
    finally:
        worker.stop()
    return 0


def _options(host: str, port: int, worker: WorkerBeside) -> dict[str, Any]:
    def announce(server: Any) -> None:
        sys.stdout.write(f"Steady is at http://{_shown(host)}:{port}  (stop with Ctrl-C)\n")
        sys.stdout.flush()

    return {
        "bind": f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
        "worker_class": "gthread",
        "workers": WEB_PROCESSES,
        "threads": WEB_THREADS,
        "preload_app": True,
        "loglevel": "warning",
        "when_ready": announce,
        "on_exit": lambda server: worker.stop(),
        "control_socket_disable": True,
    }


def _shown(host: str) -> str:
    """What a person types to reach a bound address."""
    return {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)  # noqa: S104  # shown, not bound
