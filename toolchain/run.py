"""`make run`: start the whole system on this machine, keep it running, and stop it whole.

Every part waits until the one before answers. Ends, with everything it started, on Ctrl-C, on SIGTERM, or when a part
dies; then the part and the reason are named and the exit code is 1.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Container, Mapping
from pathlib import Path
from typing import Any, NoReturn

from schuldhulp.config import LOOPBACK, PREFIX, Settings, load_settings, port_is_free
from schuldhulp.demonstration.words import ADMITTED
from schuldhulp.errors import SchuldhulpError
from toolchain.environment import NODE_TOOLS, PROJECT, TOOLCHAIN, VENV, prepare
from toolchain.parts import Part, PartFailed

CHAIN_ID = 20145
STUCK = 240.0
"""Seconds without progress after which waiting for the chain makes no sense; a killed worker's lease lasts 90."""

ETHER = 10**18
FUNDING = 500 * ETHER
"""Wei that the deployer starts with; it shares them with the other accounts."""

ENOUGH = 50 * ETHER
"""Wei with which a deployer can begin again; a deployment shares out at most nine tenths of what it finds."""

FRESH_HEAD_EVERY = 60.0
"""Seconds after which the development chain mines a block, so that its head never looks stale."""

DEMONSTRATION = PROJECT / "toolchain" / "demonstration.env"


class Stopped(Exception):
    """Somebody asked to stop."""


class Failed(Exception):
    """`make run` cannot go on; the text says why and what to do."""


def say(text: str) -> None:
    """Print one line of progress at once, also when nobody's terminal is attached."""
    print(text, flush=True)


def rpc(settings: Settings, method: str, *parameters: Any) -> Any:
    """Ask the development chain something.

    Raises:
        OSError: it does not answer.
        Failed: it refuses.
    """
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}).encode()
    request = urllib.request.Request(
        f"http://{LOOPBACK}:{settings.chain_port}", data=body, headers={"Content-Type": "application/json"}
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=10) as answer:
        content = json.load(answer)
    if "error" in content:
        raise Failed(f"the chain refused {method}: {content['error'].get('message', 'no reason given')}")
    return content["result"]


