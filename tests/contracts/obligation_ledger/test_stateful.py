"""ObligationLedger against a plain Python model that also tries what must be refused."""

from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from tests.contracts.conftest import account_of
from tests.contracts.machines import ContractMachine, Refusal, run
from tests.contracts.refusals import NO_ROLE
from tests.contracts.values import MUNICIPALITY, NO_WORD, OTHER_MUNICIPALITY, UNREGISTERED, make_dossier, word

REGISTRARS = {MUNICIPALITY: "registrar", OTHER_MUNICIPALITY: "other_registrar"}
DOSSIERS = sorted(make_dossier(number, code) for code in REGISTRARS for number in range(4))
ROOTS = [NO_WORD, *(word(number) for number in range(4))]

municipalities = st.sampled_from(sorted(REGISTRARS))
dossiers = st.sampled_from(DOSSIERS)
roots = st.sampled_from(ROOTS)


class LedgerMachine(ContractMachine):
    def __init__(self):
        super().__init__()
        self.roots = dict.fromkeys(DOSSIERS, NO_WORD)

    @rule(code=municipalities, changes=st.dictionaries(dossiers, st.sampled_from(ROOTS[1:]), min_size=1))
    def commit_on_the_present_roots(self, code, changes):
        own = sorted(dossier for dossier in changes if dossier[:2] == code.to_bytes(2, "big"))
        self.commit(code, [(dossier, self.roots[dossier], changes[dossier]) for dossier in own])

    @rule(code=municipalities, changes=st.lists(st.tuples(dossiers, roots, roots), max_size=3))
    def commit_anything(self, code, changes):
        self.commit(code, changes)

    @rule(code=municipalities, dossier=dossiers, root=roots)
    def commit_one_anywhere(self, code, dossier, root):
        self.commit(code, [(dossier, self.roots[dossier], root)])

    def commit(self, code, changes):
        registrar = account_of(REGISTRARS[code])
        if self.attempt(self.refusal_of(code, changes), "commit", code, changes, sender=registrar):
            self.roots.update({dossier: new for dossier, _, new in changes})

    def refusal_of(self, code, changes) -> Refusal:
        if not changes:
            return ("EmptyBatch",)
        before = NO_WORD
        for dossier, previous, new in changes:
            if dossier[:2] != code.to_bytes(2, "big"):
                return ("ForeignPrefix", dossier, code)
            if dossier <= before:
                return ("DossiersNotAscending", before, dossier)
            if new == NO_WORD:
                return ("ZeroRoot", dossier)
            if previous != self.roots[dossier]:
                return ("StalePreviousRoot", dossier, previous, self.roots[dossier])
            if new == previous:
                return ("RootUnchanged", dossier, new)
            before = dossier
        return None

    @rule(dossier=dossiers, name=st.sampled_from(["administrator", "network_administrator", "reviewer", "stranger"]))
    def commit_without_the_role(self, dossier, name):
        code, account = int.from_bytes(dossier[:2]), account_of(name)
        role = bytes(self.contract.roleOf(self.contract.REGISTRAR(), code))
        changes = [(dossier, self.roots[dossier], word("forged"))]
        self.attempt((NO_ROLE, account, role), "commit", code, changes, sender=account)

    @rule(name=st.sampled_from(["registrar", "other_registrar", "stranger"]))
    def commit_for_an_unknown_municipality(self, name):
        changes = [(make_dossier(1, UNREGISTERED), NO_WORD, word(1))]
        refusal = ("UnknownMunicipality", UNREGISTERED)
        self.attempt(refusal, "commit", UNREGISTERED, changes, sender=account_of(name))

    @invariant()
    def every_root_equals_the_model(self):
        for dossier, root in self.roots.items():
            assert bytes(self.contract.rootOf(dossier)) == root


def test_ledger_behaves_as_its_model(ledger):
    run(LedgerMachine, ledger, examples=10, steps=15)
