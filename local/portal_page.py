"""The stand-in portal's pages: plain HTML without scripts, in bokmål, saying clearly what they are."""

from html import escape
from typing import Final

from local.portal_issuer import Ended, Issuer
from local.portal_realm import Eid, Level, Person
from local.portal_request import Asked
from local.portal_sso import SignedOn

LEVELS: Final = {Level.SUBSTANTIAL: "nivå betydelig", Level.HIGH: "nivå høyt"}
STAND_IN: Final = (
    "Dette er en <strong>stedfortreder</strong> for den ekte innloggingen. Den finnes bare på denne maskinen. "
    "Personene er oppdiktet, og numrene er syntetiske. Ingen koder eller passord trengs."
)
BACK_SECONDS: Final = 2


def login_page(issuer: Issuer, request: str, asked: Asked) -> str:
    """Who logs in, and with what."""
    realm = issuer.realm
    or_higher = " eller høyere" if asked.level is Level.SUBSTANTIAL else ""
    wanted = f"<p>Tjenesten ber om {LEVELS[asked.level]}{or_higher}.</p>" if asked.level else ""
    people = "".join(_person(person) for person in realm.people)
    eids = "".join(_eid(eid, chosen=eid is realm.eids[0]) for eid in realm.eids)
    return _page(
        realm.title,
        f"""{wanted}
<form method="post" action="{issuer.address}/login">
<input type="hidden" name="request" value="{request}">
<fieldset><legend>Hvem logger inn?</legend>
{people}</fieldset>
<fieldset><legend>Hvordan?</legend>
{eids}</fieldset>
<p class="buttons"><button type="submit">Logg inn</button>
<button type="submit" name="cancel" value="1" formnovalidate class="quiet">Avbryt</button></p>
</form>""",
    )


def sorry_page(why: str) -> str:
    """Something is wrong that the person should know and the client should not be trusted with."""
    return _page("Innloggingen stoppet", f'<p role="alert">{escape(why)}</p>')


def logged_out_page(ended: Ended) -> str:
    """After logging out: the services are told in frames that nobody sees; then back, if there is a way back."""
    frames = "".join(
        f'<iframe src="{escape(frame)}" class="told" title="Melding til tjenesten" aria-hidden="true" tabindex="-1">'
        "</iframe>\n"
        for frame in ended.frames
    )
    told = "Tjenestene du var logget inn i, har fått beskjed. " if ended.frames else ""
    if not ended.back:
        return _page("Du er logget ut", f"<p>{told}Du kan lukke vinduet.</p>\n{frames}")
    back = escape(ended.back)
    return _page(
        "Du er logget ut",
        f'<p>{told}Du sendes tilbake om et øyeblikk.</p>\n<p><a href="{back}">Tilbake til tjenesten</a></p>\n{frames}',
        f'<meta http-equiv="refresh" content="{BACK_SECONDS};url={back}">\n',
    )


def front_page(issuers: list[tuple[Issuer, SignedOn | None]]) -> str:
    """What this server is, and who is logged in where: logging out here is a logout elsewhere for the services."""
    rows = "".join(_issuer(issuer, session) for issuer, session in issuers)
    return _page("Stedfortreder for ID-porten", f'<ul class="issuers">\n{rows}</ul>')


def _issuer(issuer: Issuer, session: SignedOn | None) -> str:
    inside = "<p>Ingen er logget inn i denne nettleseren.</p>"
    if session is not None:
        inside = (
            f"<p>{escape(session.person.name)} er logget inn med {escape(session.eid.name)}.</p>\n"
            f'<form method="post" action="{issuer.address}/endsession"><button type="submit" class="quiet">'
            f"Logg ut av alle tjenester</button></form>"
        )
    return f"<li><h2>{escape(issuer.realm.title)}</h2>\n<code>{issuer.address}</code>\n{inside}</li>\n"


def _person(person: Person) -> str:
    more = person.national_id or ", ".join(person.roles)
    number = f' <span class="number">{escape(more)}</span>' if more else ""
    return (
        f'<div class="choice"><input type="radio" name="person" id="person-{person.id}" value="{person.id}" required>'
        f'<label for="person-{person.id}">{escape(person.name)}{number}</label></div>\n'
    )


def _eid(eid: Eid, *, chosen: bool) -> str:
    return (
        f'<div class="choice"><input type="radio" name="eid" id="eid-{eid.id}" value="{eid.id}" '
        f'aria-describedby="note-{eid.id}" required{" checked" if chosen else ""}>'
        f'<label for="eid-{eid.id}">{escape(eid.name)}</label>'
        f'<span class="note" id="note-{eid.id}">{LEVELS[eid.level]}{"" if eid.national_id else ", uten fødselsnummer"}'
        "</span></div>\n"
    )


def _page(title: str, body: str, head: str = "") -> str:
    return f"""\
<!doctype html>
<html lang="nb">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<link rel="stylesheet" href="/portal.css">
{head}</head>
<body>
<main>
<h1>{escape(title)}</h1>
<p class="stand-in">{STAND_IN}</p>
{body}
</main>
</body>
</html>
"""
