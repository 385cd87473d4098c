"""Entry point of the evaluator's process: ``python -m schuldhulp.evaluator``."""

from __future__ import annotations

import sys

from schuldhulp.bootstrap import evaluator_services, keep_erasing
from schuldhulp.config import LOOPBACK, load_settings
from schuldhulp.errors import SchuldhulpError
from schuldhulp.evaluator.api import create_app
from schuldhulp.evaluator.messages import channel_router
from schuldhulp.evaluator.server import serve


def main() -> int:
    """Serve until stopped; return the exit code."""
    try:
        settings = load_settings()
        services = evaluator_services(settings)
        keep_erasing(services.channel)
        routers = [channel_router(services.channel)]
        serve(create_app(services.evaluation, routers=routers), host=LOOPBACK, port=settings.evaluator_port)
    except SchuldhulpError as error:
        sys.stderr.write(f"error: {error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
