"""Logging out: here and, where somebody came by a portal, there; and what a portal tells of a logout elsewhere."""

from collections.abc import Callable
from contextlib import suppress
from typing import Final

from chalicelib.consultations import Consultations
from chalicelib.errors import NotFound, VenteromError
from chalicelib.lifecycle import Role
from chalicelib.oidc import RelyingParty
from chalicelib.records import Session, Trust
from chalicelib.register import Register
from chalicelib.rest import LoggedOut
from chalicelib.rights import patient
from chalicelib.sessions import Sessions, signed_in
from chalicelib.settings import Settings

LOGGED_OUT: Final = "/?logged_out"
"""The front page, which says so."""


class Logouts:
    """Ends sessions. A call that goes on is not cut by a logout elsewhere: `Sessions` sees to that."""

    def __init__(
        self,
        consultations: Consultations,
        register: Register,
        sessions: Sessions,
        patients: Callable[[], RelyingParty],
        staff: Callable[[Trust], RelyingParty],
        settings: Settings,
    ) -> None:
        self._consultations = consultations
        self._register = register
        self._sessions = sessions
        self._patients = patients
        self._staff = staff
        self._settings = settings

    def visit(self, session: Session) -> str:
        """End a visitor's session; returns where to go: to the portal, to log out there too, or to the front page."""
        self._sessions.log_out(session)
        self._note(session)
        return (self._patients().logout_address() if session.signed_in else "") or LOGGED_OUT

    def employee(self, session: Session) -> str:
        """As `visit`, for one of the staff."""
        self._sessions.log_out(session)
        party = self._staff(self._register.trust(session.trust))
        return (party.logout_address() if session.signed_in else "") or f"/staff/{session.trust}"

    def visit_elsewhere(self, told: LoggedOut) -> tuple[str, ...]:
        """The patients' portal says that somebody has logged out; returns whose pages may frame the answer.

        Nothing proves who says it, but nobody else knows the session's name, and all it can do is end that session.
        """
        if told.iss == self._settings.patient_issuer:
            self._end(told)
        return self._patients().frames()

    def visit_ended(self, token: str) -> None:
        """The patients' portal says the same itself, signed. Raises LoginFailed for any other token."""
        self._end(LoggedOut(self._settings.patient_issuer, self._patients().ended(token)))

    def employee_elsewhere(self, told: LoggedOut) -> tuple[str, ...]:
        """As `visit_elsewhere`, of a trust's issuer: which one tell the sessions that it ends."""
        trusts = {session.trust for session in self._end(told)}
        return tuple(frame for trust in sorted(trusts) for frame in self._frames(trust))

    def _end(self, told: LoggedOut) -> list[Session]:
        ended = self._sessions.log_out_elsewhere(signed_in(told.iss, told.sid)) if told.sid else []
        for session in ended:
            self._note(session)
        return ended

    def _note(self, session: Session) -> None:
        if session.role is Role.PATIENT and session.proven:
            by = patient(session.trust, session.level)
            with suppress(VenteromError):  # whoever logs out is out, whatever has become of the consultation
                self._consultations.note(by, session.consultation, "logged_out", lambda _: {})

    def _frames(self, trust: str) -> tuple[str, ...]:
        try:
            return self._staff(self._register.trust(trust)).frames()
        except NotFound:
            return ()
