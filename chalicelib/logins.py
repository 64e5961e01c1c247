"""Logins at the portals: patients and staff leave for their issuer, and come back as somebody."""

from collections.abc import Callable
from contextlib import suppress
from typing import Final
from urllib.parse import quote

import msgspec

from chalicelib.consultations import Consultations
from chalicelib.errors import Forbidden, LoginCancelled, LoginFailed, Overtaken, VenteromError, WrongPerson
from chalicelib.guests import expected
from chalicelib.headers import Cookie
from chalicelib.lifecycle import Role
from chalicelib.login_proof import carried
from chalicelib.oidc import RANK, LoginTooOld, RelyingParty
from chalicelib.oidc_token import Person
from chalicelib.protocol import LoginLevel
from chalicelib.records import Login, Session, Trust
from chalicelib.register import Register
from chalicelib.rights import Actor, system
from chalicelib.rings import Ring
from chalicelib.sessions import VISITORS, Sessions, signed_in, staff_cookie, visit_cookie
from chalicelib.settings import Settings
from chalicelib.store import Create, Refused, Store, Take
from chalicelib.tokens import digest

LOGIN_SECONDS: Final = 600
"""How long a person may take at the portal."""


class Returned(msgspec.Struct, frozen=True):
    """What the portal sent back in the query."""

    code: str = ""
    state: str = ""
    iss: str = ""
    error: str = ""


class Outcome(msgspec.Struct, frozen=True):
    """Where a login ended: the page to show, the new cookie if there is one, and that with the ID token if it was
    wanted."""

    location: str
    cookie: tuple[str, str] | None = None
    proof: Cookie | None = None

    @property
    def cookies(self) -> tuple[Cookie, ...]:
        """All that the browser is given."""
        return tuple(cookie for cookie in (self.cookie, self.proof) if cookie)


