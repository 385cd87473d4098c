"""Epochs are announced, opened and retired; each step can be repeated, and none makes anybody red."""

import http.server
import json
import threading
from types import SimpleNamespace

import brownie
import pytest

from schuldhulp import errors
from schuldhulp.services.epochs import Client, EpochProgress, Obstacle
from scripts import epochs as script
from scripts.check_deployment import role_id

FIRST, NEXT, LATER = 20264, 20271, 20272
MUNICIPALITY = 14


def keys(epoch):
    return epoch.to_bytes(32, "big"), (epoch + 1000).to_bytes(32, "big")


def tags(epoch, *numbers):
    prefix = MUNICIPALITY.to_bytes(2, "big") + epoch.to_bytes(4, "big")
    return [prefix + number.to_bytes(26, "big") for number in numbers]


def progress(**changes):
    values = {
        "current": FIRST,
        "oldest": FIRST,
        "announced": NEXT,
        "target": NEXT,
        "tags_current": 1,
        "tags_target": 1,
        "clients": 1,
        "filled": 1,
        "underway": (),
        "missing": (),
        "unfillable": (),
        "strangers": 0,
        "waiting": False,
    }
    return EpochProgress(**values | changes)


class World:
    """What the commands find: keys in public.json, an evaluator, perhaps a database, and the chain."""

    def __init__(self, deployment, signers):
        self.deployment, self.signers = deployment, signers
        self.public = {NEXT: keys(NEXT)}
        self.served = {NEXT: keys(NEXT)}
        self.found = progress()
        self.registry = brownie.EnrolmentRegistry.at(deployment.contracts["EnrolmentRegistry"].address)

    def keys_of_evaluator(self, url):
        return {(epoch, kind): pair[kind - 1] for epoch, pair in self.served.items() for kind in (1, 2)}

    def enrol(self, epoch, *numbers):
        self.registry.enrol(MUNICIPALITY, epoch, tags(epoch, *numbers), {"from": self.signers["registrar"]})

    def end(self, epoch, *numbers):
        self.registry.endEnrolment(MUNICIPALITY, tags(epoch, *numbers), {"from": self.signers["registrar"]})

    @property
    def epochs(self):
        current, oldest, announced, *_ = self.registry.municipality(MUNICIPALITY)
        return current, oldest, announced


@pytest.fixture
def world(monkeypatch, kept, deployment, signers):
    """The commands work on the deployment of the test, with its accounts; by its database everybody is in."""
    kept.patch(monkeypatch, script)
    found = World(deployment, signers)
    monkeypatch.setattr(
        "schuldhulp.services.keys.read_public_keys", lambda folder: SimpleNamespace(evaluator_keys=found.public)
    )
    monkeypatch.setattr(script, "keys_of_evaluator", found.keys_of_evaluator)
    monkeypatch.setattr(script, "progress_of", lambda deployment, epoch: found.found)
    assert found.epochs == (FIRST, FIRST, FIRST)
    return found


@pytest.fixture
def sends_nothing(world):
    """Whatever the test does, no transaction is sent from here on; asked at the end."""
    before = []
    yield lambda: before.append(brownie.web3.eth.block_number)
    assert before
    assert brownie.web3.eth.block_number == before[-1]


def refused(command, *arguments):
    with pytest.raises(SystemExit) as caught:
        command(*arguments)
    return caught.value.code


def test_an_epoch_lives_from_announcement_to_retirement(world, capsys):
    world.enrol(FIRST, 1, 2)
    script.announce()
    assert world.epochs == (FIRST, FIRST, NEXT)
    world.enrol(NEXT, 1, 2)
    script.open()
    assert world.epochs == (NEXT, FIRST, NEXT)
    script.retire()
    assert world.epochs == (NEXT, NEXT, NEXT)
    said = capsys.readouterr().out
    for check in (f"epoch {NEXT} is announced", f"epoch {NEXT} is open", f"{NEXT} is the oldest open epoch"):
        assert f"Check: {check}" in said


def test_each_step_can_be_repeated_and_then_sends_nothing(world, capsys, sends_nothing):
    script.announce()
    script.open()
    script.retire()
    sends_nothing()
    script.announce()
    script.open()
    script.retire()
    assert capsys.readouterr().out.count("nothing was sent") == 3


