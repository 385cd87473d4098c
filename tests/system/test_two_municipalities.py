"""Two municipalities on one chain: each whole by itself, and neither can touch or read the other's.

Own keys, databases, evaluator and worker, own processes and data folders; they share the chain and its contracts. The
second joins by the commands of the runbook.

Not in the loop, since it is not built yet: what a claim says. Claims are filed here from the accounts of creditors, but
with made-up ids and commitments: none is sealed to a municipality's claim key, no evaluator gives it its id, and no
receipt signer signs. Cockpit and login are not started; the life of an epoch is in test_epochs.py.
"""

from __future__ import annotations

import dataclasses
import json
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from schuldhulp.bootstrap import open_chain
from schuldhulp.chain.abi import contract_interface
from schuldhulp.chain.gateway import Gateway, role
from schuldhulp.chain.signer import AccountSigner, RegistrarWriter
from schuldhulp.creditor.evaluator_client import HttpEvaluator
from schuldhulp.crypto import voprf
from schuldhulp.crypto.accounts import AccountKey
from schuldhulp.crypto.blind_index import bsn_index
from schuldhulp.crypto.envelope import unwrap_data_key
from schuldhulp.crypto.jobs import JobKey
from schuldhulp.crypto.keyring import AdministratorKeys, CockpitKeys, CreditorKeys, EvaluatorKeys, WorkerKeys
from schuldhulp.crypto.pseudonyms import tag
from schuldhulp.domain.identifiers import Bsn, Identifier, IdentifierKind, parse_person
from schuldhulp.domain.types import NO_ROOT, DossierId, MunicipalityCode, Tag
from schuldhulp.errors import Misconfigured, NotAllowed, NotFound, Undecryptable
from schuldhulp.node.deployment import Deployment
from schuldhulp.services.clock import SystemClock
from schuldhulp.services.evaluation import MUNICIPALITY_ITSELF
from schuldhulp.services.ports import ContractCall, RootChange
from tests.conftest import Loaded
from tests.support.installation import Running, copied, own_ports, running
from toolchain.environment import PROJECT, VENV
from toolchain.run import rpc

BOTH = "11112222"
"""KvK number of the creditor that both municipalities admitted."""

ONLY = {14: "55556666", 77: "33334444"}
"""KvK number of the creditor that one municipality admitted and the other did not."""

VERBS = {
    "ObligationLedger": ("REGISTRAR",),
    "EnrolmentRegistry": ("REGISTRAR", "EPOCH_KEEPER", "CREDITOR", "BSN_CREDITOR"),
    "ClaimRegister": ("CREDITOR", "REVIEWER"),
}
"""The roles that a municipality's administrator gives and takes, by contract."""

UNAUTHORIZED = "AccessControlUnauthorizedAccount"
UNDER_REVIEW = 2

BSN = {14: "999993653", 77: "999990019"}
SURNAME = {14: "Eerste", 77: "Tweede"}
CLIENT = """
initials: T.
surname: {surname}
birth_date: 03-04-1985
bsn: {bsn}
addresses.1.street: Laan
addresses.1.house_number: 12
addresses.1.postcode: 9999ZZ
addresses.1.city: Plaats
addresses.1.from_date: 01-02-2015
"""
DEBT = """
type: energy
owed_by: first
creditor.name: Warmte
amount_resident: 1.234,56
source: resident
"""


