"""The outbox's page: plain HTML in bokmål; a small script adds new messages at the top."""

import re
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from local.outbox import Part, Sent

OSLO = ZoneInfo("Europe/Oslo")
KINDS = {"sms": "SMS", "mail": "E-post"}
PARTS = {"text/plain": "tekst", "text/html": "slik mottakeren ser den", "text/calendar": "kalenderfil"}
LINK = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)]")


def page(sent: "Sequence[Sent]") -> str:
    """The whole page."""
    return f"""\
<!doctype html>
<html lang="nb">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<noscript><meta http-equiv="refresh" content="5"></noscript>
<title>Utboks</title>
<link rel="stylesheet" href="/outbox/outbox.css">
<script src="/outbox/outbox.js" defer></script>
</head>
<body>
<main>
<h1>Utboks</h1>
<p>Alt som er sendt på SMS og e-post, det nyeste øverst. Meldingene går ikke ut av denne maskinen. \
Nye meldinger dukker opp av seg selv. Knappene svarer som operatøren ville ha gjort; avdelingen ser det på sin \
side.</p>
<p id="empty"{" hidden" if sent else ""}>Her er det tomt ennå. Book en konsultasjon med mobilnummer eller \
e-postadresse på behandlerens side og velg å sende innkallingen nå; da kommer den hit.</p>
<p id="news" role="status"></p>
<div id="messages">
{messages(sent)}</div>
</main>
</body>
</html>
"""


def messages(sent: "Sequence[Sent]") -> str:
    """Only the messages."""
    return "".join(_message(one) for one in sent)


def _message(sent: "Sent") -> str:
    there = sent.at.astimezone(OSLO)
    subject = f"<p><strong>{escape(sent.subject)}</strong></p>\n" if sent.subject else ""
    sender = f'<p class="sender">Fra {escape(sent.sender)}</p>\n' if sent.sender else ""
    return f"""\
<article data-message="{sent.id}" data-kind="{sent.kind}" data-to="{escape(sent.to)}">
<h2>{KINDS[sent.kind]} til {escape(sent.to)}</h2>
<p class="time"><time datetime="{sent.at.isoformat()}">{there:%d.%m.%Y kl. %H.%M.%S}</time></p>
{sender}{subject}<p class="text">{_linked(sent.text.strip())}</p>
{_parts(sent)}<p class="became"><button type="button" data-became="arrived">Kom fram</button> \
<button type="button" data-became="lost">Kom ikke fram</button></p>
</article>
"""


def _parts(sent: "Sent") -> str:
    if not sent.parts:
        return ""
    rows = "".join(f"<li>{_part(sent, number, part)}</li>\n" for number, part in enumerate(sent.parts))
    return f'<ul class="parts">\n{rows}<li><a href="/outbox/{sent.id}/raw">Hele e-posten (.eml)</a></li>\n</ul>\n'


def _part(sent: "Sent", number: int, part: "Part") -> str:
    title = escape(part.name or PARTS.get(part.type, part.type))
    opens = ' target="_blank" rel="noopener"' if part.type == "text/html" else ""
    link = (
        f'<a href="/outbox/{sent.id}/parts/{number}"{opens}>{title}</a> <span class="type">{escape(part.type)}</span>'
    )
    if part.type != "text/calendar":
        return link
    content = escape(part.content.decode("utf-8", "replace"))
    return f"{link}<details><summary>Vis innholdet</summary><pre>{content}</pre></details>"


def _linked(text: str) -> str:
    out, end = [], 0
    for found in LINK.finditer(text):
        address = escape(found[0])
        out += [escape(text[end : found.start()]), f'<a href="{address}" target="_blank" rel="noopener">{address}</a>']
        end = found.end()
    return "".join([*out, escape(text[end:])])
