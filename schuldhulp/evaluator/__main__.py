"""Entry point of the evaluator's process: ``python -m schuldhulp.evaluator``."""

from __future__ import annotations

import sys

from schuldhulp.bootstrap import evaluation_service
from schuldhulp.config import LOOPBACK, load_settings
from schuldhulp.errors import SchuldhulpError
from schuldhulp.evaluator.api import create_app
from schuldhulp.evaluator.server import serve


def main() -> int:
    """Serve until stopped; return the exit code."""
    try:
        settings = load_settings()
        serve(create_app(evaluation_service(settings)), host=LOOPBACK, port=settings.evaluator_port)
    except SchuldhulpError as error:
        sys.stderr.write(f"error: {error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