@dataclass
class Municipality:
    """One of the two, running."""

    code: MunicipalityCode
    running: Running
    dossier: DossierId

    @property
    def keys(self) -> Path:
        return self.running.settings.keys

    @property
    def deployment(self) -> Deployment:
        return Deployment.load(self.running.settings.deployment_file)

    @property
    def gateway(self) -> Gateway:
        return open_chain(self.running.settings)[1]

    @property
    def database(self) -> Path:
        return self.running.settings.data / "schuldhulp.sqlite"

    def person(self) -> str:
        return f"{SURNAME[self.code]};03-04-1985;9999ZZ;12"

    def writer(self) -> RegistrarWriter:
        return self.writer_of(WorkerKeys.open(self.keys).registrar)

    def writer_of(self, key: AccountKey) -> RegistrarWriter:
        deployment, _, connection = open_chain(self.running.settings)
        return RegistrarWriter(deployment, connection, AccountSigner(key.reveal()))

    @property
    def administrator(self) -> str:
        """The administrator's account, which is the epoch keeper's too."""
        return AdministratorKeys.open(self.keys).administrator.address

    @property
    def reviewer(self) -> str:
        return WorkerKeys.open(self.keys).reviewer.address

    @property
    def creditor(self) -> AccountKey:
        """The account of the creditor that this municipality admitted and the other did not."""
        return CreditorKeys.open(self.keys, kvk=ONLY[self.code]).account

    @property
    def claim(self) -> bytes:
        """Id of the claim that this creditor filed here, see `claims`."""
        return self.code.to_bytes(2, "big") + b"\7" * 30

    def rows(self, question: str, *values: Any) -> list[Any]:
        with closing(sqlite3.connect(self.database)) as database:
            return database.execute(question, values).fetchall()

    def tag_of(self, identifier: Identifier) -> Tag:
        """Compute a tag with the keys of this municipality's evaluator."""
        epoch = self.gateway.municipality(self.code).current_epoch
        key = EvaluatorKeys.open(self.keys).voprf(epoch, identifier.kind)
        assert key is not None
        blinding = voprf.blind(identifier.text.encode())
        answer = voprf.evaluate(key, [blinding.element])
        (output,) = voprf.finalize([blinding], answer, published_key=voprf.public_key(key))
        return tag(self.code, epoch, identifier.kind, output)


Two = tuple[Municipality, Municipality]


def done(finished: subprocess.CompletedProcess[str]) -> str:
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


