"""EnrolmentRegistry against a plain Python model that also tries what must be refused."""

from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from tests.contracts.conftest import account_of
from tests.contracts.machines import ContractMachine, Refusal, run
from tests.contracts.refusals import NO_ROLE, refused
from tests.contracts.values import MUNICIPALITY, OTHER_MUNICIPALITY, make_keys, make_tag, plain

MUNICIPALITIES = (MUNICIPALITY, OTHER_MUNICIPALITY)
FIRST_EPOCH = 30000
EPOCHS = range(FIRST_EPOCH, FIRST_EPOCH + 4)
TAGS_PER_EPOCH = 3

municipalities = st.sampled_from(MUNICIPALITIES)
epochs = st.sampled_from(EPOCHS)
numbers = st.integers(0, TAGS_PER_EPOCH - 1)
stray_tags = st.builds(make_tag, numbers, municipalities, epochs)


def registrar_of(municipality):
    return account_of("registrar" if municipality == MUNICIPALITY else "other_registrar")


def keeper_of(municipality):
    return account_of("epoch_keeper" if municipality == MUNICIPALITY else "other_epoch_keeper")


def prefix(tag):
    return int.from_bytes(tag[:2]), int.from_bytes(tag[2:6])


class RegistryMachine(ContractMachine):
    def __init__(self):
        super().__init__()
        self.current, self.oldest, self.announced, self.keyed = {}, {}, {}, set()
        for code in MUNICIPALITIES:
            self.current[code], self.oldest[code], self.announced[code] = plain(self.contract.municipality(code))[:3]
        self.enrolled = set()

    def is_open(self, code, epoch):
        return self.current[code] and self.oldest[code] <= epoch <= self.current[code]

    @rule(code=municipalities, epoch=epochs)
    def announce(self, code, epoch):
        refusal: Refusal = None
        if epoch <= self.announced[code]:
            refusal = ("EpochNotAscending", code, epoch, self.announced[code])
        if self.attempt(refusal, "announceEpoch", code, epoch, make_keys(epoch), sender=keeper_of(code)):
            self.announced[code] = epoch
            self.keyed.add((code, epoch))

    @rule(code=municipalities, epoch=epochs)
    def open(self, code, epoch):
        refusal: Refusal = None
        if epoch <= self.current[code]:
            refusal = ("EpochNotAscending", code, epoch, self.current[code])
        elif (code, epoch) not in self.keyed:
            refusal = ("EpochNotAnnounced", code, epoch)
        if self.attempt(refusal, "openEpoch", code, epoch, sender=keeper_of(code)):
            self.oldest[code] = self.oldest[code] or epoch
            self.current[code] = epoch

    @rule(code=municipalities, epoch=epochs)
    def retire(self, code, epoch):
        refusal: Refusal = None
        if epoch <= self.oldest[code]:
            refusal = ("EpochNotAscending", code, epoch, self.oldest[code])
        elif epoch > self.current[code]:
            refusal = ("EpochNotOpen", code, epoch)
        elif (code, epoch) not in self.keyed:
            refusal = ("EpochNotAnnounced", code, epoch)
        if self.attempt(refusal, "retireEpochsBefore", code, epoch, sender=keeper_of(code)):
            self.oldest[code] = epoch

    @rule(code=municipalities, epoch=epochs, chosen=st.sets(numbers, min_size=1))
    def enrol_sorted(self, code, epoch, chosen):
        self.enrol(code, epoch, sorted(make_tag(number, code, epoch) for number in chosen))

    @rule(code=municipalities, epoch=epochs, tags=st.lists(stray_tags, max_size=3))
    def enrol_anything(self, code, epoch, tags):
        self.enrol(code, epoch, tags)

    def enrol(self, code, epoch, tags):
        if self.attempt(
            self.refusal_of_enrol(code, epoch, tags), "enrol", code, epoch, tags, sender=registrar_of(code)
        ):
            self.enrolled.update(tags)

    def refusal_of_enrol(self, code, epoch, tags) -> Refusal:
        if not self.oldest[code] <= epoch <= self.announced[code]:
            return ("EpochOutOfRange", code, epoch, self.oldest[code], self.announced[code])
        if (code, epoch) not in self.keyed:
            return ("EpochNotAnnounced", code, epoch)
        if not tags:
            return ("EmptyBatch",)
        previous = bytes(32)
        for tag in tags:
            if prefix(tag)[0] != code:
                return ("ForeignPrefix", tag, code)
            if prefix(tag)[1] != epoch:
                return ("TagOfOtherEpoch", tag, epoch)
            if tag <= previous:
                return ("TagsNotAscending", previous, tag)
            if tag in self.enrolled:
                return ("TagAlreadyEnrolled", tag)
            previous = tag
        return None

    @rule(code=municipalities, data=st.data())
    def end_enrolled(self, code, data):
        own = sorted(tag for tag in self.enrolled if prefix(tag)[0] == code)
        if own:
            self.end(code, sorted(data.draw(st.sets(st.sampled_from(own), min_size=1))))

    @rule(code=municipalities, tags=st.lists(stray_tags, max_size=3))
    def end_anything(self, code, tags):
        self.end(code, tags)

    def end(self, code, tags):
        if self.attempt(self.refusal_of_end(code, tags), "endEnrolment", code, tags, sender=registrar_of(code)):
            self.enrolled.difference_update(tags)

    def refusal_of_end(self, code, tags) -> Refusal:
        if not tags:
            return ("EmptyBatch",)
        previous = bytes(32)
        for tag in tags:
            if prefix(tag)[0] != code:
                return ("ForeignPrefix", tag, code)
            if tag <= previous:
                return ("TagsNotAscending", previous, tag)
            if tag not in self.enrolled:
                return ("TagNotEnrolled", tag)
            previous = tag
        return None

    @rule(code=municipalities, epoch=epochs)
    def enrol_with_the_role_of_the_other_municipality(self, code, epoch):
        other = registrar_of(sum(MUNICIPALITIES) - code)
        role = bytes(self.contract.roleOf(self.contract.REGISTRAR(), code))
        tags = [make_tag(0, code, epoch)]
        self.attempt((NO_ROLE, other, role), "enrol", code, epoch, tags, sender=other)

    @rule(tag=stray_tags)
    def ask_about_one(self, tag):
        code, epoch = prefix(tag)
        if self.is_open(code, epoch):
            assert self.contract.isKnown(tag) == (tag in self.enrolled)
            assert self.contract.municipalityOf(tag) == (code if tag in self.enrolled else 0)
        else:
            with refused("EpochNotOpen", code, epoch):
                self.contract.isKnown(tag)
            assert self.contract.municipalityOf(tag) == 0

    @invariant()
    def settings_equal_the_model(self):
        for code in MUNICIPALITIES:
            epochs_of = (self.current[code], self.oldest[code], self.announced[code])
            assert plain(self.contract.municipality(code))[:3] == epochs_of

    @invariant()
    def every_open_tag_equals_the_model(self):
        tags = [
            make_tag(number, code, epoch)
            for code in MUNICIPALITIES
            for epoch in EPOCHS
            if self.is_open(code, epoch)
            for number in range(TAGS_PER_EPOCH)
        ]
        if tags:
            expected = sum((tag in self.enrolled) << bit for bit, tag in enumerate(tags))
            assert plain(self.contract.knownBitmap(tags)) == (expected,)


def test_registry_behaves_as_its_model(registry):
    run(RegistryMachine, registry, examples=12, steps=18)
