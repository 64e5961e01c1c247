"""Somebody in the signaling, between each page and the functions: hears every parcel, and passes on what they like.

A page's socket leads through `Between`, as it would if the functions were theirs. What goes on is up to `on_parcel`.
"""

import json
import re
import secrets
from collections.abc import Callable
from typing import Any, ClassVar

from cryptography.hazmat.primitives.asymmetric import ec
from playwright.sync_api import Page, WebSocketRoute

from tests.e2ee.agreement import (
    PairKeys,
    Side,
    agree,
    base64url,
    commitment,
    open_part,
    public_point,
    seal_part,
    unbase64url,
)
from tests.e2ee.dump import Secret

Parcel = dict[str, Any]
Part = dict[str, Any]


class Between:
    """Passes everything on; those who do worse say so in `on_parcel`."""

    def __init__(self) -> None:
        self.parcels: list[tuple[str, str, Parcel]] = []
        """All that was said: by whom, to whom, what."""
        self.consultation = ""
        self._call = 0
        self._pages: dict[str, WebSocketRoute] = {}

    def stand_before(self, page: Page, seat: str) -> None:
        """Before the page opens its socket."""

        def on_socket(page_side: WebSocketRoute) -> None:
            functions = page_side.connect_to_server()
            self._pages[seat] = page_side

            def from_page(data: str | bytes) -> None:
                message = json.loads(data)
                if message["type"] == "handshake":
                    self._hear(seat, message, functions)
                else:
                    functions.send(data)

            def from_functions(data: str | bytes) -> None:
                page_side.send(json.dumps(self.on_told(seat, json.loads(data))))

            page_side.on_message(from_page)
            functions.on_message(from_functions)

        page.route_web_socket(re.compile(r"/ws\?"), on_socket)

    def on_parcel(self, from_: str, to: str, parcel: Parcel) -> Parcel | None:
        """What the other one is to get instead; None for nothing."""
        return parcel

    def on_told(self, to: str, message: dict[str, Any]) -> dict[str, Any]:
        """What a page is to be told by the functions instead: `join`, `changed`, anything."""
        return message

    def tell(self, to: str, from_: str, parcel: Parcel) -> None:
        """Say something to a page in somebody's name."""
        said = {"consultation": self.consultation, "call": self._call, "seat": from_, "parcel": parcel}
        if to in self._pages:
            self._pages[to].send(json.dumps({"type": "peer_handshake"} | said))

    def _hear(self, seat: str, message: dict[str, Any], functions: WebSocketRoute) -> None:
        self.consultation, self._call = message["consultation"], message["call"]
        passed = {}
        for to, parcel in message["parcels"].items():
            self.parcels.append((seat, to, parcel))
            instead = self.on_parcel(seat, to, parcel)
            if instead is not None:
                passed[to] = instead
        if passed:
            functions.send(json.dumps(message | {"parcels": passed}))


class Mangling(Between):
    """Changes one letter of what the patient says, in this field."""

    def __init__(self, field: str) -> None:
        super().__init__()
        self._field = field

    def on_parcel(self, from_: str, to: str, parcel: Parcel) -> Parcel:
        value = parcel[self._field]
        if from_ != "patient" or not value:
            return parcel
        other = "B" if value[10] == "A" else "A"
        return parcel | {self._field: value[:10] + other + value[11:]}


class Denying(Between):
    """Says that the patient's browser cannot encrypt: from the beginning, or from `deny` on."""

    def __init__(self, *, at_once: bool = True) -> None:
        super().__init__()
        self._denies = at_once

    def deny(self) -> None:
        """From now on."""
        self._denies = True

    def on_parcel(self, from_: str, to: str, parcel: Parcel) -> Parcel:
        if from_ != "patient" or not self._denies:
            return parcel
        return parcel | {"able": False, "commitment": "", "public": "", "sealed": ""}


