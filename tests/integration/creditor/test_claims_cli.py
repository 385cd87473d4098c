"""The commands of a creditor, as it types them, on a real chain and with the evaluator's real channel."""

from __future__ import annotations

import io
import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from schuldhulp.cli.application import run
from schuldhulp.creditor.receipt_standing import ReceiptVerifier
from schuldhulp.creditor.signing import digest_signer
from schuldhulp.crypto.accounts import AccountKey
from schuldhulp.crypto.claims import receipt_digest
from schuldhulp.crypto.keyring import EvaluatorKeys, create_keyring, creditor_purpose
from schuldhulp.crypto.sealed import OpeningKey
from schuldhulp.domain.claims import RefusalReason, receipt_from_plain
from schuldhulp.domain.types import Commitment
from schuldhulp.errors import ProofInvalid
from schuldhulp.node.deployment import NetworkDeployment
from tests.support.chain import DeployedChain
from tests.support.claims_stage import ClaimStage, claims_chain, claims_stage
from tests.support.evaluation import KVK

LINES = """
gemeente: 14
schuldenaar.achternaam: Jansen
schuldenaar.geboortedatum: 01-02-1980
schuldenaar.postcode: 9711AB
schuldenaar.huisnummer: 12
oorspronkelijke_schuldeiser.naam: Woningstichting Voorbeeld
oorspronkelijke_schuldeiser.kvk: 12345678
referentie: fac-2026/001
houder.naam: Woningstichting Voorbeeld
houder.kvk: 12345678
fase: schuldeiser
soort: huur
hoofdsom: 1.200,00
kosten: 48,40
rente: 0
opgavedatum: {day}
ontstaansdatum: 01-03-2024
rang: concurrent
rechtsgrond: huurovereenkomst
contact.naam: Incasso
contact.telefoon: 050 1234567
rekening: NL91 ABNA 0417 1643 00
waarom: Huur van maart is niet betaald.
bezwaar: Schrijf ons.
bezwaar_tot: geen
"""


@pytest.fixture(scope="module")
def claim_key() -> OpeningKey:
    return OpeningKey.generate()


@pytest.fixture(scope="module")
def chain(evaluator_keys: EvaluatorKeys, claim_key: OpeningKey) -> Iterator[DeployedChain]:
    with claims_chain(evaluator_keys, claim_key) as running:
        yield running


