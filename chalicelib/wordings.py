"""The words of every trust: ours, or its own where it has some that may go out."""

from datetime import UTC, datetime
from typing import Final

from chalicelib.compose import discreet_name
from chalicelib.protocol import Language, MessageKind, Way
from chalicelib.records import Department, Staff, Wording, trust_key
from chalicelib.register import Register
from chalicelib.rest import CheckedText, NewText, Text, Texts
from chalicelib.rights import Actor
from chalicelib.settings import Settings
from chalicelib.store import Delete, Put, Store
from chalicelib.trail import Trail
from chalicelib.wording import check, refused, standard
from chalicelib.words import WITHOUT_LINK, Notice

ANY_SECRET: Final = "x" * 22  # as long as each


class Wordings:
    """Reads, checks and changes them."""

    def __init__(self, store: Store, register: Register, trail: Trail, settings: Settings) -> None:
        self._store = store
        self._register = register
        self._trail = trail
        self._settings = settings

    def own(self, trust: str, kind: MessageKind, way: Way, language: Language) -> str:
        """The trust's words for a message; empty when it has none, or none that would be taken today."""
        kept = Wording(trust=trust, kind=kind, way=way, language=language, text="")
        found = self._store.get(Wording, kept.key())
        return found.text if found and not refused(kind, way, language, found.text)[0] else ""

    def all(self, by: Actor) -> Texts:
        """Every message of the actor's trust."""
        rows = self._store.query(Wording, trust_key(by.trust), "TEXT#")
        own = {(row.kind, row.way, row.language): row.text for row in rows}
        return Texts(
            texts=[
                Text(
                    kind=kind,
                    way=way,
                    language=language,
                    text=own.get((kind, way, language), ""),
                    standard=standard(kind, way, language),
                )
                for kind in MessageKind
                for way in Way
                for language in Language
                if (kind, way) != (MessageKind.CODE, Way.MAIL)
            ]
        )

    def check(self, by: Actor, new: NewText) -> CheckedText:
        """How a text would look with the trust's longest names, and what is wrong with it; of an empty one, ours."""
        text = new.text or standard(new.kind, new.way, new.language)
        return check(text, self._longest(by.trust, new.kind, new.language), new.way)

    def change(self, by: Actor, new: NewText) -> CheckedText:
        """As `check`; what has no fault is kept, and said from now on. An empty text: ours again."""
        checked = self.check(by, new)
        if new.text and checked.problems:
            return checked
        row = Wording(trust=by.trust, kind=new.kind, way=new.way, language=new.language, text=new.text)
        self._store.write([Put(row) if new.text else Delete(row.key())])
        self._trail.trust_did(by, "text_changed")
        return checked

    def nameless(self, trust: str) -> list[str]:
        """Departments that messages cannot call by a name of their own."""
        departments = self._store.query(Department, trust_key(trust), "DEP#")
        return [d.id for d in departments if discreet_name(d, "") == ""]

    def _longest(self, trust: str, kind: MessageKind, language: Language) -> Notice:
        """A message with the trust's longest names, as what is checked must hold for all its departments."""
        home = self._register.trust(trust)
        departments = self._store.query(Department, trust_key(trust), "DEP#")
        staff = self._store.query(Staff, trust_key(trust), "STAFF#")
        return Notice(
            kind=kind,
            uid="",
            link="" if kind in WITHOUT_LINK else f"{self._settings.origin}/i#{ANY_SECRET}",
            language=language,
            department_name=max((discreet_name(d, home.name) for d in departments), key=len, default=home.name),
            department_phone=max((d.phone for d in departments), key=len, default=""),
            clinician_name=max((s.name for s in staff), key=len, default=""),
            time_zone=home.time_zone,
            starts=datetime(2026, 1, 1, tzinfo=UTC),
            minutes=30,
        )
