"""`schuldhulp serve`: the long-running processes."""

from __future__ import annotations

import importlib.util
import logging
import os
import signal
import sys
import threading

import typer

from schuldhulp.bootstrap import open_worker, relay
from schuldhulp.config import LOOPBACK, load_settings

app = typer.Typer(help="Run one of the services of this installation until it is stopped.", no_args_is_help=True)


@app.command()
def worker() -> None:
    """Put commitments and enrolments on the chain, on schedule; one worker for each signing account.

    Example: schuldhulp serve worker
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    # Alembic tells at each start that it has nothing to do.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    with open_worker(load_settings()) as found:
        found.run(wait=stopping.wait)


@app.command("evaluator")
def evaluator() -> None:
    """Evaluate blinded identifiers for admitted organisations.

    Example: schuldhulp serve evaluator
    """
    for package in ("alembic", "fastapi", "sqlalchemy", "uvicorn"):
        # The other process would end with a traceback.
        if importlib.util.find_spec(package) is None:
            raise ModuleNotFoundError(f"No module named {package!r}", name=package)
    # A process of its own kind: this command must not know the evaluator's code, nor the evaluator this command's.
    os.execv(sys.executable, [sys.executable, "-m", "schuldhulp.evaluator"])  # noqa: S606


@app.command("relay")
def serve_relay() -> None:
    """Log people in at DigiD, eHerkenning and the staff login; the simulator in development.

    Example: schuldhulp serve relay
    """
    import uvicorn

    from schuldhulp.demonstration.identities import people

    settings = load_settings()
    application = relay(settings, environment=dict(os.environ), people=None if settings.production else people)
    # Addresses of a login hold codes and states: no access log.
    uvicorn.run(application, host=LOOPBACK, port=settings.relay_port, access_log=False, log_level="warning")
