"""A creditor's claim: what it says, where it stands, under which id it is known, and the receipt of the credit bank."""

from schuldhulp.domain.claims.codec import claim_from_plain, claim_to_plain, contents_from_plain, contents_to_plain
from schuldhulp.domain.claims.contents import Claim, ClaimContents
from schuldhulp.domain.claims.decision import (
    EXPLAINED,
    REASONS,
    ClaimDecision,
    DecisionReason,
    check_reason,
    decision_from_plain,
    decision_to_plain,
    statement_is_old,
)
from schuldhulp.domain.claims.doubts import doubts, is_other_person
from schuldhulp.domain.claims.obligation import obligation_from
from schuldhulp.domain.claims.parts import ClaimStage, Contact, Debtor, InstalmentProposal, Organisation
from schuldhulp.domain.claims.receipt import (
    ClaimReceipt,
    ReceiptOutcome,
    RefusalReason,
    SignedReceipt,
    receipt_from_plain,
    receipt_to_plain,
)
from schuldhulp.domain.claims.received import claim_document, received_contents
from schuldhulp.domain.claims.reference import claim_id_input, normalised_reference
from schuldhulp.domain.claims.status import DECISIONS, ClaimStatus, check_decision, may_decide, may_file

__all__ = [
    "DECISIONS",
    "EXPLAINED",
    "REASONS",
    "Claim",
    "ClaimContents",
    "ClaimDecision",
    "ClaimReceipt",
    "ClaimStage",
    "ClaimStatus",
    "Contact",
    "Debtor",
    "DecisionReason",
    "InstalmentProposal",
    "Organisation",
    "ReceiptOutcome",
    "RefusalReason",
    "SignedReceipt",
    "check_decision",
    "check_reason",
    "claim_document",
    "claim_from_plain",
    "claim_id_input",
    "claim_to_plain",
    "contents_from_plain",
    "contents_to_plain",
    "decision_from_plain",
    "decision_to_plain",
    "doubts",
    "is_other_person",
    "may_decide",
    "may_file",
    "normalised_reference",
    "obligation_from",
    "receipt_from_plain",
    "receipt_to_plain",
    "received_contents",
    "statement_is_old",
]
