"""`make reset`: throw away the development data of this folder, after asking."""

from __future__ import annotations

import fcntl
import shutil
import sys

from schuldhulp.config import load_settings


def main() -> int:
    """Ask, then remove the data folder and the deployment file of its chain; return the exit code."""
    settings = load_settings()
    if settings.production:
        print("make reset is for development data only; SCHULDHULP_ENV is production", file=sys.stderr)
        return 2
    if not settings.data.exists():
        print("There is nothing to throw away.")
        return 0
    with (settings.data / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("`make run` is still running on this folder; stop it first", file=sys.stderr)
            return 2
        print(f"This removes {settings.data} with its chain, database and keys, and {settings.deployment_file}.")
        try:
            answer = input("Type yes to go on: ")
        except EOFError:
            answer = ""
        if answer.strip().lower() not in ("yes", "ja"):
            print("Nothing was removed.")
            return 1
        shutil.rmtree(settings.data)
        settings.deployment_file.unlink(missing_ok=True)
    print("Removed. `make run` starts afresh.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