class Logins:
    """The two halves of each login; what is between them is kept under ``state`` and taken once."""

    def __init__(
        self,
        store: Store,
        consultations: Consultations,
        register: Register,
        sessions: Sessions,
        patients: Callable[[], RelyingParty],
        staff: Callable[[Trust], RelyingParty],
        settings: Settings,
        pepper: Callable[[], Ring],
        trust_did: Callable[[Actor, str], object],
        now: Callable[[], float],
    ) -> None:
        self._trust_did = trust_did
        self._store = store
        self._consultations = consultations
        self._register = register
        self._sessions = sessions
        self._patients = patients
        self._staff = staff
        self._settings = settings
        self._pepper = pepper
        self._now = now

    def start_visit_login(self, consultation: str, cookie: str, nonce: str = "") -> str:
        """Where to send a visitor to log in; ``nonce`` is their browser's own, if it has one. Raises Unauthenticated,
        LoginFailed when the portal is away, Forbidden to who is asked for a code instead, which is more: it tells that
        they have the phone; and to guests who need none.
        """
        session = self._sessions.visitor(consultation, cookie)
        booked = self._consultations.find(session.trust, consultation)
        receiver = expected(booked, session.guest) if session.guest else booked
        asked = receiver.login_level
        if asked is LoginLevel.CODE or (session.guest and asked is LoginLevel.NONE):
            raise Forbidden
        # A number on the booking can only be compared after a login.
        level = max(asked, LoginLevel.SUBSTANTIAL, key=RANK.__getitem__)
        # Whoever is logged in at the portal, but was not let in here, is to make room for somebody else.
        anew = bool(session.signed_in) and not session.proven
        return self._start(self._patients(), session, level, receiver.language.value, anew=anew, nonce=nonce)

    def finish_visit_login(self, returned: Returned, cookie_of: Callable[[str], str]) -> Outcome:
        """A visitor came back from the portal; ``cookie_of`` gives this browser's cookie of a consultation.

        Never raises: whatever went wrong is told by the page it leads to.
        """
        login = self._take_login(returned.state, *VISITORS)
        if login is None:
            return Outcome("/v?error=login_failed")
        place = f"#{login.consultation}"
        try:
            session = self._sessions.visitor(login.consultation, cookie_of(login.consultation))
            if session.digest != login.session:
                raise LoginFailed
            _raise_if_refused(returned)
            booked = self._consultations.find(session.trust, session.consultation)
            try:
                person = _person(self._patients(), returned, login)
            except LoginTooOld:
                return Outcome(self._again(self._patients(), session, login, booked.language.value))
            # A guest is nobody in particular: the level is all that is asked of them.
            wanted = "" if session.guest else booked.person
            fits = self._pepper().fits(wanted, session.trust, person.national_id)
            if wanted and not (person.national_id and fits):
                self._sessions.remember(session, signed_in(person.issuer, person.sid))
                raise WrongPerson
            value = self._sessions.prove(session, person.level, signed_in=signed_in(person.issuer, person.sid))
        except VenteromError as error:
            return Outcome(f"/v?error={error.code}{place}")
        by = Actor(session.trust, session.role, level=person.level)
        shown = {} if session.guest else {"login_method": person.method}
        self._consultations.note(by, session.consultation, f"logged_in_{person.level}", lambda _: shown)
        return Outcome(
            f"/v{place}", (visit_cookie(session.consultation), value), carried(session.consultation, person.token)
        )

    def start_staff_login(self, trust: str, cookie: str) -> Outcome:
        """Where to send one of the staff to log in, with the cookie that ties the login to this browser.

        ``cookie`` is that of the last login, if there was one: who was not let in then makes room for somebody else.
        """
        party = self._staff(self._register.trust(trust))
        last = self._sessions.of(cookie)
        session, value = self._sessions.begin(trust=trust, role=Role.CLINICIAN, seconds=LOGIN_SECONDS)
        anew = last is not None and bool(last.signed_in) and not last.staff
        return Outcome(self._start(party, session, LoginLevel.NONE, "nb", anew=anew), (login_cookie(trust), value))

    def finish_staff_login(self, returned: Returned, cookie_of: Callable[[str], str]) -> Outcome:
        """A clinician came back; ``cookie_of`` gives this browser's login cookie of a trust. Never raises."""
        login = self._take_login(returned.state, Role.CLINICIAN)
        if login is None:
            return Outcome("/?error=login_failed")
        page = f"/staff/{quote(login.trust)}"
        try:
            session = self._sessions.of(cookie_of(login.trust))
            if session is None or session.digest != login.session:
                raise LoginFailed
            _raise_if_refused(returned)
            party = self._staff(self._register.trust(login.trust))
            try:
                person = _person(party, returned, login)
            except LoginTooOld:
                return Outcome(self._again(party, session, login, "nb"))
            try:
                known, roles = self._register.admit(login.trust, person.subject, person.roles)
            except Forbidden:
                self._sessions.remember(session, signed_in(person.issuer, person.sid))
                raise
            _, value = self._sessions.begin(
                trust=login.trust,
                role=Role.CLINICIAN,
                staff=known.id,
                roles=roles,
                proven=True,
                level=person.level,
                signed_in=signed_in(person.issuer, person.sid),
                instead_of=session,
            )
            role = (roles or known.roles)[0]
            self._trust_did(Actor(login.trust, role, known.id, known.departments, person.level), "logged_in")
        except VenteromError as error:
            if not isinstance(error, LoginCancelled):
                with suppress(Overtaken):
                    self._trust_did(system(login.trust), "login_failed")
            return Outcome(f"{page}?error={error.code}")
        return Outcome(page, (staff_cookie(login.trust), value))

    # ------------------------------------------------------------ parts

    def _again(self, party: RelyingParty, session: Session, login: Login, locale: str) -> str:
        """Where to log in once more, for the portal let in somebody whom it had known for too long; not twice."""
        if login.anew:
            raise LoginFailed
        return self._start(party, session, login.level, locale, anew=True, nonce=login.nonce if login.bound else "")

    def _start(
        self, party: RelyingParty, session: Session, level: LoginLevel, locale: str, *, anew: bool, nonce: str = ""
    ) -> str:
        started = party.start(level, locale, anew=anew, nonce=nonce)
        login = Login(
            digest=digest(started.state),
            session=session.digest,
            trust=session.trust,
            role=session.role,
            consultation=session.consultation,
            verifier=started.verifier,
            nonce=started.nonce,
            level=level,
            anew=anew,
            bound=bool(nonce),
            expires=int(self._now()) + LOGIN_SECONDS,
        )
        self._store.write([Create(login)])
        return started.location

    def _take_login(self, state: str, *roles: Role) -> Login | None:
        key = (f"LOGIN#{digest(state)}", "LOGIN")
        login = self._store.get(Login, key)
        if login is None or login.role not in roles:
            return None
        try:
            self._store.write([Take(key)])
        except Refused:
            return None
        return login


def login_cookie(trust: str) -> str:
    """Name of the cookie that ties a clinician's login under way to the browser it began in."""
    return f"__Host-l-{trust}"


def _person(party: RelyingParty, returned: Returned, login: Login) -> Person:
    return party.finish(returned.code, returned.iss, login.verifier, login.nonce, login.level, with_token=login.bound)


def _raise_if_refused(returned: Returned) -> None:
    if returned.error == "access_denied":
        raise LoginCancelled
    if returned.error or not returned.code:
        raise LoginFailed
