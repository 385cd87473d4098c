"""The rules of the three contracts in plain Python: who may do what when, what changes, what is told, what is refused.

A class per contract, a method per function, in the order in which the contract checks. Each method that writes first
refuses, then changes: so a refusal changes nothing. It is there to be compared with what the engines do, and knows
nothing of gas, storage slots or encodings but the hash that gives a role its number.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, ClassVar

from eth_utils.crypto import keccak

Event = tuple[str, tuple[Any, ...]]
Change = tuple[bytes, bytes, bytes]

ZERO_WORD = bytes(32)
ZERO_ADDRESS = "0x" + "0" * 40
NETWORK = ZERO_WORD
"""The role of the administrator of the network, DEFAULT_ADMIN_ROLE."""

NONE, FILED, UNDER_REVIEW, ASKED, INCLUDED, DECLINED, SETTLED, WITHDRAWN = range(8)
OPEN = (FILED, UNDER_REVIEW, ASKED, INCLUDED)
UNDECIDED = (FILED, UNDER_REVIEW, ASKED)


class Refused(Exception):
    """A function refuses, with the name and the arguments of a custom error; no name where there is no reason."""

    def __init__(self, name: str, *arguments: Any) -> None:
        super().__init__(name, *arguments)
        self.error: Event = (name, arguments)


def verb(name: str) -> bytes:
    """Return the number of a verb."""
    return keccak(text=name)


@cache
def role_of(name: str, municipality: int) -> bytes:
    """Return the number of the role of a verb within a municipality."""
    return keccak(verb(name) + municipality.to_bytes(32, "big"))


def municipality_of(value: bytes) -> int:
    """Return the municipality that a tag, dossier or claim id begins with."""
    return int.from_bytes(value[:2], "big")


def epoch_of(tag: bytes) -> int:
    """Return the epoch of a tag."""
    return int.from_bytes(tag[2:6], "big")


def refuse_if(wrong: bool, name: str, *arguments: Any) -> None:
    """Refuse when something is wrong."""
    if wrong:
        raise Refused(name, *arguments)


class MunicipalRoles:
    """Municipalities that take part, and who has which role."""

    VERBS: tuple[str, ...] = ()

    def __init__(self, instance_id: bytes, *, deployer: str) -> None:
        refuse_if(instance_id == ZERO_WORD, "ZeroInstanceId")
        self._instance_id = instance_id
        self._registered: set[int] = set()
        self._verbs: dict[bytes, str] = {}
        self._admins: dict[bytes, bytes] = {}
        self.holders: set[tuple[bytes, str]] = set()
        self.events: list[Event] = []
        self.sender, self.now = deployer, 0
        self._give(NETWORK, deployer)

    def perform(self, function: str, arguments: Sequence[Any], *, sender: str, now: int) -> list[Event]:
        """Carry out a transaction and return its events.

        Raises:
            Refused: nothing was changed.
        """
        self.sender, self.now, self.events = sender, now, []
        self._method(function)(*arguments)
        return self.events

    def ask(self, function: str, arguments: Sequence[Any]) -> Any:
        """Answer a question.

        Raises:
            Refused: there is no answer.
        """
        if function in ("ADMINISTRATOR", *self.VERBS):
            return verb(function)
        return self._method(function)(*arguments)

    def _method(self, function: str) -> Any:
        return getattr(self, re.sub(r"(?<=[a-z])([A-Z])", r"_\1", function).lower())

    def _tell(self, event: str, *arguments: Any) -> None:
        self.events.append((event, arguments))

    # --- what changes -------------------------------------------------------------------------------------------------

    def register_municipality(self, municipality: int, administrator: str) -> None:
        self._refuse_without(NETWORK)
        refuse_if(municipality == 0, "ZeroMunicipality")
        refuse_if(administrator == ZERO_ADDRESS, "ZeroAdministrator", municipality)
        refuse_if(municipality in self._registered, "MunicipalityAlreadyRegistered", municipality)
        self._registered.add(municipality)
        self._tell("MunicipalityRegistered", municipality, administrator)
        head = role_of("ADMINISTRATOR", municipality)
        self._verbs[head] = "ADMINISTRATOR"
        for name in self.VERBS:
            role = role_of(name, municipality)
            self._verbs[role] = name
            self._admins[role] = head
            self._tell("RoleAdminChanged", role, NETWORK, head)
        self._give(head, administrator)

    def grant_role(self, role: bytes, account: str) -> None:
        refuse_if(role != NETWORK and role not in self._verbs, "UnknownRole", role)
        self._refuse_without(self.get_role_admin(role))
        self._give(role, account)

    def revoke_role(self, role: bytes, account: str) -> None:
        self._refuse_without(self.get_role_admin(role))
        self._take(role, account)

    def renounce_role(self, role: bytes, caller: str) -> None:
        refuse_if(caller != self.sender, "AccessControlBadConfirmation")
        self._take(role, caller)

    def _give(self, role: bytes, account: str) -> None:
        if (role, account) not in self.holders:
            self.holders.add((role, account))
            self._tell("RoleGranted", role, account, self.sender)

    def _take(self, role: bytes, account: str) -> None:
        if (role, account) in self.holders:
            self.holders.remove((role, account))
            self._tell("RoleRevoked", role, account, self.sender)

    def _refuse_without(self, role: bytes) -> None:
        refuse_if(not self.has_role(role, self.sender), "AccessControlUnauthorizedAccount", self.sender, role)

    def _refuse_unless(self, name: str, municipality: int) -> None:
        """Refuse a caller who may not do what the verb says in that municipality."""
        if not self.has_role(role_of(name, municipality), self.sender):
            refuse_if(municipality not in self._registered, "UnknownMunicipality", municipality)
            self._refuse_without(role_of(name, municipality))

    # --- what can be asked --------------------------------------------------------------------------------------------

    def is_registered(self, municipality: int) -> bool:
        return municipality in self._registered

    def verb_of(self, role: bytes) -> bytes:
        return verb(self._verbs[role]) if role in self._verbs else ZERO_WORD

    def role_of(self, number: bytes, municipality: int) -> bytes:
        return keccak(number + municipality.to_bytes(32, "big"))

    def has_role(self, role: bytes, account: str) -> bool:
        return (role, account) in self.holders

    def get_role_admin(self, role: bytes) -> bytes:
        return self._admins.get(role, NETWORK)

    def instance_id(self) -> bytes:
        return self._instance_id

    def version(self) -> str:
        return "1.0.0"

    def supports_interface(self, number: bytes) -> bool:
        return number.hex() in ("01ffc9a7", "7965db0b")  # ERC-165 and AccessControl

    def default_admin_role(self) -> bytes:
        return NETWORK


@dataclass(frozen=True)
class Settings:
    """What a municipality tells creditors."""

    current: int = 0
    oldest: int = 0
    announced: int = 0
    claim_key: bytes = ZERO_WORD
    receipt_signer: str = ZERO_ADDRESS
    contact: str = ""
    evaluator_url: str = ""


class EnrolmentRegistry(MunicipalRoles):
    """Who is known, as tags, and in which epochs."""

    VERBS = ("REGISTRAR", "EPOCH_KEEPER", "CREDITOR", "BSN_CREDITOR")
    LONGEST_TEXT = 256

    def __init__(self, instance_id: bytes, *, deployer: str) -> None:
        super().__init__(instance_id, deployer=deployer)
        self.settings: dict[int, Settings] = {}
        self.keys: dict[tuple[int, int], tuple[bytes, bytes]] = {}
        self.enrolled: set[bytes] = set()

    def enrol(self, municipality: int, epoch: int, tags: Sequence[bytes]) -> None:
        self._refuse_unless("REGISTRAR", municipality)
        of = self._of(municipality)
        outside = not of.oldest <= epoch <= of.announced
        refuse_if(outside, "EpochOutOfRange", municipality, epoch, of.oldest, of.announced)
        self._refuse_unannounced(municipality, epoch)
        refuse_if(not tags, "EmptyBatch")
        for previous, tag in zip((ZERO_WORD, *tags), tags, strict=False):
            refuse_if(tag == ZERO_WORD, "ZeroTag")
            refuse_if(municipality_of(tag) != municipality, "ForeignPrefix", tag, municipality)
            refuse_if(epoch_of(tag) != epoch, "TagOfOtherEpoch", tag, epoch)
            refuse_if(tag <= previous, "TagsNotAscending", previous, tag)
            refuse_if(tag in self.enrolled, "TagAlreadyEnrolled", tag)
        self.enrolled.update(tags)
        self._tell("TagsEnrolled", municipality, epoch, tuple(tags))

    def end_enrolment(self, municipality: int, tags: Sequence[bytes]) -> None:
        self._refuse_unless("REGISTRAR", municipality)
        refuse_if(not tags, "EmptyBatch")
        for previous, tag in zip((ZERO_WORD, *tags), tags, strict=False):
            refuse_if(tag == ZERO_WORD, "ZeroTag")
            refuse_if(municipality_of(tag) != municipality, "ForeignPrefix", tag, municipality)
            refuse_if(tag <= previous, "TagsNotAscending", previous, tag)
            refuse_if(tag not in self.enrolled, "TagNotEnrolled", tag)
        self.enrolled.difference_update(tags)
        self._tell("EnrolmentsEnded", municipality, tuple(tags))

    def announce_epoch(self, municipality: int, epoch: int, keys: Sequence[bytes]) -> None:
        self._refuse_unless("EPOCH_KEEPER", municipality)
        announced = self._of(municipality).announced
        refuse_if(epoch <= announced, "EpochNotAscending", municipality, epoch, announced)
        refuse_if(ZERO_WORD in keys, "ZeroKey", municipality)
        refuse_if(keys[0] == keys[1], "EqualKeys", municipality, keys[0])
        self._set(municipality, announced=epoch)
        self.keys[municipality, epoch] = (keys[0], keys[1])
        self._tell("EpochAnnounced", municipality, epoch, tuple(keys))

    def open_epoch(self, municipality: int, epoch: int) -> None:
        self._refuse_unless("EPOCH_KEEPER", municipality)
        of = self._of(municipality)
        refuse_if(epoch <= of.current, "EpochNotAscending", municipality, epoch, of.current)
        self._refuse_unannounced(municipality, epoch)
        self._set(municipality, current=epoch, oldest=of.oldest if of.current else epoch)
        self._tell("EpochOpened", municipality, epoch)

    def retire_epochs_before(self, municipality: int, epoch: int) -> None:
        self._refuse_unless("EPOCH_KEEPER", municipality)
        of = self._of(municipality)
        refuse_if(epoch <= of.oldest, "EpochNotAscending", municipality, epoch, of.oldest)
        refuse_if(epoch > of.current, "EpochNotOpen", municipality, epoch)
        self._refuse_unannounced(municipality, epoch)
        self._set(municipality, oldest=epoch)
        self._tell("EpochsRetiredBefore", municipality, epoch)

    def set_contact(self, municipality: int, contact: str) -> None:
        self._refuse_text(municipality, self._of(municipality).contact, contact)
        self._set(municipality, contact=contact)
        self._tell("ContactChanged", municipality)

    def set_evaluator_url(self, municipality: int, url: str) -> None:
        self._refuse_text(municipality, self._of(municipality).evaluator_url, url)
        self._set(municipality, evaluator_url=url)
        self._tell("EvaluatorUrlChanged", municipality)

    def set_claim_key(self, municipality: int, key: bytes) -> None:
        self._refuse_unless("ADMINISTRATOR", municipality)
        refuse_if(key == ZERO_WORD, "ZeroKey", municipality)
        refuse_if(key == self._of(municipality).claim_key, "SettingUnchanged", municipality)
        self._set(municipality, claim_key=key)
        self._tell("ClaimKeyChanged", municipality, key)

    def set_receipt_signer(self, municipality: int, signer: str) -> None:
        self._refuse_unless("ADMINISTRATOR", municipality)
        refuse_if(signer == ZERO_ADDRESS, "ZeroReceiptSigner", municipality)
        refuse_if(signer == self._of(municipality).receipt_signer, "SettingUnchanged", municipality)
        self._set(municipality, receipt_signer=signer)
        self._tell("ReceiptSignerChanged", municipality, signer)

    def _of(self, municipality: int) -> Settings:
        return self.settings.get(municipality, Settings())

    def _set(self, municipality: int, **changed: Any) -> None:
        self.settings[municipality] = replace(self._of(municipality), **changed)

    def _refuse_unannounced(self, municipality: int, epoch: int) -> None:
        refuse_if((municipality, epoch) not in self.keys, "EpochNotAnnounced", municipality, epoch)

    def _refuse_text(self, municipality: int, present: str, text: str) -> None:
        self._refuse_unless("ADMINISTRATOR", municipality)
        length = len(text.encode())
        refuse_if(length == 0, "EmptyText", municipality)
        refuse_if(length > self.LONGEST_TEXT, "TextTooLong", length, self.LONGEST_TEXT)
        refuse_if(text == present, "SettingUnchanged", municipality)

    def _is_open(self, tag: bytes) -> bool:
        of = self._of(municipality_of(tag))
        return of.current != 0 and of.oldest <= epoch_of(tag) <= of.current

    def is_known(self, tag: bytes) -> bool:
        refuse_if(not self._is_open(tag), "EpochNotOpen", municipality_of(tag), epoch_of(tag))
        return tag in self.enrolled

    def are_known(self, tags: Sequence[bytes]) -> tuple[bool, ...]:
        return tuple(self.is_known(tag) for tag in tags)

    def known_bitmap(self, tags: Sequence[bytes]) -> tuple[int, ...]:
        known = self.are_known(tags)
        words = [known[start : start + 256] for start in range(0, len(known), 256)]
        return tuple(sum(one << bit for bit, one in enumerate(word)) for word in words)

    def municipality_of(self, tag: bytes) -> int:
        return municipality_of(tag) if tag in self.enrolled and self._is_open(tag) else 0

    def municipality(self, code: int) -> tuple[Any, ...]:
        of = self._of(code)
        epochs = (of.current, of.oldest, of.announced)
        return (*epochs, of.claim_key, of.receipt_signer, of.contact, of.evaluator_url)

    def evaluator_key(self, municipality: int, epoch: int, kind: int) -> bytes:
        keys = self.keys.get((municipality, epoch), ())
        return keys[kind - 1] if keys and kind in (1, 2) else ZERO_WORD

    def max_text_bytes(self) -> int:
        return self.LONGEST_TEXT

    def kind_bsn(self) -> int:
        return 1

    def kind_nadb(self) -> int:
        return 2


class ObligationLedger(MunicipalRoles):
    """The root of each dossier."""

    VERBS = ("REGISTRAR",)

    def __init__(self, instance_id: bytes, *, deployer: str) -> None:
        super().__init__(instance_id, deployer=deployer)
        self.roots: dict[bytes, bytes] = {}

    def commit(self, municipality: int, changes: Sequence[Change]) -> None:
        self._refuse_unless("REGISTRAR", municipality)
        refuse_if(not changes, "EmptyBatch")
        before = ZERO_WORD
        for dossier, named, new in changes:
            present = self.root_of(dossier)
            refuse_if(municipality_of(dossier) != municipality, "ForeignPrefix", dossier, municipality)
            refuse_if(dossier <= before, "DossiersNotAscending", before, dossier)
            refuse_if(new == ZERO_WORD, "ZeroRoot", dossier)
            refuse_if(named != present, "StalePreviousRoot", dossier, named, present)
            refuse_if(new == present, "RootUnchanged", dossier, present)
            before = dossier
        for dossier, named, new in changes:
            self.roots[dossier] = new
            self._tell("DossierCommitted", dossier, named, new)

    def root_of(self, dossier: bytes) -> bytes:
        return self.roots.get(dossier, ZERO_WORD)

    def is_committed(self, dossier: bytes, commitment: bytes, proof: Sequence[bytes]) -> bool:
        node = keccak(keccak(commitment))
        for sibling in proof:
            node = keccak(min(node, sibling) + max(node, sibling))
        return dossier in self.roots and commitment != ZERO_WORD and node == self.roots[dossier]


@dataclass(frozen=True)
class Claim:
    """Who filed what when, and where it stands."""

    holder: str = ZERO_ADDRESS
    status: int = NONE
    filed: int = 0
    changed: int = 0
    commitment: bytes = ZERO_WORD


class ClaimRegister(MunicipalRoles):
    """The claims of all creditors."""

    VERBS = ("CREDITOR", "REVIEWER")
    DECISIONS: ClassVar[dict[int, tuple[int, ...]]] = {
        **dict.fromkeys(UNDECIDED, (UNDER_REVIEW, ASKED, INCLUDED, DECLINED)),
        INCLUDED: (ASKED, DECLINED, SETTLED),
    }

    def __init__(self, instance_id: bytes, *, deployer: str) -> None:
        super().__init__(instance_id, deployer=deployer)
        self.claims: dict[bytes, Claim] = {}
        self.keys: dict[str, bytes] = {}

    def file_claim(self, claim_id: bytes, municipality: int, commitment: bytes) -> None:
        self._refuse_unless("CREDITOR", municipality)
        refuse_if(municipality_of(claim_id) != municipality, "ForeignPrefix", claim_id, municipality)
        refuse_if(commitment == ZERO_WORD, "ZeroCommitment", claim_id)
        status = self._of(claim_id).status
        refuse_if(status in OPEN, "ClaimStillOpen", claim_id, status)
        self.claims[claim_id] = Claim(self.sender, FILED, self.now, self.now, commitment)
        self._tell("ClaimFiled", claim_id, municipality, self.sender, commitment)

    def amend_claim(self, claim_id: bytes, previous: bytes, new: bytes) -> None:
        claim = self._held(claim_id)
        self._refuse_unless("CREDITOR", municipality_of(claim_id))
        refuse_if(claim.status not in UNDECIDED, "StatusStepNotAllowed", claim_id, claim.status, FILED)
        refuse_if(new == ZERO_WORD, "ZeroCommitment", claim_id)
        refuse_if(previous != claim.commitment, "StaleCommitment", claim_id, previous, claim.commitment)
        refuse_if(new == previous, "CommitmentUnchanged", claim_id, new)
        self._change(claim_id, commitment=new, status=FILED)
        self._tell("ClaimAmended", claim_id, previous, new)

    def hand_over_claim(self, claim_id: bytes, receiver: str) -> None:
        claim, municipality = self._held(claim_id), municipality_of(claim_id)
        self._refuse_unless("CREDITOR", municipality)
        refuse_if(claim.status not in OPEN, "ClaimNotOpen", claim_id, claim.status)
        refuse_if(receiver == self.sender, "AlreadyClaimHolder", claim_id, receiver)
        admitted = self.has_role(role_of("CREDITOR", municipality), receiver)
        refuse_if(not admitted, "NotACreditorOf", receiver, municipality)
        self._change(claim_id, holder=receiver)
        self._tell("ClaimHandedOver", claim_id, self.sender, receiver)

    def withdraw_claim(self, claim_id: bytes) -> None:
        claim = self._held(claim_id)
        refuse_if(claim.status not in OPEN, "StatusStepNotAllowed", claim_id, claim.status, WITHDRAWN)
        self._change(claim_id, status=WITHDRAWN)
        self._tell("ClaimWithdrawn", claim_id)

    def decide_claim(self, claim_id: bytes, status: int, decision: bytes) -> None:
        refuse_if(status > WITHDRAWN, "")  # no such status: the call data mean nothing
        self._refuse_unless("REVIEWER", municipality_of(claim_id))
        claim = self._of(claim_id)
        refuse_if(claim.status == NONE, "UnknownClaim", claim_id)
        allowed = status != claim.status and status in self.DECISIONS.get(claim.status, ())
        refuse_if(not allowed, "StatusStepNotAllowed", claim_id, claim.status, status)
        refuse_if(decision == ZERO_WORD, "ZeroDecision", claim_id)
        self._change(claim_id, status=status)
        self._tell("ClaimDecided", claim_id, status, claim.commitment, decision)

    def set_encryption_key(self, key: bytes) -> None:
        creditor = any(account == self.sender and self._verbs.get(role) == "CREDITOR" for role, account in self.holders)
        refuse_if(not creditor, "NotACreditor", self.sender)
        refuse_if(key == ZERO_WORD, "ZeroEncryptionKey", self.sender)
        refuse_if(key == self.encryption_key_of(self.sender), "EncryptionKeyUnchanged", self.sender)
        self.keys[self.sender] = key
        self._tell("EncryptionKeyChanged", self.sender, key)

    def _of(self, claim_id: bytes) -> Claim:
        return self.claims.get(claim_id, Claim())

    def _held(self, claim_id: bytes) -> Claim:
        """Return a claim that the caller holds."""
        claim = self._of(claim_id)
        refuse_if(claim.status == NONE, "UnknownClaim", claim_id)
        refuse_if(claim.holder != self.sender, "NotClaimHolder", claim_id, self.sender)
        return claim

    def _change(self, claim_id: bytes, **changed: Any) -> None:
        self.claims[claim_id] = replace(self.claims[claim_id], changed=self.now, **changed)

    def encryption_key_of(self, account: str) -> bytes:
        return self.keys.get(account, ZERO_WORD)

    def claim(self, claim_id: bytes) -> tuple[Any, ...]:
        claim = self._of(claim_id)
        municipality = municipality_of(claim_id) if claim.status else 0
        return (claim.holder, municipality, claim.status, claim.filed, claim.changed, claim.commitment)


MODELS: dict[str, type[MunicipalRoles]] = {
    model.__name__: model for model in (EnrolmentRegistry, ObligationLedger, ClaimRegister)
}
