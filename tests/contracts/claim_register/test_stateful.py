"""ClaimRegister against a plain Python model that also tries what must be refused."""

from dataclasses import dataclass, replace

from brownie import ZERO_ADDRESS
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from tests.contracts.claim_register.steps import ALLOWED, CLOSED, OPEN, UNDECIDED
from tests.contracts.conftest import account_of
from tests.contracts.machines import ContractMachine, Refusal, run
from tests.contracts.refusals import NO_ROLE
from tests.contracts.values import (
    MUNICIPALITY,
    NO_WORD,
    OTHER_MUNICIPALITY,
    ClaimStatus,
    make_claim_id,
    plain,
    word,
)

MUNICIPALITIES = (MUNICIPALITY, OTHER_MUNICIPALITY)
ACTORS = ("creditor", "second_creditor", "other_creditor", "reviewer", "other_reviewer", "stranger")
CLAIMS = [make_claim_id(number, code) for code in MUNICIPALITIES for number in range(2)]
COMMITMENTS = [NO_WORD, word("one"), word("two"), word("three")]

actors = st.sampled_from(ACTORS)
creditors = st.sampled_from(ACTORS[:3])
claims = st.sampled_from(CLAIMS)
commitments = st.sampled_from(COMMITMENTS)
contents = st.sampled_from(COMMITMENTS[1:])
statuses = st.sampled_from(list(ClaimStatus))


@dataclass(frozen=True)
class Claim:
    holder: str | None = None
    status: ClaimStatus = ClaimStatus.NONE
    commitment: bytes = NO_WORD


def municipality_of(claim_id):
    return int.from_bytes(claim_id[:2])