@pytest.mark.parametrize("step", ["announce", "open", "retire"])
def test_a_step_that_was_cut_short_is_completed_by_the_next_run(world, monkeypatch, step):
    before = {"announce": (), "open": ("announce",), "retire": ("announce", "open")}[step]
    for one in before:
        getattr(script, one)()

    def interrupted(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(script, "send", interrupted)
        with pytest.raises(KeyboardInterrupt):
            getattr(script, step)()
    with monkeypatch.context() as broken:
        real, state_of = script.send, script.state_of
        # Sent, and stopped before it was checked.
        broken.setattr(script, "send", lambda *arguments: (real(*arguments), interrupted()))
        with pytest.raises(KeyboardInterrupt):
            getattr(script, step)()
        assert state_of(world.deployment)
    getattr(script, step)()
    assert world.epochs == {"announce": (FIRST, FIRST, NEXT), "open": (NEXT, FIRST, NEXT)}.get(step, (NEXT,) * 3)


@pytest.mark.parametrize("step", ["announce", "open", "retire"])
def test_nothing_is_sent_without_an_answer(world, monkeypatch, capsys, step, sends_nothing):
    for one in {"announce": (), "open": ("announce",), "retire": ("announce", "open")}[step]:
        getattr(script, one)()
    monkeypatch.setattr("scripts.acting.confirm", lambda network, question: False)
    sends_nothing()
    assert refused(getattr(script, step)) == 1
    assert "Nothing was done." in capsys.readouterr().out


def test_open_is_refused_while_the_epoch_holds_fewer_tags(world, capsys):
    world.enrol(FIRST, 1, 2, 3, 4)
    world.end(FIRST, 4)
    script.announce()
    world.enrol(NEXT, 1, 2)

    assert refused(script.open) == 2

    said = capsys.readouterr().out
    assert f"epoch {NEXT} holds 2 tags and epoch {FIRST} holds 3" in said
    assert world.epochs == (FIRST, FIRST, NEXT)

    world.enrol(NEXT, 5, 6)
    world.end(NEXT, 1, 2)  # two that were ended do not count
    assert refused(script.open) == 2
    world.enrol(NEXT, 7)
    script.open()
    assert world.epochs == (NEXT, FIRST, NEXT)


def test_open_does_not_count_tags_of_another_municipality(world, signers):
    registry, other = world.registry, 77
    registry.registerMunicipality(other, signers["administrator"], {"from": signers["network_administrator"]})
    for verb, holder in (("REGISTRAR", "registrar"), ("EPOCH_KEEPER", "administrator")):
        registry.grantRole(role_id(verb, other), signers[holder], {"from": signers["administrator"]})
    registry.announceEpoch(other, NEXT, [b"\1" * 32, b"\2" * 32], {"from": signers["administrator"]})
    registry.openEpoch(other, NEXT, {"from": signers["administrator"]})
    foreign = [other.to_bytes(2, "big") + NEXT.to_bytes(4, "big") + bytes([number]) * 26 for number in (1, 2)]
    registry.enrol(other, NEXT, foreign, {"from": signers["registrar"]})
    world.enrol(FIRST, 1)
    script.announce()

    assert script.sizes(world.deployment) == {FIRST: 1}
    assert refused(script.open) == 2


def test_sizes_are_counted_over_many_pages(world, monkeypatch):
    monkeypatch.setattr("schuldhulp.node.logs.FIRST_SPAN", 2)
    for number in range(1, 6):
        world.enrol(FIRST, number, number + 10)
    world.end(FIRST, 3, 11)
    world.enrol(FIRST, 3)
    assert script.sizes(world.deployment) == {FIRST: 9}


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (
            progress(missing=(Client(dossier=b"", file_number="2026-0007"),), filled=0),
            ("1 of 1", "2026-0007", "no tags"),
        ),
        (progress(underway=(Client(dossier=b"", file_number="2026-0008"),)), ("2026-0008", "not on the chain yet")),
        (
            progress(unfillable=(Client(dossier=b"", file_number="2026-0009", obstacle=Obstacle.NO_IDENTIFIERS),)),
            ("2026-0009", "no_identifiers"),
        ),
        (progress(strangers=3), ("3 publications",)),
        (progress(waiting=True), ("waits for the worker",)),
        (
            progress(missing=tuple(Client(dossier=b"", file_number=f"D-{number}") for number in range(25))),
            ("D-19", "and 5 more"),
        ),
    ],
)
def test_open_is_refused_where_the_database_knows_of_somebody_who_is_missing(world, capsys, found, words):
    script.announce()
    world.enrol(NEXT, 1, 2, 3)
    world.found = found

    assert refused(script.open) == 2

    said = capsys.readouterr().out
    assert all(word in said for word in words), said
    assert world.epochs == (FIRST, FIRST, NEXT)
    world.found = progress()
    script.open()
    assert "Clients visible in it: 1 of 1" in capsys.readouterr().out