def answers(port: int, path: str) -> bool:
    """Return whether an HTTP server on loopback answers with success."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://{LOOPBACK}:{port}{path}", timeout=2) as answer:
            return int(answer.status) < 400
    except (urllib.error.URLError, OSError):
        return False


class Installation:
    """The data folder of one `make run`, and the processes on it."""

    def __init__(self, settings: Settings, environment: dict[str, str]) -> None:
        self._settings = settings
        self._environment = environment
        self._parts: list[Part] = []
        self._claims: Part | None = None
        self._mined_at = time.monotonic()

    # --- steps ---

    def check_ports(self) -> None:
        """Raise Failed when a port is taken, naming it and its setting."""
        for name in ("chain_port", "evaluator_port", "relay_port", "cockpit_port"):
            port = getattr(self._settings, name)
            if not port_is_free(port):
                raise Failed(
                    f"port {port} is taken by another program. Stop that program, or choose another port: "
                    f"{PREFIX}{name.upper()}=<number> make run"
                )

    def start_chain(self) -> None:
        """Start Ganache on its folder and wait until it answers."""
        folder = self._settings.data / "chain"
        folder.mkdir(parents=True, exist_ok=True)
        command = [
            shutil.which("node", path=self._environment["PATH"]) or "node",
            str(NODE_TOOLS / "ganache"),
            "--server.host", LOOPBACK,
            "--server.port", str(self._settings.chain_port),
            "--database.dbPath", str(folder),
            "--chain.chainId", str(CHAIN_ID),
            "--chain.networkId", str(CHAIN_ID),
            "--chain.hardfork", "shanghai",
            "--miner.blockGasLimit", "12000000",
            "--wallet.deterministic",
            "--logging.quiet",
        ]  # fmt: skip
        part = self._start("chain", command)
        part.wait_until(self._chain_answers)
        self._mine()

    def deploy(self) -> None:
        """Deploy the contracts when this chain has none of ours."""
        file = self._settings.deployment_file
        if file.exists():
            deployed = json.loads(file.read_text())
            genesis = rpc(self._settings, "eth_getBlockByNumber", "0x0", False)["hash"]
            if deployed.get("genesisHash") == genesis:
                say("  contracts   as deployed before")
                if "claimIdKey" not in deployed:  # From before there were claims.
                    self._brownie("complete", "register_municipality", "complete")
                return
        if (self._settings.data / "schuldhulp.sqlite").exists():
            raise Failed(
                f"the chain in {self._settings.data / 'chain'} is not the one that the database was anchored on. "
                "Put the right copy back, or start afresh with: make reset"
            )
        self._fund_deployer()
        say("  contracts   compiling and deploying with Brownie")
        self._brownie("deployment", "deploy")

    def _fund_deployer(self) -> None:
        """Bring the deployer to what a deployment takes; one that was cut short finds what it left."""
        deployer = json.loads((self._settings.keys / "public.json").read_text())["addresses"]["deployer"]
        balance = self._balance(deployer)
        if balance >= ENOUGH:
            return
        payer = rpc(self._settings, "eth_accounts")[0]
        value = min(FUNDING - balance, self._balance(payer) - ETHER)
        if value <= 0:
            raise Failed(
                "the development chain has no money left to deploy with. Nothing was deployed on it: make reset"
            )
        rpc(
            self._settings,
            "eth_sendTransaction",
            {"from": payer, "to": deployer, "value": hex(value), "gas": hex(21000)},
        )

    def _balance(self, account: str) -> int:
        return int(rpc(self._settings, "eth_getBalance", account, "latest"), 16)

    def _brownie(self, name: str, *words: str) -> None:
        command = [str(VENV / "bin" / "brownie"), "run", *words, "--network", self._settings.network]
        self._finish(name, command, log=self._log(name))

    def serve(self, name: str, port: int, path: str) -> None:
        """Start one of our own HTTP services and wait until it answers."""
        part = self._start(name, [str(VENV / "bin" / "schuldhulp"), "serve", name])
        part.wait_until(lambda: answers(port, path))

    def start_worker(self) -> None:
        """Start the anchoring worker."""
        self._start("worker", [str(VENV / "bin" / "schuldhulp"), "serve", "worker"])

    def start_cockpit(self) -> None:
        """Start Streamlit and wait until it answers."""
        port = self._settings.cockpit_port
        command = [
            str(VENV / "bin" / "streamlit"), "run", str(PROJECT / "app" / "main.py"),
            "--server.address", LOOPBACK,
            "--server.port", str(port),
            "--server.headless", "true",
        ]  # fmt: skip
        self._start("cockpit", command).wait_until(lambda: answers(port, "/_stcore/health"))

    def wait_anchored(self) -> None:
        """Wait, with progress, until everything that was written stands on the chain, or nothing moves any more."""
        shown, since = -1, time.monotonic()
        while True:
            self.check()
            waiting = self._status()["outbox"]["waiting"]
            if not waiting:
                return
            if waiting != shown:
                say(f"  recording   {waiting} changes still to be put on the chain")
                shown, since = waiting, time.monotonic()
            if time.monotonic() - since > STUCK:
                say(f"  recording   {waiting} changes do not get on; see: schuldhulp status, schuldhulp verify --all")
                return
            time.sleep(1)

    def keys(self) -> None:
        """Make the development keys of this folder, once."""
        creditors = [word for organisation in ADMITTED for word in ("--creditor", organisation.kvk)]
        self._finish("keys", [str(VENV / "bin" / "schuldhulp"), "keys", "init", *creditors])

    def load_demonstration(self) -> None:
        """Load the demonstration data once: what people did with it afterwards stays as it is."""
        loaded = self._settings.data / "demonstration-loaded"
        if loaded.exists():
            say("  people      as they were left")
            return
        self._finish("demonstration", [str(VENV / "bin" / "schuldhulp"), "demo", "load", "--no-claims"])
        loaded.touch()

    def start_claims(self) -> None:
        """Have the demonstration's creditors file their claims once, beside everything else: nobody waits for that."""
        if not self._claims_filed.exists():
            say("  claims      creditors of the demonstration are filing some")
            command = [str(VENV / "bin" / "schuldhulp"), "demo", "claims"]
            self._claims = Part("claims", command, log=self._log("claims"), environment=self._environment)

    def watch_claims(self) -> None:
        """Say how the filing of claims ended, once it has; what failed is tried again by the next `make run`."""
        part = self._claims
        if part is None or (code := part.ended()) is None:
            return
        self._claims = None
        if code:
            say(f"  claims      not all were filed; `schuldhulp demo claims` goes on:\n{part.last_lines(1)}")
            return
        self._claims_filed.touch()
        say("  claims      filed")

    @property
    def _claims_filed(self) -> Path:
        return self._settings.data / "demonstration-claims"

    def identities(self) -> str:
        """Return the text that says as whom one can log in."""
        return self._output([str(VENV / "bin" / "schuldhulp"), "demo", "identities"])

    # --- life ---

    def check(self) -> None:
        """Raise PartFailed when a part has died; keep the head of the chain fresh."""
        for part in self._parts:
            part.check()
        if time.monotonic() - self._mined_at > FRESH_HEAD_EVERY:
            self._mine()

    def take(self, name: str) -> Part:
        """Return a running part and stop watching over it: whoever takes it ends it.

        Raises:
            Failed: there is no such part.
        """
        for part in self._parts:
            if part.name == name:
                self._parts.remove(part)
                return part
        raise Failed(f"there is no part {name}")

    def stop(self) -> None:
        """Stop all parts, the last one first."""
        if self._claims is not None:
            self._claims.ask_to_stop()
            self._claims.wait_stopped()
            self._claims = None
        for part in reversed(self._parts):
            part.ask_to_stop()
            part.wait_stopped()
        self._parts.clear()

    def _chain_answers(self) -> bool:
        try:
            return int(rpc(self._settings, "eth_chainId"), 16) == CHAIN_ID
        except OSError:
            return False

    def _mine(self) -> None:
        try:
            rpc(self._settings, "evm_mine")
        except OSError as error:
            raise PartFailed("chain", f"does not answer ({type(error).__name__})") from error
        self._mined_at = time.monotonic()

    def _start(self, name: str, command: list[str]) -> Part:
        say(f"  {name:<11} starting")
        part = Part(name, command, log=self._log(name), environment=self._environment)
        self._parts.append(part)
        return part

    def _finish(self, name: str, command: list[str], *, log: Path | None = None) -> None:
        """Run a step to its end while the parts are watched; its output is shown, or kept in a log."""
        step = Part(name, command, log=log, environment=self._environment)
        try:
            while (code := step.ended()) is None:
                self.check()
                time.sleep(0.1)
        finally:
            step.ask_to_stop()
            step.wait_stopped()
        if code:
            why = f"its log {log} ends with:\n{step.last_lines(25)}" if log else "its own lines above say why"
            raise Failed(f"the step {name} ended with code {code}; {why}")

    def _log(self, name: str) -> Path:
        return self._settings.data / "logs" / f"{name}.log"

    def _output(self, command: list[str], *, good: Container[int] = (0,)) -> str:
        done = subprocess.run(command, env=self._environment, capture_output=True, text=True, check=False)
        # A command that could not do its work has nothing to say, whatever its code.
        if done.returncode not in good or (done.returncode and not done.stdout):
            raise Failed(f"{' '.join(command[1:])} ended with code {done.returncode}: {done.stderr.strip()}")
        return done.stdout

    def _status(self) -> Any:
        # 3: something needs attention, such as a worker that has not checked yet; the state is told all the same.
        return json.loads(self._output([str(VENV / "bin" / "schuldhulp"), "status", "--json"], good=(0, 3)))


