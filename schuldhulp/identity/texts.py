"""Dutch sentences of the relay's and the simulator's own pages (language level B1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from schuldhulp.identity.model import Provider


@dataclass(frozen=True, kw_only=True)
class Message:
    """A page that says what happened and what to do.

    Attributes:
        title: heading.
        lines: short paragraphs.
    """

    title: str
    lines: tuple[str, ...]


BACK = "Terug naar het begin"
REFERENCE = "Belt u ons hierover? Noem dan dit nummer:"

MESSAGES: Mapping[str, Message] = MappingProxyType(
    {
        "login_expired": Message(
            title="Deze inlogpoging is verlopen",
            lines=(
                "U heeft te lang gewacht, of u heeft deze pagina al gebruikt. Met uw gegevens is niets misgegaan.",
                "Ga terug naar het begin en log opnieuw in.",
            ),
        ),
        "login_failed": Message(
            title="Inloggen is niet gelukt",
            lines=(
                "Wij konden niet controleren wie u bent. Daarom bent u niet ingelogd.",
                "Ga terug en probeer het opnieuw. Lukt het weer niet? Neem dan contact op met uw gemeente.",
            ),
        ),
        "login_unavailable": Message(
            title="Inloggen kan nu even niet",
            lines=(
                "De dienst waarmee u inlogt, geeft geen antwoord. Dat ligt niet aan u.",
                "Wacht een paar minuten, ga terug en probeer het opnieuw.",
            ),
        ),
        "login_not_offered": Message(
            title="Deze manier van inloggen is er niet",
            lines=("Op deze website kunt u zo niet inloggen.", "Ga terug en kies een andere manier van inloggen."),
        ),
        "login_level_low": Message(
            title="Log in op een veiligere manier",
            lines=(
                "Voor deze website is een hoger betrouwbaarheidsniveau nodig dan u nu heeft gebruikt.",
                "Ga terug en log in met de DigiD-app of met een sms-code. "
                "Heeft u eHerkenning? Gebruik dan niveau 3 of hoger.",
            ),
        ),
        "login_request_unknown": Message(
            title="Deze link klopt niet",
            lines=("Met deze link kunt u niet inloggen.", "Ga terug naar het begin en kies daar hoe u wilt inloggen."),
        ),
        "not_found": Message(
            title="Deze pagina bestaat niet",
            lines=("Misschien is de link niet meer goed.", "Ga terug naar het begin."),
        ),
        "fault": Message(
            title="Er ging iets mis",
            lines=(
                "Door een fout bij ons kunnen wij deze pagina niet tonen. U hoeft niets te herstellen.",
                "Ga terug en probeer het opnieuw. Lukt het weer niet? Neem dan contact op met uw gemeente.",
            ),
        ),
        "logged_out": Message(
            title="U bent uitgelogd", lines=("U kunt dit venster sluiten, of teruggaan naar het begin.",)
        ),
    }
)

SIMULATOR_NOTICE = "Alleen voor test. Dit is niet de echte inlogpagina. Gebruik hier geen echte gegevens."
SIMULATOR_TITLE: Mapping[Provider, str] = MappingProxyType(
    {
        Provider.DIGID: "DigiD-simulator, alleen voor test",
        Provider.EHERKENNING: "eHerkenning-simulator, alleen voor test",
        Provider.STAFF: "Medewerkerlogin-simulator, alleen voor test",
    }
)
SIMULATOR_CHOOSE: Mapping[Provider, str] = MappingProxyType(
    {
        Provider.DIGID: "Kies een testpersoon",
        Provider.EHERKENNING: "Kies een testorganisatie",
        Provider.STAFF: "Kies een testmedewerker",
    }
)
SIMULATOR_IDENTITY: Mapping[Provider, str] = MappingProxyType(
    {Provider.DIGID: "BSN", Provider.EHERKENNING: "KvK-nummer", Provider.STAFF: "inlognaam"}
)
SIMULATOR_LEVEL = "Betrouwbaarheidsniveau"
SIMULATOR_SEARCH = "Zoek in de lijst"
SIMULATOR_FOUND = "gevonden"
SIMULATOR_EMPTY = "Er zijn nog geen testpersonen. Laad eerst de voorbeeldgegevens en ververs deze pagina."
SIMULATOR_CANCEL = "Annuleren"
LEVEL_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "basis": "Basis",
        "midden": "Midden",
        "substantieel": "Substantieel",
        "hoog": "Hoog",
        "eh2": "Niveau 2",
        "eh2plus": "Niveau 2+",
        "eh3": "Niveau 3",
        "eh4": "Niveau 4",
    }
)
