"""Sentences: the same in both languages, and one for everything that a screen or service may have to say."""

from __future__ import annotations

import ast
import re
import string
from enum import StrEnum
from pathlib import Path

import pytest

from app.components.recordforms import SECTIONS, fields_of
from app.texts import en, nl
from schuldhulp.domain.audit import Purpose
from schuldhulp.domain.cockpit import LineKind
from schuldhulp.domain.money import Frequency
from schuldhulp.domain.records import (
    AgreementStatus,
    AgreementType,
    ConfirmationRole,
    ConsentForm,
    ConsentSubject,
    EnrolmentBasis,
    ExpenseCategory,
    IncomeCategory,
    NoticeMeans,
    ObligationStatus,
    ObligationType,
    Position,
    Preference,
    RecordKind,
    Source,
)
from schuldhulp.domain.statements import StatementDecline
from schuldhulp.domain.trust import FindingKind, TrustState
from schuldhulp.services.statements.rows import StatementFinding, StatementState
from schuldhulp.services.views import EnrolmentStep

ROOT = Path(__file__).resolve().parents[2]
WORDS: dict[str, type[StrEnum]] = {
    "obligation_type": ObligationType,
    "obligation_status": ObligationStatus,
    "source": Source,
    "preference": Preference,
    "frequency": Frequency,
    "income_category": IncomeCategory,
    "expense_category": ExpenseCategory,
    "agreement_type": AgreementType,
    "agreement_status": AgreementStatus,
    "confirmation_role": ConfirmationRole,
    "position": Position,
    "enrolment_basis": EnrolmentBasis,
    "consent_subject": ConsentSubject,
    "consent_form": ConsentForm,
    "notice_means": NoticeMeans,
    "statement_state": StatementState,
    "statement_decline": StatementDecline,
    "trust_record": TrustState,
    "finding": FindingKind,
    "enrolment_step": EnrolmentStep,
    "budget": LineKind,
    "purpose": Purpose,
}


def places(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


def test_both_languages_have_the_same_sentences_with_the_same_places():
    assert nl.TEXTS.keys() == en.TEXTS.keys()
    assert {key: places(text) for key, text in nl.TEXTS.items()} == {
        key: places(text) for key, text in en.TEXTS.items()
    }


@pytest.mark.parametrize("texts", [nl.TEXTS, en.TEXTS])
def test_no_sentence_is_empty_or_holds_markup(texts):
    assert [key for key, text in texts.items() if not text.strip() or "<" in text] == []


@pytest.mark.parametrize(("group", "values"), WORDS.items())
def test_every_value_has_a_word(group, values):
    assert [value for value in values if f"{group}.{value}" not in nl.TEXTS] == []


def test_every_field_has_a_label():
    for kind in SECTIONS:
        for item in fields_of(kind):
            part, dot, inner = item.name.rpartition(".")
            keys = (
                {f"field.part.{inner}", f"field.{part.partition('.')[0]}_part"}
                if dot
                else {f"field.{kind}.{item.name}", f"field.{item.name}"} & nl.TEXTS.keys()
            )
            assert keys, item.name
            assert keys <= nl.TEXTS.keys()
        assert {f"record.add_{kind}", f"record.change_{kind}"} <= nl.TEXTS.keys()
    assert {f"record.kind_{kind}" for kind in RecordKind} <= nl.TEXTS.keys()


def test_every_key_that_a_screen_names_exists():
    missing = []
    for file in (ROOT / "app").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in {"t", "_for"}
                and node.args
                and isinstance(node.args[0], ast.Constant)
                and node.args[0].value not in nl.TEXTS
            ):
                missing.append((file.name, node.args[0].value))
    assert missing == []


# What only commands, the evaluator or the worker raise, and what means a fault in a screen.
NOT_ON_A_SCREEN = {
    "address_invalid", "bytes_length", "choice_unknown", "days_invalid", "field_unknown", "iban_invalid",
    "kind_differs", "oin_invalid",
    "claim_step", "person_parts", "replaces_wrong", "schema_unknown", "time_not_utc", "time_not_whole", "type_wrong",
    "year_invalid",
}  # fmt: skip


def test_every_refusal_of_the_domain_has_a_sentence():
    found = set()
    for folder in ("domain", "domain/records"):
        for file in (ROOT / "schuldhulp" / folder).glob("*.py"):
            found |= set(re.findall(r'InvalidInput\(\s*"([a-z_]+)"', file.read_text(encoding="utf-8")))
    missing = {key for key in found if f"error.{key}" not in nl.TEXTS} - NOT_ON_A_SCREEN
    assert missing == set()


