"""The stand-in portal's pages: plain HTML without scripts, in bokmål, saying clearly what they are."""

from html import escape

from local.portal_issuer import HIGH, SUBSTANTIAL, Asked, Issuer

LEVELS = {SUBSTANTIAL: "nivå betydelig", HIGH: "nivå høyt"}
STAND_IN = (
    "Dette er en <strong>stedfortreder</strong> for den ekte innloggingen. Den finnes bare på denne maskinen. "
    "Personene er oppdiktet, og numrene er syntetiske. Ingen koder eller passord trengs."
)


def login_page(issuer: Issuer, request: str, asked: Asked) -> str:
    """Who logs in, and with what."""
    realm = issuer.realm
    or_higher = " eller høyere" if asked.acr == SUBSTANTIAL else ""
    wanted = f"<p>Tjenesten ber om {LEVELS[asked.acr]}{or_higher}.</p>" if asked.acr else ""
    people = "".join(
        f'<div class="choice"><input type="radio" name="person" id="person-{person.id}" value="{person.id}" required>'
        f'<label for="person-{person.id}">{escape(person.name)}'
        + (f' <span class="number">{person.national_id}</span>' if person.national_id else "")
        + "</label></div>\n"
        for person in realm.people
    )
    eids = "".join(
        f'<div class="choice"><input type="radio" name="eid" id="eid-{eid.id}" value="{eid.id}" '
        f'aria-describedby="note-{eid.id}" required{" checked" if eid is realm.eids[0] else ""}>'
        f'<label for="eid-{eid.id}">{escape(eid.name)}</label>'
        f'<span class="note" id="note-{eid.id}">{LEVELS[eid.acr]}{"" if eid.national_id else ", uten fødselsnummer"}'
        "</span></div>\n"
        for eid in realm.eids
    )
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


def logged_out_page() -> str:
    """After logging out without an address to go back to."""
    return _page("Du er logget ut", "<p>Du kan lukke vinduet.</p>")


def front_page(issuers: list[Issuer]) -> str:
    """What this server is."""
    rows = "".join(f"<li>{escape(i.realm.title)}: <code>{i.address}</code></li>\n" for i in issuers)
    return _page("Stedfortreder for ID-porten", f"<ul>\n{rows}</ul>")


def _page(title: str, body: str) -> str:
    return f"""\
<!doctype html>
<html lang="nb">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<link rel="stylesheet" href="/portal.css">
</head>
<body>
<main>
<h1>{escape(title)}</h1>
<p class="stand-in">{STAND_IN}</p>
{body}
</main>
</body>
</html>
"""