@pytest.fixture
def status(world, tmp_path):
    """What `schuldhulp epoch status --json` prints where the database is; this machine has none."""
    world.found = None
    script.announce()
    world.enrol(FIRST, 1, 2)
    world.enrol(NEXT, 1, 2)

    def write(**changes):
        values = {
            "current": FIRST,
            "oldest": FIRST,
            "announced": NEXT,
            "target": NEXT,
            "tags": {"current": 2, "target": 2},
            "clients": 1,
            "filled": 1,
            "underway": [],
            "missing": [],
            "unfillable": [],
            "strangers": 0,
            "waiting": False,
            "mayOpen": True,
        }
        file = tmp_path / "status.json"
        file.write_text(json.dumps(values | changes), encoding="utf-8")
        return str(file)

    return write


def test_open_without_a_database_needs_what_epoch_status_says(world, status, capsys, tmp_path):
    for missing in ((), (str(tmp_path / "nothing.json"),)):
        assert refused(script.open, *missing) == 2
        assert "epoch status --json" in capsys.readouterr().out
    assert world.epochs == (FIRST, FIRST, NEXT)
    script.open(status())
    assert "as epoch status says: 1 of 1" in capsys.readouterr().out
    assert world.epochs == (NEXT, FIRST, NEXT)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"target": LATER, "announced": LATER}, "other epochs"),
        ({"current": NEXT}, "other epochs"),
        ({"mayOpen": False}, "not filled"),
        ({"missing": [{"fileNumber": "2026-0007"}]}, "not filled"),
        ({"underway": [{"fileNumber": "2026-0007"}]}, "not filled"),
        ({"unfillable": [{"fileNumber": "2026-0007"}]}, "not filled"),
        ({"strangers": 1}, "not filled"),
        ({"waiting": True}, "not filled"),
        ({"filled": 0}, "not filled"),
        ({"tags": {"current": 1, "target": 2}}, "older than the tags"),
        ({"tags": {"current": 2, "target": 1}}, "older than the tags"),
        ({"tags": 2}, "epoch status --json"),
    ],
)
def test_open_refuses_a_status_that_is_not_of_now_or_not_complete(world, status, capsys, changes, words, sends_nothing):
    sends_nothing()
    assert refused(script.open, status(**changes)) == 2
    assert words in capsys.readouterr().out


def test_open_looks_again_after_it_was_agreed_to(world, monkeypatch, capsys):
    script.announce()
    world.enrol(FIRST, 1)
    world.enrol(NEXT, 1)
    world.public[LATER] = world.served[LATER] = keys(LATER)
    gone = Client(dossier=b"", file_number="2026-0007")
    administrator = {"from": world.signers["administrator"]}
    for change, undo, words in (
        (lambda: world.enrol(FIRST, 2), lambda: world.end(FIRST, 2), "holds 1 tags"),
        (
            lambda: setattr(world, "found", progress(missing=(gone,))),
            lambda: setattr(world, "found", progress()),
            "2026-0007",
        ),
        (
            lambda: world.served.pop(NEXT),
            lambda: world.served.update({NEXT: keys(NEXT)}),
            "does not serve",
        ),
        (
            lambda: world.registry.announceEpoch(MUNICIPALITY, LATER, list(keys(LATER)), administrator),
            lambda: None,
            "changed meanwhile",
        ),
    ):
        with monkeypatch.context() as asked:
            asked.setattr("scripts.acting.confirm", lambda network, question, change=change: [change()])
            assert refused(script.open) in (2, 3)
        assert words in capsys.readouterr().out
        assert world.epochs[0] == FIRST
        undo()


@pytest.mark.parametrize(("step", "surplus"), [("announce", 2), ("open", 2), ("retire", 1)])
def test_a_surplus_argument_is_answered_with_the_usage(world, capsys, step, surplus, sends_nothing):
    sends_nothing()
    assert refused(getattr(script, step), *["1"] * surplus) == 2
    assert f"Usage: brownie run epochs {step}" in capsys.readouterr().out


def test_retire_is_refused_while_somebody_is_known_in_an_older_epoch_only(world, capsys):
    script.announce()
    script.open()
    world.found = progress(target=NEXT, missing=(Client(dossier=b"", file_number="2026-0007"),))
    assert refused(script.retire) == 2
    assert "2026-0007" in capsys.readouterr().out
    assert world.epochs == (NEXT, FIRST, NEXT)


