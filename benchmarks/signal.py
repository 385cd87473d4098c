"""Measures what a creditor waits for: lookups of many tags, one lookup, and a list of persons from file to file.

Usage: PYTHONPATH=. .venv/bin/python benchmarks/signal.py [lookups|list|all] [--people N] [--pairs N] [--rounds N]

Runs on an Anvil of its own and, with SCHULDHULP_TEST_POSTGRES, on a database beside it. What is compared is measured
in turn in the same run; compare ratios, machines differ.
"""

import sys

if __name__ == "signal":
    # Python looks in the folder of a script first, so every script here that needs the standard library's `signal`
    # finds this file. It gets what it asked for.
    from importlib.machinery import PathFinder
    from importlib.util import module_from_spec

    _found = PathFinder.find_spec("signal", [folder for folder in sys.path if not folder.endswith("benchmarks")])
    if _found is None or _found.loader is None:
        raise ModuleNotFoundError("signal")
    sys.modules["signal"] = module_from_spec(_found)
    _found.loader.exec_module(sys.modules["signal"])

elif __name__ == "__main__":
    from benchmarks.signal_measurement import main

    main()