def write_settings(settings: Settings, environment: Mapping[str, str]) -> None:
    """Keep the settings of this data folder for the commands that are used beside `make run`; never overwritten.

    Args:
        settings: names the data folder.
        environment: variables; the settings among them go before those of the demonstration.
    """
    file = settings.data / "settings.env"
    if file.exists():
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    chosen = [f"{name}={value}" for name, value in sorted(environment.items()) if name in known]
    names = {line.partition("=")[0] for line in chosen} | {f"{PREFIX}DATA"}
    lines = [line for line in DEMONSTRATION.read_text().splitlines() if line.partition("=")[0] not in names]
    own = [line for line in chosen if not line.startswith(f"{PREFIX}DATA=")]
    file.touch(mode=0o600)
    file.write_text("\n".join([*lines, *own]) + "\n")


def own_environment() -> dict[str, str]:
    """Return the variables for the parts: the project's tools, and a home and temporary folder inside the project."""
    environment = dict(os.environ)
    prepare(environment)
    (TOOLCHAIN / "tmp").mkdir(parents=True, exist_ok=True)
    environment |= {
        "HOME": str(TOOLCHAIN / "home"),
        "TMPDIR": str(TOOLCHAIN / "tmp"),
        "PYTHONUNBUFFERED": "1",
        f"{PREFIX}ASSUME_YES": "1",
    }
    return environment


def stop_on_signals() -> None:
    """Turn SIGINT, SIGTERM and SIGHUP into Stopped; a second one while stopping changes nothing."""

    def stop(number: int, frame: object) -> NoReturn:
        for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(each, signal.SIG_IGN)
        raise Stopped

    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, stop)


def run(settings: Settings) -> None:
    """Bring everything up, say where it is, and stay until asked to stop."""
    installation = Installation(settings, own_environment())
    try:
        installation.check_ports()
        say("Starting:")
        installation.keys()
        installation.start_chain()
        installation.deploy()
        installation.load_demonstration()
        installation.serve("evaluator", settings.evaluator_port, "/v1/health")
        installation.serve("relay", settings.relay_port, "/health")
        installation.start_worker()
        installation.start_cockpit()
        installation.wait_anchored()
        identities = installation.identities()
        say(
            f"\nReady.\n"
            f"  cockpit     {settings.cockpit_url}\n"
            f"  evaluator   {settings.evaluator_url}/openapi.json\n"
            f"  relay       {settings.relay_url}\n"
            f"  chain       {settings.chain_url}\n\n{identities}\n"
            "Stop with Ctrl-C."
        )
        installation.start_claims()
        while True:
            installation.check()
            installation.watch_claims()
            time.sleep(0.5)
    finally:
        say("Stopping.")
        installation.stop()


def main() -> int:
    """Entry point of `make run`; return the exit code."""
    try:
        stop_on_signals()
        settings = load_settings()
        write_settings(settings, os.environ)
        settings = load_settings()
        os.environ[f"{PREFIX}DATA"] = str(settings.data)
        with (settings.data / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Failed(f"another `make run` is using {settings.data}") from None
            run(settings)
    except Stopped:
        say("Stopped. Everything is kept; `make run` goes on from here.")
        return 0
    except (Failed, PartFailed, SchuldhulpError) as error:
        print(f"\nmake run stopped: {error}", file=sys.stderr, flush=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