@pytest.mark.parametrize("served", [{}, {NEXT: keys(LATER)}, {FIRST: keys(NEXT)}])
def test_announce_and_open_are_refused_while_the_evaluator_lacks_the_keys(world, capsys, served):
    right, world.served = world.served, served
    assert refused(script.announce) == 3
    assert "does not serve these keys" in capsys.readouterr().out
    assert world.epochs == (FIRST, FIRST, FIRST)
    world.served = right
    script.announce()
    world.served = served
    assert refused(script.open) == 3
    assert world.epochs == (FIRST, FIRST, NEXT)


def test_announce_skips_an_epoch_that_was_never_opened_and_says_so(world, capsys):
    script.announce()
    world.enrol(NEXT, 1)
    world.enrol(FIRST, 1)
    world.public[LATER] = world.served[LATER] = keys(LATER)
    script.announce()
    assert f"Epoch {NEXT} was announced and never opened" in capsys.readouterr().out
    assert world.epochs == (FIRST, FIRST, LATER)
    assert refused(script.open) == 2  # what the skipped one was filled with does not count
    world.enrol(LATER, 1)
    script.open()
    assert world.epochs == (LATER, FIRST, LATER)
    # A tag of the skipped epoch may say green; once that is retired it is an error and never red.
    assert world.registry.isKnown(tags(NEXT, 1)[0])
    script.retire()
    with brownie.reverts():
        world.registry.isKnown(tags(NEXT, 1)[0])


def test_announce_takes_the_epoch_that_is_named(world):
    world.public[LATER] = world.served[LATER] = keys(LATER)
    script.announce(str(NEXT))
    assert world.epochs == (FIRST, FIRST, NEXT)


@pytest.mark.parametrize("epoch", ["0", "x", "-1", str(2**32)])
def test_announce_refuses_what_is_no_epoch(world, epoch, sends_nothing):
    sends_nothing()
    assert refused(script.announce, epoch) == 2


def test_announce_refuses_unknown_older_and_changed_epochs(world, capsys, sends_nothing):
    script.announce()
    sends_nothing()
    assert refused(script.announce, str(LATER)) == 2
    world.public[FIRST - 1] = keys(1)
    assert refused(script.announce, str(FIRST - 1)) == 2
    world.public[NEXT] = keys(LATER)
    assert refused(script.announce, str(NEXT)) == 2
    assert "announced with other keys" in capsys.readouterr().out


@pytest.mark.parametrize("step", ["announce", "open", "retire"])
def test_an_account_that_keeps_no_epochs_is_refused_before_anybody_is_asked(world, kept, step, sends_nothing, capsys):
    for one in {"announce": (), "open": ("announce",), "retire": ("announce", "open")}[step]:
        getattr(script, one)()
    kept.administrator = brownie.accounts[15]
    sends_nothing()
    assert refused(getattr(script, step)) == 2
    assert "EPOCH_KEEPER" in capsys.readouterr().out


def test_keys_of_evaluator_are_read_from_a_running_one():
    answers = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200 if self.path == "/v1/keys" else 404)
            self.end_headers()
            self.wfile.write(answers[0])

        def log_message(self, *_):
            """Say nothing."""

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        answers[:] = [json.dumps({"municipality": 14, "keys": [{"epoch": NEXT, "kind": 1, "key": "ab" * 32}]}).encode()]
        assert script.keys_of_evaluator(url + "/") == {(NEXT, 1): b"\xab" * 32}
        for wrong in (b"{}", b"no json", b'{"keys": [{"epoch": 1}]}', b"[]", b"x" * (script.LARGEST_ANSWER + 1)):
            answers[:] = [wrong]
            with pytest.raises(errors.Unreachable):
                script.keys_of_evaluator(url)
        server.shutdown()
    with pytest.raises(errors.Unreachable):
        script.keys_of_evaluator(url)


def test_progress_of_is_not_known_without_the_cockpits_keyring(deployment, monkeypatch, tmp_path):
    monkeypatch.setenv("SCHULDHULP_DATA", str(tmp_path))
    monkeypatch.setenv("SCHULDHULP_NETWORK", deployment.network)
    assert script.progress_of(deployment, NEXT) is None


def test_main_explains_itself(capsys):
    assert refused(script.main) == 2
    assert "brownie run epochs" in capsys.readouterr().out