def brownie(installation: Running, *words: str) -> str:
    """Run one of the scripts with the settings and keys of an installation."""
    return done(
        subprocess.run(
            [str(VENV / "bin" / "brownie"), "run", *words, "--network", "local"],
            cwd=PROJECT,
            env=installation.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    )


def address_of(installation: Running, name: str) -> str:
    return str(json.loads((installation.settings.keys / "public.json").read_text())["addresses"][name])


def join(first: Running, second: Running) -> None:
    """Let the second municipality onto the contracts of the first, each with its own keys."""
    administrator = address_of(second, "administrator")
    account = rpc(first.settings, "eth_accounts")[1]
    paid = {"from": account, "to": administrator, "value": hex(100 * 10**18), "gas": hex(21000)}
    rpc(first.settings, "eth_sendTransaction", paid)
    brownie(second, "first_transaction", "administrator")
    brownie(first, "register_municipality", "register", "77", administrator)
    brownie(second, "register_municipality", "join", str(first.settings.deployment_file))


def work(code: int, running: Running, creditors: dict[str, str]) -> Municipality:
    """Take staff, a client and creditors in, enrol the client, and put everything on the chain."""
    running.start_evaluator()
    running.parts.start_worker()
    done(running.command("staff", "first", "a.smit", given="Arjen Smit"))
    caseworker = ("--function", "hulpverlener", "--role", "caseworker", "--as", "a.smit")
    done(running.command("staff", "add", "s.visser", *caseworker, given="Sanne Visser"))
    for kvk, account in creditors.items():
        admitted = ("--kvk", kvk, "--name", "Warmte", "--account", account, "--as", "a.smit")
        done(running.command("creditor", "admit", *admitted))
    client = CLIENT.format(surname=SURNAME[code], bsn=BSN[code])
    made = json.loads(done(running.command("client", "add", "--json", given=client)))
    done(running.command("record", "add", made["fileNumber"], "obligation", given=DEBT))
    done(running.command("enrol", made["fileNumber"], "--ground", "Wgs art. 4a", "--basis", "consent"))
    done(running.command("anchor", "--once"))
    return Municipality(MunicipalityCode(code), running, DossierId(bytes.fromhex(made["dossier"])))


@pytest.fixture(scope="module")
def municipalities(deployed: Loaded, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    folder = tmp_path_factory.mktemp("two")
    chain = {name: port for name, port in deployed.ports.items() if "CHAIN" in name}
    named = {"MUNICIPALITY": "77", "MUNICIPALITY_NAME": "Tweede", "CONTACT": "Loket 77"}
    with (
        copied(deployed.folder, deployed.ports, folder / "first") as first,
        running(folder / "second", own_ports() | chain, **named) as second,
        ThreadPoolExecutor() as threads,
    ):
        done(first.command("keys", "init", "--creditor", BOTH, "--creditor", ONLY[14]))
        done(second.command("keys", "init", "--creditor", ONLY[77]))
        first.parts.start_chain()
        both, only_first, only_second = (
            CreditorKeys.open(one.settings.keys, kvk=kvk).account.address
            for one, kvk in ((first, BOTH), (first, ONLY[14]), (second, ONLY[77]))
        )
        # The first one's people do not wait until there is a second one.
        at_work = threads.submit(work, 14, first, {BOTH: both, ONLY[14]: only_first})
        join(first, second)
        yield at_work.result(), work(77, second, {BOTH: both, ONLY[77]: only_second})


def signal(asking: Running, municipality: int, person: str, organisation: str) -> subprocess.CompletedProcess[str]:
    return asking.command(
        "signal", "--municipality", str(municipality), "--person", "-", "--organisation", organisation, given=person
    )


def test_each_is_whole_by_itself(municipalities: Two) -> None:
    for one in municipalities:
        assert "everything is as planned" in brownie(one.running, "check_deployment")
        # Brownie keeps nothing by chain id, which would be in the way of another chain of the same id.
        kept = {path.stem for path in (PROJECT / "build" / "deployments").rglob("*.json")}
        assert kept.isdisjoint(contract.address for contract in one.deployment.contracts.values())
        assert done(one.running.command("verify", "--all")).strip().splitlines()[-1] == "1 dossiers: verified 1"
        assert one.gateway.root_of(one.dossier) != NO_ROOT


def test_a_person_is_green_where_they_are_a_client_and_red_elsewhere(municipalities: Two) -> None:
    creditor = municipalities[0].running
    for known in municipalities:
        for asked in municipalities:
            answer = done(signal(creditor, asked.code, known.person(), BOTH))
            assert answer.startswith("GREEN" if asked is known else "RED")
            if asked is known:
                assert f"municipality {asked.code}: {asked.running.settings.contact}" in answer


def test_a_creditor_of_one_is_refused_by_the_others_evaluator(municipalities: Two) -> None:
    creditor = municipalities[1].running
    assert done(signal(creditor, 77, municipalities[1].person(), ONLY[77])).startswith("GREEN")
    refused = signal(creditor, 14, municipalities[0].person(), ONLY[77])
    assert (refused.returncode, refused.stdout) == (2, "")


def test_each_has_its_own_settings_and_roles_on_the_chain(municipalities: Two) -> None:
    first, second = municipalities
    states = [one.gateway.municipality(one.code) for one in municipalities]
    for name in ("claim_key", "receipt_signer", "contact", "evaluator_url"):
        assert getattr(states[0], name) != getattr(states[1], name)
    for kind in IdentifierKind:
        keys = {one.gateway.evaluator_key(one.code, states[0].current_epoch, kind) for one in municipalities}
        assert len(keys) == 2
    ours, theirs = first.deployment, second.deployment
    assert ours.contracts == theirs.contracts
    assert ours.log_dossier != theirs.log_dossier
    shared = {"deployer", "network_administrator"}
    own = [{account for name, account in one.accounts.items() if name not in shared} for one in (ours, theirs)]
    assert not own[0] & own[1]


def test_the_chain_refuses_the_registrar_of_one_what_is_the_others(municipalities: Two) -> None:
    for own, other in (municipalities, municipalities[::-1]):
        writer, gateway = own.writer(), own.gateway
        step = RootChange(
            dossier=other.dossier,
            previous_root=other.gateway.root_of(other.dossier),
            new_root=type(NO_ROOT)(b"\1" * 32),
        )
        known = other.tag_of(parse_person(other.person()))
        assert other.gateway.is_known(known)
        epoch = gateway.municipality(other.code).current_epoch
        fresh = Tag(known[:-1] + bytes([known[-1] ^ 1]))
        refusals: list[tuple[ContractCall, str]] = [
            (writer.commit(other.code, [step]), "AccessControlUnauthorizedAccount"),
            (writer.commit(own.code, [step]), "ForeignPrefix"),
            (writer.enrol(other.code, epoch, [fresh]), "AccessControlUnauthorizedAccount"),
            (writer.enrol(own.code, epoch, [fresh]), "ForeignPrefix"),
            (writer.end_enrolment(other.code, [known]), "AccessControlUnauthorizedAccount"),
            (writer.end_enrolment(own.code, [known]), "ForeignPrefix"),
        ]
        assert [gateway.refusal_of(call, writer.account) for call, _ in refusals] == [name for _, name in refusals]
        # The same calls by the other's own registrar are good ones: it is the account that is refused.
        theirs = other.writer()
        assert gateway.refusal_of(theirs.commit(other.code, [step]), theirs.account) is None
        assert gateway.refusal_of(theirs.end_enrolment(other.code, [known]), theirs.account) is None


def call(contract: str, function: str, *arguments: Any) -> ContractCall:
    return ContractCall(contract=contract, data=contract_interface(contract).call(function, *arguments), gas=300_000)


def refusals(one: Municipality, account: str, calls: list[ContractCall]) -> list[str | None]:
    """Try calls from an account: the error that stops each, None where it would pass."""
    gateway = one.gateway
    return [gateway.refusal_of(tried, account) for tried in calls]


def test_the_chain_refuses_the_administrator_of_one_what_is_the_others(municipalities: Two) -> None:
    for own, other in (municipalities, municipalities[::-1]):
        roles = [(name, role(verb, other.code)) for name, verbs in VERBS.items() for verb in verbs]
        stranger, registrar = own.administrator, other.writer().account
        calls = [
            *(call(name, "grantRole", found, stranger) for name, found in roles),
            *(call(name, "revokeRole", found, registrar) for name, found in roles),
            call("EnrolmentRegistry", "setContact", other.code, "Loket van een ander"),
            call("EnrolmentRegistry", "setClaimKey", other.code, b"\1" * 32),
            call("EnrolmentRegistry", "setEvaluatorUrl", other.code, own.running.settings.evaluator_url),
            call("EnrolmentRegistry", "setReceiptSigner", other.code, stranger),
        ]
        assert refusals(own, stranger, calls) == [UNAUTHORIZED] * len(calls)
        assert refusals(other, other.administrator, calls) == [None] * len(calls)
        # Who administers a municipality is up to the network alone.
        named = [call(name, "grantRole", role("ADMINISTRATOR", other.code), stranger) for name in VERBS]
        assert refusals(own, stranger, named) == [UNAUTHORIZED] * 3
        assert refusals(other, other.administrator, named) == [UNAUTHORIZED] * 3


def test_the_chain_refuses_the_epoch_keeper_of_one_what_is_the_others(municipalities: Two) -> None:
    for own, other in (municipalities, municipalities[::-1]):
        following = other.gateway.municipality(other.code).current_epoch + 1
        calls = [
            call("EnrolmentRegistry", "announceEpoch", other.code, following, [b"\1" * 32, b"\2" * 32]),
            call("EnrolmentRegistry", "openEpoch", other.code, following),
            call("EnrolmentRegistry", "retireEpochsBefore", other.code, following),
        ]
        assert refusals(own, own.administrator, calls) == [UNAUTHORIZED] * 3
        # The rightful one may announce; the rest is not up to the account but too early, as long as it has not.
        assert refusals(other, other.administrator, calls) == [None, "EpochNotAnnounced", "EpochNotOpen"]


@pytest.fixture(scope="module")
def claims(municipalities: Two) -> Two:
    """One claim at each municipality, filed by the creditor that the other did not admit."""
    for one in municipalities:
        writer, gateway = one.writer_of(one.creditor), one.gateway
        funds = {"from": rpc(one.running.settings, "eth_accounts")[2], "to": writer.account, "gas": hex(21000)}
        rpc(one.running.settings, "eth_sendTransaction", funds | {"value": hex(10**18)})
        # The key takes nonce 0: a development chain runs that again when it is sent again.
        for sent in (
            call("ClaimRegister", "setEncryptionKey", b"\5" * 32),
            call("ClaimRegister", "fileClaim", one.claim, one.code, b"\6" * 32),
        ):
            signed = writer.sign(sent, gateway.nonce_of(writer.account))
            assert writer.send(signed.raw) == ""
            receipt = gateway.receipt(signed.tx_hash)
            assert receipt is not None
            assert receipt.succeeded
    return municipalities


def test_the_chain_refuses_the_reviewer_of_one_what_is_the_others(claims: Two) -> None:
    for own, other in (claims, claims[::-1]):
        theirs = [call("ClaimRegister", "decideClaim", other.claim, UNDER_REVIEW, b"\1" * 32)]
        assert refusals(own, own.reviewer, theirs) == [UNAUTHORIZED]
        assert refusals(other, other.reviewer, theirs) == [None]


def test_the_chain_refuses_the_creditor_of_one_what_is_the_others(claims: Two) -> None:
    both = CreditorKeys.open(claims[0].keys, kvk=BOTH).account.address
    for own, other in (claims, claims[::-1]):
        ours, theirs = own.creditor.address, other.creditor.address
        fresh = other.code.to_bytes(2, "big") + b"\x08" * 30
        filing = call("ClaimRegister", "fileClaim", fresh, other.code, b"\6" * 32)
        held = [
            call("ClaimRegister", "amendClaim", other.claim, b"\6" * 32, b"\1" * 32),
            call("ClaimRegister", "withdrawClaim", other.claim),
            call("ClaimRegister", "handOverClaim", other.claim, both),
        ]
        assert refusals(own, ours, [filing, *held]) == [UNAUTHORIZED, *["NotClaimHolder"] * 3]
        assert refusals(other, theirs, [filing, *held]) == [None] * 4
        assert refusals(own, ours, [call("ClaimRegister", "fileClaim", fresh, own.code, b"\6" * 32)]) == [
            "ForeignPrefix"
        ]
        # Nor is a claim given to who is no creditor there; and who is one of both files at both.
        given = call("ClaimRegister", "handOverClaim", other.claim, ours)
        assert refusals(other, theirs, [given]) == ["NotACreditorOf"]
        assert refusals(other, both, [filing]) == [None]


def test_the_log_head_of_each_is_its_own(municipalities: Two) -> None:
    for own, other in (municipalities, municipalities[::-1]):
        dossier = own.deployment.log_dossier
        assert int.from_bytes(dossier[:2], "big") == own.code
        head = own.gateway.root_of(dossier)
        assert own.rows("SELECT municipality FROM processing_log WHERE hash = ?", head) == [(own.code,)]
        assert other.rows("SELECT municipality FROM processing_log WHERE hash = ?", head) == []
        senders = {
            rpc(own.running.settings, "eth_getTransactionByHash", "0x" + commit.tx_hash.hex())["from"].lower()
            for commit in own.gateway.commits_of(dossier)
        }
        assert senders == {own.writer().account.lower()}
        step = RootChange(dossier=dossier, previous_root=head, new_root=type(NO_ROOT)(b"\1" * 32))
        foreign, rightful = other.writer(), own.writer()
        assert refusals(
            other, foreign.account, [foreign.commit(own.code, [step]), foreign.commit(other.code, [step])]
        ) == [UNAUTHORIZED, "ForeignPrefix"]
        assert refusals(own, rightful.account, [rightful.commit(own.code, [step])]) == [None]


def test_no_worker_ever_wrote_what_is_the_others(municipalities: Two) -> None:
    first = municipalities[0]
    registrars = {one.writer().account.lower(): one.code for one in municipalities}
    addresses = [first.deployment.contracts[name].address for name in ("ObligationLedger", "EnrolmentRegistry")]
    written = set()
    for log in rpc(first.running.settings, "eth_getLogs", {"address": addresses, "fromBlock": "0x0"}):
        sender = rpc(first.running.settings, "eth_getTransactionByHash", log["transactionHash"])["from"].lower()
        if sender in registrars:
            written.add((registrars[sender], int(log["topics"][1], 16) >> 240 or int(log["topics"][1], 16)))
    assert written == {(14, 14), (77, 77)}


def test_rows_of_one_do_not_open_for_the_other(municipalities: Two, tmp_path: Path) -> None:
    first, second = municipalities
    ((wrapped,),) = first.rows("SELECT wrapped FROM dossier_keys WHERE dossier_id = ?", first.dossier)
    assert unwrap_data_key(CockpitKeys.open(first.keys).data, first.dossier, wrapped)
    with pytest.raises(Undecryptable):
        unwrap_data_key(CockpitKeys.open(second.keys).data, first.dossier, wrapped)

    copy = tmp_path / "copy.sqlite"
    with closing(sqlite3.connect(second.database)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
        target.execute("ATTACH DATABASE ? AS other", (str(first.database),))
        target.execute("PRAGMA foreign_keys = OFF")
        for table in ("dossier_keys", "record_versions", "dossier_revisions", "applicant_index"):
            target.execute(f"INSERT INTO {table} SELECT * FROM other.{table}")
        target.execute(
            "INSERT INTO dossiers SELECT id, 77, 'taken-over', created_at, caseworker, ended_at, revision, root, "
            "previous_root FROM other.dossiers"
        )
        target.commit()
    found = second.running.command("verify", "--all", DATABASE_URL=f"sqlite:///{copy}")
    assert found.returncode == 1
    assert "key_unreadable" in found.stdout
    assert SURNAME[14] not in found.stdout + found.stderr


def test_keys_of_one_do_nothing_for_the_other(municipalities: Two, tmp_path: Path) -> None:
    first, second = municipalities
    bsn = Bsn(BSN[14])
    indexes = {bsn_index(CockpitKeys.open(one.keys).index, bsn) for one in municipalities}
    assert len(indexes) == 2
    assert (bsn_index(CockpitKeys.open(first.keys).index, bsn),) in first.rows(
        "SELECT blind_index FROM applicant_index"
    )
    jobs: list[JobKey] = [WorkerKeys.open(one.keys).job for one in municipalities]
    assert jobs[0] != jobs[1]
    identifier = parse_person(first.person())
    assert first.tag_of(identifier)[6:] != second.tag_of(identifier)[6:]
    for name in ("cockpit.keyring", "worker.keyring", "evaluator.keyring"):
        shutil.copy(first.keys / name, tmp_path / name)
        passphrase = name.replace("keyring", "passphrase")
        shutil.copy(second.keys / passphrase, tmp_path / passphrase)
    for keys in (CockpitKeys, WorkerKeys, EvaluatorKeys):
        with pytest.raises(Misconfigured):
            keys.open(tmp_path)


@pytest.fixture
def evaluator_of(municipalities: Two) -> Callable[[Municipality, Municipality], HttpEvaluator]:
    """Give the client of an evaluator, signing as the registrar of a municipality."""

    def connect(asked: Municipality, signing: Municipality) -> HttpEvaluator:
        deployment = asked.deployment
        return HttpEvaluator(
            url=asked.running.settings.evaluator_url,
            organisation=MUNICIPALITY_ITSELF,
            chain_id=deployment.chain_id,
            registry_address=deployment.contracts["EnrolmentRegistry"].address,
            sign_digest=AccountSigner(WorkerKeys.open(signing.keys).registrar.reveal()).sign_digest,
            clock=SystemClock(),
        )

    return connect


def test_an_evaluator_serves_its_own_municipality_and_its_own_registrar_only(
    municipalities: Two, evaluator_of: Callable[[Municipality, Municipality], HttpEvaluator]
) -> None:
    kind = IdentifierKind.NADB
    for own, other in (municipalities, municipalities[::-1]):
        epoch = own.gateway.municipality(own.code).current_epoch
        element = voprf.blind(b"somebody").element
        assert evaluator_of(own, own).evaluate(own.code, epoch, kind, [element]).evaluated
        with pytest.raises(NotFound):
            evaluator_of(own, own).evaluate(other.code, epoch, kind, [element])
        with pytest.raises(NotAllowed, match="role missing"):
            evaluator_of(own, other).evaluate(own.code, epoch, kind, [element])


def test_each_keeps_its_own_processing_log(municipalities: Two) -> None:
    for own, other in (municipalities, municipalities[::-1]):
        assert own.rows("SELECT DISTINCT municipality FROM processing_log") == [(own.code,)]
        assert own.rows("SELECT count(*) FROM processing_log WHERE dossier_id = ?", other.dossier) == [(0,)]
        assert own.rows("SELECT count(*) FROM processing_log WHERE dossier_id = ?", own.dossier) != [(0,)]


def test_the_deployment_file_of_one_is_refused_by_the_other(municipalities: Two, tmp_path: Path) -> None:
    first, second = municipalities
    dataclasses.replace(first.deployment).save(tmp_path / "local.json")
    refused = second.running.command("status", DEPLOYMENTS=str(tmp_path))
    assert refused.returncode == 2
    assert "MUNICIPALITY" in refused.stderr
