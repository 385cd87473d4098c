"""What commands say when chain or database are not what they should be."""

from __future__ import annotations

import shutil

from tests.support.installation import Running, copied

DEBT = "type: energy\nowed_by: first\ncreditor.name: Warmte\namount_resident: 1.234,56\nsource: resident\n"
UNKNOWN = "Onbekend;01-01-1970;1234AB;1"


def signal(installation: Running, person: str):
    return installation.command("signal", "--municipality", "14", "--person", "-", given=person)


def test_commands_say_what_is_unreachable(loaded, tmp_path):
    with copied(loaded.folder, loaded.ports, tmp_path / "var") as found:
        # Nothing was started.
        assert found.command("verify", "--all").returncode == 3
        assert found.command("status").returncode == 3
        assert "does not answer" in found.command("status").stdout
        refused = signal(found, UNKNOWN)
        assert (refused.returncode, refused.stdout) == (3, "")
        # Reading and writing go on without the chain; the check is still to be made.
        shown = found.ask("dossier", "show", "DEMO-002")
        assert shown["trust"] == "unreachable"
        assert found.command("record", "add", "DEMO-002", "obligation", given=DEBT).returncode == 0
        assert found.command("verify", "--all", DATABASE_URL="postgresql://nobody@127.0.0.1:1/none").returncode == 3


def test_commands_of_the_demonstration_are_refused_in_production(loaded, tmp_path):
    production = {
        "ENV": "production",
        "COCKPIT_URL": "https://a.example",
        "RELAY_URL": "https://b.example",
        "EVALUATOR_URL": "https://c.example",
    }
    with copied(loaded.folder, loaded.ports, tmp_path / "var") as found:
        for arguments in (["demo", "load"], ["demo", "identities"], ["keys", "init"]):
            done = found.command(*arguments, **production)
            assert done.returncode == 2
            assert "production" in done.stderr or "development" in done.stderr


def test_a_wiped_chain_is_never_red_and_stops_writing(loaded, tmp_path):
    with copied(loaded.folder, loaded.ports, tmp_path / "var") as found:
        shutil.rmtree(found.folder / "chain")
        found.parts.start_chain()
        refused = signal(found, UNKNOWN)
        assert refused.returncode == 3
        assert "RED" not in refused.stdout
        assert found.command("anchor", "--once").returncode == 3
        assert found.command("verify", "--all").returncode in (1, 3)
