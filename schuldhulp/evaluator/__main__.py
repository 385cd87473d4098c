"""Entry point of the evaluator's process: ``python -m schuldhulp.evaluator``."""

from __future__ import annotations

import sys

from schuldhulp.bootstrap import evaluator_services, keep_erasing
from schuldhulp.config import LOOPBACK, load_settings
from schuldhulp.errors import SchuldhulpError
from schuldhulp.evaluator.api import create_app
from schuldhulp.evaluator.messages import channel_router
from schuldhulp.evaluator.rpc import rpc_router
from schuldhulp.evaluator.server import serve


def main() -> int:
    """Serve until stopped; return the exit code."""
    try:
        settings = load_settings()
        services = evaluator_services(settings)
        keep_erasing(services.channel)
        routers = [channel_router(services.channel)]
        if services.node is not None:
            routers.append(rpc_router(services.node))
        app = create_app(
            services.evaluation,
            routers=routers,
            know=None if services.node is None else services.node.know,
            close=services.close,
        )
        serve(app, host=LOOPBACK, port=settings.evaluator_port, trusted_proxies=settings.trusted_proxies)
    except SchuldhulpError as error:
        sys.stderr.write(f"error: {error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