class Face:
    """One side of an agreement, in somebody's name: it answers, and repeats nothing by itself."""

    def __init__(self, consultation: str, own: str, other: str) -> None:
        self.heard: Part | None = None
        """The newest that they sealed."""
        self.agreed: PairKeys | None = None
        self._consultation, self._own, self._other = consultation, own, other
        self._theirs = Side(other, "", "", "")
        self._begin()

    def _begin(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        attempt, public = base64url(secrets.token_bytes(16)), public_point(self._key)
        said = commitment(self._consultation, self._own, self._other, attempt, public)
        self._mine, self._n = Side(self._own, attempt, said, public), 0
        self.agreed, self.heard = None, None

    def take(self, parcel: Parcel) -> None:
        """Hear what they say."""
        if parcel["attempt"] != self._theirs.attempt:
            if self._theirs.attempt:
                self._begin()
            self._theirs = Side(self._other, parcel["attempt"], "", "")
        if parcel["about"] != self._mine.attempt:
            return
        self._theirs = Side(self._other, parcel["attempt"], parcel["commitment"], parcel["public"])
        if parcel["public"] and self.agreed is None:
            self.agreed = agree(self._consultation, self._mine, self._key, self._theirs)
        if parcel["sealed"] and self.agreed:
            self.heard = open_part(self.agreed.keys[self._other, self._own], parcel["n"], parcel["sealed"])

    def say(self, part: Part | None) -> Parcel:
        """How this side stands; ``part`` is sealed for them, if there is one and they can open it."""
        self._n += 1
        sealed = ""
        if self.agreed and part is not None:
            sealed = seal_part(self.agreed.keys[self._own, self._other], self._n, part)
        return {
            "attempt": self._mine.attempt,
            "about": self._theirs.attempt,
            "n": self._n,
            "able": True,
            "commitment": self._mine.commitment,
            "public": self._mine.public if self._theirs.commitment else "",
            "sealed": sealed,
        }


class Haunting(Between):
    """Speaks to both pages in the name of a guest whom nobody let in; ``told``: and says that they are in the call."""

    GHOST: ClassVar[str] = "guest4"

    def __init__(self, *, told: bool) -> None:
        super().__init__()
        self.secrets: set[Secret] = set()
        """All that the pages gave them."""
        self._told = told
        self._faces: dict[str, Face] = {}
        self._secret = secrets.token_bytes(32)

    def on_told(self, to: str, message: dict[str, Any]) -> dict[str, Any]:
        if message["type"] != "join" or not self._told:
            return message
        return message | {"seats": [*message["seats"], self.GHOST]}

    def on_parcel(self, from_: str, to: str, parcel: Parcel) -> Parcel | None:
        if from_ not in self._faces:
            self._faces[from_] = Face(self.consultation, self.GHOST, from_)
            self.tell(from_, self.GHOST, self._faces[from_].say(None))
        if to != self.GHOST:
            return parcel
        face = self._faces[from_]
        face.take(parcel)
        heard = face.heard or {"epoch": 0, "secret": ""}
        if heard["secret"]:
            self.secrets.add(Secret(from_, heard["epoch"], unbase64url(heard["secret"])))
        own = {"epoch": 1, "secret": base64url(self._secret), "has": heard["epoch"], "done": bool(heard["epoch"])}
        self.tell(from_, self.GHOST, face.say(own))
        return None


class Swapping(Between):
    """Has an agreement of their own with each side, and passes on what each seals for the other, so that all goes well.

    ``change`` is what they make of it: it is given a part that is to be passed on.
    """

    def __init__(self, change: Callable[[Part], Part] = lambda part: part) -> None:
        super().__init__()
        self.secrets: set[Secret] = set()
        """All that both said."""
        self._change = change
        self._faces: dict[str, Face] = {}  # by whom it is shown to

    @property
    def codes(self) -> dict[str, str]:
        """By whose page shows it."""
        return {seat: face.agreed.code if face.agreed else "" for seat, face in self._faces.items()}

    def on_parcel(self, from_: str, to: str, parcel: Parcel) -> None:
        pairs = ((from_, to), (to, from_))
        for seat, posed in pairs:
            if seat not in self._faces:
                self._faces[seat] = Face(self.consultation, posed, seat)
        self._faces[from_].take(parcel)
        heard = self._faces[from_].heard
        if heard and heard["secret"]:
            self.secrets.add(Secret(from_, heard["epoch"], unbase64url(heard["secret"])))
        for seat, posed in pairs:  # what is an answer to one is news to the other
            part = self._faces[posed].heard
            self.tell(seat, posed, self._faces[seat].say(self._change(part) if part else None))