@pytest.fixture
def stage(
    chain: DeployedChain,
    evaluator_keys: EvaluatorKeys,
    claim_key: OpeningKey,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[ClaimStage]:
    with claims_stage(chain, evaluator_keys, claim_key, tmp_path) as made:
        keys = {"ethereum": made.creditor.account.reveal(), "messages": made.creditor.messages.reveal()}
        create_keyring(tmp_path / "keys", creditor_purpose(KVK), keys)
        for name, value in {
            "DATA": tmp_path,
            "DEPLOYMENTS": tmp_path,
            "NETWORK": "test",
            "CHAIN_URL": chain.node.url,
            "ORGANISATION": KVK,
        }.items():
            monkeypatch.setenv(f"SCHULDHULP_{name}", str(value))
        made.admit(made.creditor)
        yield made


@pytest.fixture
def typed(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str, str]]:
    """Run a command; gives its exit code, standard output and standard error."""

    def run_it(*words: str, given: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr("sys.stdin", io.StringIO(given))
        code = run(["claim", *words])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run_it


def lines(days_ago: int = 0) -> str:
    return LINES.format(day=f"{datetime.now(UTC) - timedelta(days=days_ago):%d-%m-%Y}")


def test_a_claim_from_set_up_to_receipt(
    stage: ClaimStage,
    typed: Callable[..., tuple[int, str, str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    code, _, err = typed("file", given=lines())
    assert (code, "claim set-up" in err) == (2, True)
    assert typed("set-up")[1].endswith("is ready for claims\n")
    assert typed("set-up")[1].endswith("it was already\n")
    code, out, _ = typed("file", "--json", given=lines())
    filed = json.loads(out)
    assert (code, filed["status"], filed["remarks"]) == (0, "filed", [])
    short = filed["claim"][:12]
    code, out, _ = typed("amend", short, "--json", given="kosten: 60,00")
    amended = json.loads(out)
    assert amended["commitment"] != filed["commitment"]
    ((_, first), (message, claim)) = stage.delivered()
    assert (claim.contents.costs, claim.replaces.hex()) == (6000, filed["commitment"])
    assert first.contents.why_owed == claim.contents.why_owed
    stage.send_receipt(message, Commitment(bytes.fromhex(amended["commitment"])), reason=RefusalReason.HOLDER_MISMATCH)
    code, out, err = typed("list")
    assert (code, err) == (0, "")
    assert "fac-2026/001" in out
    assert "refused, holder_mismatch: the holder in the contents" in out
    (receipt,) = (tmp_path / "claims" / KVK / "receipts").iterdir()
    # From here on nobody answers.
    monkeypatch.setenv("SCHULDHULP_CHAIN_URL", "http://127.0.0.1:9")
    code, out, _ = typed("verify-receipt", str(receipt))
    assert (code, out.startswith(f"{receipt.name}: valid, signed by 0x")) == (0, True)
    assert "at block " in out
    (shown,) = json.loads(typed("verify-receipt", str(receipt), "--json")[1])
    assert (shown["valid"], shown["receipt"]["reason"]) == (True, "holder_mismatch")
    plain = json.loads(receipt.read_text())
    plain["receipt"] |= {"outcome": "accepted", "reason": None}
    changed, forged = receipt.with_name("changed.json"), receipt.with_name("forged.json")
    changed.write_text(json.dumps(plain))
    code, out, err = typed("verify-receipt", str(changed), str(receipt))
    assert (code, out.startswith(f"{receipt.name}: valid")) == (1, True)
    assert err == "changed.json: error: the receipt was changed, or another account signed it\n"
    assert typed("verify-receipt", str(tmp_path / "none"))[0] == 2
    assert typed("list")[0] == 3
    # Signed again by an account that nobody named, which the file calls the signer.
    forger, signed = AccountKey.generate(), receipt_from_plain({name: plain[name] for name in ("receipt", "signature")})
    digest = receipt_digest(signed.receipt, chain_id=plain["chainId"], claim_register=plain["claimRegister"])
    forged.write_text(json.dumps(plain | {"signer": forger.address, "signature": digest_signer(forger)(digest).hex()}))
    code, out, _ = typed("verify-receipt", str(forged))
    assert (code, out.startswith(f"forged.json: NOT PROVED, signed by {forger.address}")) == (4, True)
    assert "is only what the file says" in out
    (shown,) = json.loads(typed("verify-receipt", str(forged), "--json")[1])
    assert (shown["valid"], shown["signerKnownFrom"]) == (False, "file")
    assert typed("verify-receipt", str(forged), "--online")[0] == 3
    monkeypatch.setenv("SCHULDHULP_CHAIN_URL", stage.chain.node.url)
    code, out, err = typed("verify-receipt", str(forged), "--online")
    assert (code, out, "names another receipt signer" in err) == (1, "", True)
    code, out, _ = typed("verify-receipt", str(receipt), "--online")
    assert (code, "as it was read just now" in out) == (0, True)
    # Whoever has no journal has the deployment file.
    code, out, _ = typed("verify-receipt", str(receipt), "--organisation", "87654321")
    assert (code, "the deployment file names this account" in out) == (0, True)
    assert typed("verify-receipt", str(forged), "--organisation", "87654321")[0] == 4
    without = json.loads(stage.deployment_file.read_text())
    del without["accounts"]["receipt_signer"]
    stage.deployment_file.write_text(json.dumps(without))
    assert typed("verify-receipt", str(receipt), "--organisation", "87654321")[0] == 4
    assert typed("verify-receipt", str(receipt))[0] == 0
    # A receipt about another municipality's claim, and one that names somebody else as the holder.
    journal = tmp_path / "claims" / KVK / "claims.sqlite"
    with closing(sqlite3.connect(journal)) as database, database:  # And a signature under something else.
        database.execute(
            "INSERT INTO receipts (message, municipality, claim_id, number, content, document, kind) "
            "VALUES (x'01', 14, x'', 9, x'', '{\"acknowledgement\": {}, \"signature\": \"\"}', 'statement_receipt')"
        )
    verifier = ReceiptVerifier(NetworkDeployment.load(stage.deployment_file), journal=journal)
    kept = json.loads(receipt.read_text())
    assert verifier.verify(kept).is_own
    signer = stage.chain.signer("receipt_signer")
    for change in ({"municipality": 15}, {"holder": forger.address}):
        other = receipt_from_plain({"receipt": kept["receipt"] | change, "signature": kept["signature"]})
        digest = receipt_digest(other.receipt, chain_id=kept["chainId"], claim_register=kept["claimRegister"])
        again = kept | {"receipt": kept["receipt"] | change, "signature": signer.sign_digest(digest).hex()}
        if "holder" in change:
            assert not verifier.verify(again).is_proved
        else:
            with pytest.raises(ProofInvalid):
                verifier.verify(again)


def test_list_says_what_to_do(stage: ClaimStage, typed: Callable[..., tuple[int, str, str]]) -> None:
    assert typed("list")[1] == "no claims yet\n"
    typed("set-up")
    code, out, err = typed("file", given=lines(days_ago=200))
    assert (code, err) == (0, "")
    assert "renew it with `claim amend`" in out
    claim = json.loads(typed("list", "--json")[1])["claims"][0]["claim"]
    assert "withdrawn" in typed("withdraw", claim[:10])[1]
    assert "renew" not in typed("list", "--no-collect")[1]


def test_commands_refuse_in_words_without_repeating_what_was_typed(
    stage: ClaimStage, typed: Callable[..., tuple[int, str, str]]
) -> None:
    typed("set-up")
    for words, given, wanted in (
        (("file",), lines().replace("0417 1643 00", "0417 1643 01"), "rekening: the check number is wrong"),
        (("file",), lines() + "\nkleur: rood", "this field is unknown"),
        (("file",), "", "must be filled in"),
        (("withdraw", "zz"), "", "hexadecimal digits expected"),
        (("withdraw", "00"), "", "none of your claims"),
        (("withdraw", "000e" + "99" * 30), "", "no claim stands on chain"),
        (("amend", "00"), "kosten: 1", "none of your claims"),
        (("hand-over", "000e" + "99" * 30, "--to", "0x12"), "", "an address is 0x and 40 digits"),
        (
            ("hand-over", "000e" + "99" * 30, "--to", "0x7e5F4552091A69125d5DfCb7b8C2659029395Bdf"),
            "",
            "checksum of the address is wrong",
        ),
    ):
        code, out, err = typed(*words, given=given)
        assert (code, out) == (2, ""), words
        assert wanted in err
        assert "Jansen" not in err
        assert "rood" not in err
    typed("file", given=lines())
    claim = json.loads(typed("list", "--json")[1])["claims"][0]["claim"]
    code, _, err = typed("amend", claim, given="referentie: another")
    assert (code, "withdraw it and file another" in err) == (2, True)
    code, _, err = typed("amend", claim, given="bezwaar_tot: 01-01-2020\nschuldenaar.geboortedatum: 01-01-2015")
    assert code == 0
    assert [line.split(": ")[1] for line in err.splitlines()] == ["objection_until", "debtor.birth_date"]


def test_list_shows_the_chain_while_the_evaluator_is_away(
    stage: ClaimStage, typed: Callable[..., tuple[int, str, str]]
) -> None:
    typed("set-up")
    typed("file", given=lines())
    stage.chain.transact("EnrolmentRegistry", "setEvaluatorUrl", 14, "http://127.0.0.1:9", by="administrator")
    code, out, err = typed("list")
    assert code == 0
    assert "filed" in out
    assert "receipts could not be fetched" in err
