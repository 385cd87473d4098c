"""`make run` from outside: it comes up, names what is wrong, stops whole, and finds everything as it was left."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager

from schuldhulp.config import PREFIX, port_is_free
from tests.support.installation import HANGS, Running, own_ports, without_settings
from toolchain.environment import PROJECT


@contextmanager
def make_run(folder, ports):
    """Start `make run` without a terminal; its process is given."""
    environment = without_settings() | {f"{PREFIX}DATA": str(folder), **ports}
    process = subprocess.Popen(
        [sys.executable, "-m", "toolchain.run"],
        cwd=PROJECT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def read_until(process, *words):
    """Read lines until one has one of the words, or the output ends; return all of them."""
    said = []
    for line in process.stdout:
        said.append(line)
        if any(word in line for word in words):
            break
    return "".join(said)


def wait_until_free(ports):
    until = time.monotonic() + HANGS
    while not all(port_is_free(int(port)) for port in ports.values()):
        assert time.monotonic() < until, "a port is still in use"
        time.sleep(0.1)


def copy_of(loaded, folder):
    shutil.copytree(loaded.folder, folder)
    return folder


def test_make_run_comes_up_and_stops_whole_on_sigterm(loaded, tmp_path):
    folder = copy_of(loaded, tmp_path / "var")
    with make_run(folder, loaded.ports) as process:
        said = read_until(process, "Stop with Ctrl-C")
        assert "Ready." in said, said
        assert "as deployed before" in said
        cockpit = f"http://127.0.0.1:{loaded.ports[PREFIX + 'COCKPIT_PORT']}"
        assert cockpit in said
        assert "H. de Vries" in said
        with urllib.request.urlopen(f"{cockpit}/_stcore/health", timeout=30) as answer:
            assert answer.status == 200
        process.send_signal(signal.SIGTERM)
        rest = process.stdout.read()
        assert process.wait(timeout=HANGS) == 0, rest
        assert "Everything is kept" in rest
    wait_until_free(loaded.ports)
    # And everything is as it was left.
    installation = Running(folder, loaded.ports)
    with make_run(folder, loaded.ports) as process:
        assert "Ready." in read_until(process, "Stop with Ctrl-C", "make run stopped")
        assert installation.command("verify", "--all").returncode == 0
        process.send_signal(signal.SIGINT)
        process.stdout.read()
        assert process.wait(timeout=HANGS) == 0
    wait_until_free(loaded.ports)


def test_make_run_names_the_part_that_died_and_stops_the_rest(loaded, tmp_path):
    folder = copy_of(loaded, tmp_path / "var")
    with make_run(folder, loaded.ports) as process:
        read_until(process, "Stop with Ctrl-C", "make run stopped")
        chain = int(
            subprocess.run(
                ["pgrep", "-f", f"dbPath {folder / 'chain'}"], capture_output=True, text=True, check=True
            ).stdout.split()[0]
        )
        os.kill(chain, signal.SIGKILL)
        rest = process.stdout.read()
        assert process.wait(timeout=HANGS) == 1
        assert "chain: was stopped by signal 9" in rest
    wait_until_free(loaded.ports)


def test_make_run_leaves_nothing_behind_when_it_is_killed(loaded, tmp_path):
    folder = copy_of(loaded, tmp_path / "var")
    with make_run(folder, loaded.ports) as process:
        read_until(process, "Stop with Ctrl-C", "make run stopped")
        process.kill()
        process.wait()
        wait_until_free(loaded.ports)


def test_make_run_names_a_taken_port_and_its_setting(tmp_path):
    ports = own_ports()
    with socket.socket() as other:
        other.bind(("127.0.0.1", int(ports[f"{PREFIX}RELAY_PORT"])))
        other.listen()
        with make_run(tmp_path / "var", ports) as process:
            said = process.stdout.read()
            assert process.wait(timeout=HANGS) == 1
    assert ports[f"{PREFIX}RELAY_PORT"] in said
    assert f"{PREFIX}RELAY_PORT" in said


def test_make_run_names_a_wrong_setting(tmp_path):
    with make_run(tmp_path / "var", own_ports() | {f"{PREFIX}LEDGER_FILL": "many"}) as process:
        said = process.stdout.read()
        assert process.wait(timeout=HANGS) == 1
    assert f"{PREFIX}LEDGER_FILL" in said


def test_make_run_refuses_a_chain_that_is_not_the_database_s(loaded, tmp_path):
    folder = copy_of(loaded, tmp_path / "var")
    shutil.rmtree(folder / "chain")
    with make_run(folder, loaded.ports) as process:
        said = process.stdout.read()
        assert process.wait(timeout=HANGS) == 1
    assert "make reset" in said
    wait_until_free(loaded.ports)


def test_make_run_refuses_a_second_one_on_the_same_folder(tmp_path):
    import fcntl

    folder = tmp_path / "var"
    folder.mkdir()
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with make_run(folder, own_ports()) as process:
            assert "another `make run`" in process.stdout.read()
            assert process.wait(timeout=HANGS) == 1


def test_reset_asks_and_keeps_everything_without_a_yes(tmp_path):
    folder = tmp_path / "var"
    folder.mkdir()
    (folder / "kept").touch()
    environment = without_settings() | {f"{PREFIX}DATA": str(folder)}
    command = [sys.executable, "-m", "toolchain.reset"]
    asked = subprocess.run(
        command, cwd=PROJECT, env=environment, input="\n", capture_output=True, text=True, check=False
    )
    assert asked.returncode == 1
    assert (folder / "kept").exists()
    done = subprocess.run(
        command, cwd=PROJECT, env=environment, input="yes\n", capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert not folder.exists()