# Of a creditor's own computer only: no page keeps such files.
NOT_ON_A_PAGE = {"state_file_invalid", "ground_and_none"}


@pytest.mark.parametrize(
    "pattern",
    [
        "creditor/client.py", "creditor/evaluator_client.py", "creditor/evaluator_http.py", "creditor/heads.py",
        "creditor/patient_node.py", "creditor/registry.py", "creditor/local_registry.py", "creditor/tag_events.py",
        "services/signal.py", "services/tags.py", "services/admission.py", "services/creditor_pages/*.py",
        "chain/administration.py", "node/*.py",
    ],
)  # fmt: skip
def test_every_error_that_asking_or_admitting_can_meet_has_a_sentence(pattern):
    found = set()
    for file in (ROOT / "schuldhulp").glob(pattern):
        found |= set(
            re.findall(
                r"(?:InvalidInput|NotAllowed|NotFound|Conflict|Deviation|Unreachable|ChainMismatch|Misconfigured"
                r'|SchuldhulpError|super\(\).__init__)\(\s*"([a-z_]+)"',
                file.read_text(encoding="utf-8"),
            )
        )
    assert {key for key in found if f"error.{key}" not in nl.TEXTS} - NOT_ON_A_PAGE == set()


@pytest.mark.parametrize(
    "module",
    [
        "records",
        "record_rules",
        "known_clients",
        "enrolment",
        "caseload",
        "dossiers",
        "dossier_writer",
        "access",
        "admission",
        "consents",
        "claims/objections",
        "creditor_pages/checks",
        "creditor_pages/history",
        "creditor_pages/lists",
        "creditor_pages/reference",
    ],
)
def test_every_refusal_of_the_services_that_screens_call_has_a_sentence(module):
    text = (ROOT / "schuldhulp" / "services" / f"{module}.py").read_text(encoding="utf-8")
    found = set(re.findall(r'(?:InvalidInput|NotAllowed|NotFound|Conflict|Deviation)\(\s*"([a-z_]+)"', text))
    found -= {"dossier_unknown", "record_unknown", "staff_unknown", "kind_differs", "kind_elsewhere"}
    found -= {"ground_and_none"}
    assert {key for key in found if f"error.{key}" not in nl.TEXTS} == set()


def test_everything_that_is_wrong_with_a_list_has_a_sentence():
    found = set()
    for name in ("columns", "reading", "text"):
        text = (ROOT / "schuldhulp" / "creditor" / "lists" / f"{name}.py").read_text(encoding="utf-8")
        found |= set(re.findall(r'InvalidInput\(\s*"([a-z_]+)"', text))
    assert {"list_columns_missing", "list_is_workbook", "surname_comma"} <= found
    assert {key for key in found if f"error.{key}" not in nl.TEXTS} == set()


def test_everything_that_is_wrong_with_a_chain_has_a_sentence():
    text = (ROOT / "schuldhulp" / "chain" / "gateway.py").read_text(encoding="utf-8")
    found = set(re.findall(r'ChainMismatch\(\s*"([a-z_]+)"', text))
    assert {"chain_id_other", "genesis_other", "contract_code_other", "chain_went_back", "chain_stale"} <= found
    assert {key for key in found if f"error.{key}" not in nl.TEXTS} == set()


def test_no_screen_holds_a_sentence_of_its_own():
    # Words with a capital and a space in a string that is shown: those belong in the texts.
    for file in [*(ROOT / "app" / "screens").glob("*.py"), *(ROOT / "app" / "components").glob("*.py")]:
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "tag":
                for argument in node.args[1:]:
                    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                        assert not re.search(r"[A-Za-z]{3,}", argument.value), (file.name, argument.value)


@pytest.mark.parametrize("texts", [nl.TEXTS, en.TEXTS])
def test_a_count_has_a_singular_and_a_plural(texts):
    ones = [key for key in texts if key.endswith("_one")]
    assert {"debts.also_one", "status.dossiers_one"} <= set(ones)
    for one in ones:
        assert "{count}" not in texts[one]
        assert "{count}" in texts[one.removesuffix("_one")]
    assert [
        key for key, text in texts.items() if re.search(r"\b(letter or letters|file or files|(\w+) of \2\w+)", text)
    ] == []


def test_every_finding_about_a_statement_has_words():
    assert {f"statement_finding.{finding}" for finding in StatementFinding if finding} <= nl.TEXTS.keys()