class RegisterMachine(ContractMachine):
    def __init__(self):
        super().__init__()
        self.claims = dict.fromkeys(CLAIMS, Claim())
        self.creditors = {
            ("creditor", MUNICIPALITY),
            ("second_creditor", MUNICIPALITY),
            ("other_creditor", OTHER_MUNICIPALITY),
        }
        self.keys = dict.fromkeys(ACTORS, NO_WORD)

    def role(self, verb, code):
        return bytes(self.contract.roleOf(getattr(self.contract, verb)(), code))

    @rule(name=actors, claim_id=claims, code=st.sampled_from(MUNICIPALITIES), commitment=commitments)
    def file_anything(self, name, claim_id, code, commitment):
        self.file(name, claim_id, code, commitment)

    @rule(claim_id=claims, data=st.data(), commitment=contents)
    def file_as_a_creditor(self, claim_id, data, commitment):
        code = municipality_of(claim_id)
        admitted = sorted(name for name, of in self.creditors if of == code)
        if admitted:
            self.file(data.draw(st.sampled_from(admitted)), claim_id, code, commitment)

    def file(self, name, claim_id, code, commitment):
        refusal: Refusal = None
        if (name, code) not in self.creditors:
            refusal = (NO_ROLE, account_of(name), self.role("CREDITOR", code))
        elif municipality_of(claim_id) != code:
            refusal = ("ForeignPrefix", claim_id, code)
        elif commitment == NO_WORD:
            refusal = ("ZeroCommitment", claim_id)
        elif self.claims[claim_id].status in OPEN:
            refusal = ("ClaimStillOpen", claim_id, self.claims[claim_id].status)
        if self.attempt(refusal, "fileClaim", claim_id, code, commitment, sender=account_of(name)):
            self.claims[claim_id] = Claim(name, ClaimStatus.FILED, commitment)

    def refusal_of_holding(self, name, claim_id) -> Refusal:
        if self.claims[claim_id].status is ClaimStatus.NONE:
            return ("UnknownClaim", claim_id)
        if self.claims[claim_id].holder != name:
            return ("NotClaimHolder", claim_id, account_of(name))
        return None

    def refusal_of_creditor(self, name, claim_id) -> Refusal:
        code = municipality_of(claim_id)
        if (name, code) not in self.creditors:
            return (NO_ROLE, account_of(name), self.role("CREDITOR", code))
        return None

    @rule(name=creditors, claim_id=claims, previous=commitments, new=commitments)
    def amend_anything(self, name, claim_id, previous, new):
        self.amend(name, claim_id, previous, new)

    @rule(claim_id=claims, new=contents)
    def amend_as_holder(self, claim_id, new):
        claim = self.claims[claim_id]
        self.amend(claim.holder or "creditor", claim_id, claim.commitment, new)

    def amend(self, name, claim_id, previous, new):
        claim = self.claims[claim_id]
        refusal = self.refusal_of_holding(name, claim_id) or self.refusal_of_creditor(name, claim_id)
        if not refusal:
            if claim.status not in UNDECIDED:
                refusal = ("StatusStepNotAllowed", claim_id, claim.status, ClaimStatus.FILED)
            elif new == NO_WORD:
                refusal = ("ZeroCommitment", claim_id)
            elif previous != claim.commitment:
                refusal = ("StaleCommitment", claim_id, previous, claim.commitment)
            elif new == previous:
                refusal = ("CommitmentUnchanged", claim_id, new)
        if self.attempt(refusal, "amendClaim", claim_id, previous, new, sender=account_of(name)):
            self.claims[claim_id] = replace(claim, status=ClaimStatus.FILED, commitment=new)

    @rule(claim_id=claims, receiver=actors, data=st.data())
    def hand_over(self, claim_id, receiver, data):
        claim = self.claims[claim_id]
        name = data.draw(st.sampled_from([claim.holder or "creditor", "second_creditor"]))
        refusal = self.refusal_of_holding(name, claim_id) or self.refusal_of_creditor(name, claim_id)
        if not refusal:
            if claim.status in CLOSED:
                refusal = ("ClaimNotOpen", claim_id, claim.status)
            elif receiver == name:
                refusal = ("AlreadyClaimHolder", claim_id, account_of(name))
            elif (receiver, municipality_of(claim_id)) not in self.creditors:
                refusal = ("NotACreditorOf", account_of(receiver), municipality_of(claim_id))
        if self.attempt(refusal, "handOverClaim", claim_id, account_of(receiver), sender=account_of(name)):
            self.claims[claim_id] = replace(claim, holder=receiver)

    @rule(claim_id=claims, data=st.data())
    def withdraw(self, claim_id, data):
        claim = self.claims[claim_id]
        name = data.draw(st.sampled_from([claim.holder or "creditor", "stranger"]))
        refusal = self.refusal_of_holding(name, claim_id)
        if not refusal and claim.status in CLOSED:
            refusal = ("StatusStepNotAllowed", claim_id, claim.status, ClaimStatus.WITHDRAWN)
        if self.attempt(refusal, "withdrawClaim", claim_id, sender=account_of(name)):
            self.claims[claim_id] = replace(claim, status=ClaimStatus.WITHDRAWN)

    @rule(name=actors, claim_id=claims, status=statuses, decision=commitments)
    def decide_anything(self, name, claim_id, status, decision):
        self.decide(name, claim_id, status, decision)

    @rule(claim_id=claims, status=statuses)
    def decide_as_reviewer(self, claim_id, status):
        name = "reviewer" if municipality_of(claim_id) == MUNICIPALITY else "other_reviewer"
        self.decide(name, claim_id, status, word("decision"))

    def decide(self, name, claim_id, status, decision):
        claim, code = self.claims[claim_id], municipality_of(claim_id)
        refusal: Refusal = None
        if name != ("reviewer" if code == MUNICIPALITY else "other_reviewer"):
            refusal = (NO_ROLE, account_of(name), self.role("REVIEWER", code))
        elif claim.status is ClaimStatus.NONE:
            refusal = ("UnknownClaim", claim_id)
        elif status not in ALLOWED[claim.status]:
            refusal = ("StatusStepNotAllowed", claim_id, claim.status, status)
        elif decision == NO_WORD:
            refusal = ("ZeroDecision", claim_id)
        if self.attempt(refusal, "decideClaim", claim_id, status, decision, sender=account_of(name)):
            self.claims[claim_id] = replace(claim, status=status)

    @rule(name=creditors, code=st.sampled_from(MUNICIPALITIES), admitted=st.booleans())
    def admit_or_revoke(self, name, code, admitted):
        administrator = account_of("administrator" if code == MUNICIPALITY else "other_administrator")
        function = "grantRole" if admitted else "revokeRole"
        self.attempt(None, function, self.role("CREDITOR", code), account_of(name), sender=administrator)
        (self.creditors.add if admitted else self.creditors.discard)((name, code))

    @rule(name=actors, key=commitments)
    def set_encryption_key(self, name, key):
        account, refusal = account_of(name), None
        if not any(creditor == name for creditor, _ in self.creditors):
            refusal = ("NotACreditor", account)
        elif key == NO_WORD:
            refusal = ("ZeroEncryptionKey", account)
        elif key == self.keys[name]:
            refusal = ("EncryptionKeyUnchanged", account)
        if self.attempt(refusal, "setEncryptionKey", key, sender=account):
            self.keys[name] = key

    @invariant()
    def every_claim_equals_the_model(self):
        for claim_id, claim in self.claims.items():
            holder, code, status, filed_at, changed_at, commitment = plain(self.contract.claim(claim_id))
            assert holder == (account_of(claim.holder).address if claim.holder else ZERO_ADDRESS)
            assert (status, commitment) == (claim.status, claim.commitment)
            assert code == (municipality_of(claim_id) if claim.holder else 0)
            assert filed_at <= changed_at

    @invariant()
    def every_key_equals_the_model(self):
        name = ACTORS[0]
        assert bytes(self.contract.encryptionKeyOf(account_of(name))) == self.keys[name]


def test_register_behaves_as_its_model(register):
    run(RegisterMachine, register, examples=12, steps=18)
