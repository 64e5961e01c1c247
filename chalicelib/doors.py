"""What stands behind each door of the REST API: the request's parts to the use cases, and their results back."""

from contextlib import suppress

import msgspec

from chalicelib.edge import Answer, Request, framed, redirect
from chalicelib.errors import BadRequest, Forbidden, LinkWithdrawn, Unauthenticated
from chalicelib.limits import ADDRESS_LOGINS, ARRIVALS, LOGINS, STAFF_LOGINS, TICKETS, TRUST_ARRIVALS
from chalicelib.login_proof import proof_cookie, proof_in
from chalicelib.logins import Returned, login_cookie
from chalicelib.outcomes import of_gateway
from chalicelib.oversight_doors import OversightDoors
from chalicelib.protocol import ConsultationView, VisitView
from chalicelib.records import Consultation, Session
from chalicelib.rest import (
    Arrival,
    Booking,
    CodeGiven,
    CodeSent,
    DayList,
    DepartmentPage,
    Enter,
    Feedback,
    HandOver,
    Health,
    LoggedOut,
    LoginProof,
    Me,
    Move,
    NewGuest,
    PatientLogin,
    Receipt,
    Redirect,
    SentMessages,
    SmsWish,
    Support,
    Ticket,
    Trail,
    WhichDay,
)
from chalicelib.rights import acting, patient
from chalicelib.sessions import staff_cookie, visit_cookie
from chalicelib.tokens import digest
from chalicelib.trust_doors import TrustDoors

LONGEST_KEY = 64


class LogoutToken(msgspec.Struct, frozen=True):
    """The form of a portal that tells of a logout."""

    logout_token: str


class Doors(TrustDoors, OversightDoors):
    """One method a door."""

    def health(self, _: Request) -> Health:
        """The functions run."""
        return Health()

    def login_keys(self, _: Request) -> msgspec.Raw:
        """The public keys with which we sign in."""
        return msgspec.Raw(self._s.public_login_keys().encode())

    # ------------------------------------------------------------ visits

    def enter(self, request: Request) -> Answer:
        """Open a link."""
        link = self._s.invites.enter(request.body(Enter).secret, request.address)
        consultation = self._s.consultations.find(link.trust, link.consultation)
        try:
            # Opening the link again must not undo a login; another person's visit in this browser is none.
            session = self._s.sessions.visitor(consultation.id, request.cookie(visit_cookie(consultation.id)))
        except (Unauthenticated, LinkWithdrawn):
            return self._visit(consultation, link.guest)
        if session.guest != link.guest:
            return self._visit(consultation, link.guest)
        return Answer(self._s.sockets.for_session(consultation, session))

    def visit(self, request: Request, consultation: str) -> VisitView:
        """The visit as it stands."""
        session = self._visitor(request, consultation)
        return self._s.sockets.for_session(self._s.consultations.find(session.trust, consultation), session)

    def visit_login(self, request: Request, consultation: str) -> Redirect:
        """Where to log in."""
        session, cookie = self._visitor(request, consultation), request.cookie(visit_cookie(consultation))
        self._s.limits.count(LOGINS, session.trust, consultation, session.guest)
        self._s.limits.count(ADDRESS_LOGINS, request.address)
        nonce = request.body_or(PatientLogin()).nonce  # pages of older releases send no body
        return Redirect(self._s.logins.start_visit_login(consultation, cookie, nonce))

    def visit_login_callback(self, request: Request) -> Answer:
        """Back from the portal."""
        outcome = self._s.logins.finish_visit_login(
            request.query(Returned), lambda consultation: request.cookie(visit_cookie(consultation))
        )
        return redirect(outcome.location, *outcome.cookies)

    def proof(self, request: Request, consultation: str) -> Answer:
        """The visitor's own ID token, out of the cookie in which the login's answer left it: nothing of ours keeps it.

        Whoever asks again because the answer was lost still has the cookie.
        """
        self._s.sessions.proven_visitor(consultation, request.cookie(visit_cookie(consultation)))
        name = proof_cookie(consultation)
        return Answer(LoginProof(proof_in(request.cookie(name))), cookies=((name, ""),))

    def visit_logout(self, request: Request, consultation: str) -> Answer:
        """End the session, and go on to end that at the portal."""
        location = self._s.logouts.visit(self._visitor(request, consultation))
        return Answer(Redirect(location), cookies=((visit_cookie(consultation), ""), (proof_cookie(consultation), "")))

    def visit_logged_out(self, request: Request) -> Answer:
        """The patients' portal tells of a logout."""
        return framed(self._s.logouts.visit_elsewhere(request.query(LoggedOut)))

    def visit_ended(self, request: Request) -> None:
        """The portal itself tells of it (OpenID Connect Back-Channel Logout 1.0 section 2.5)."""
        self._s.logouts.visit_ended(request.form(LogoutToken).logout_token)

    def send_code(self, request: Request, consultation: str) -> CodeSent:
        """A one-time code by SMS."""
        return self._s.codes.send(self._visitor(request, consultation), request.address)

    def check_code(self, request: Request, consultation: str) -> Answer:
        """The code, as typed."""
        session = self._visitor(request, consultation)
        value = self._s.codes.check(session, request.body(CodeGiven).code)
        known = self._s.sessions.visitor(consultation, value)
        visit = self._s.sockets.for_session(self._s.consultations.find(known.trust, consultation), known)
        return Answer(visit, cookies=((visit_cookie(consultation), value),))

    def visit_ticket(self, request: Request, consultation: str) -> Ticket:
        """A pass for the socket."""
        session = self._s.sessions.proven_visitor(consultation, request.cookie(visit_cookie(consultation)))
        self._s.limits.count(TICKETS, session.digest)
        return self._s.tickets.issue(session)

    def feedback(self, request: Request, consultation: str) -> None:
        """How it was, for the patient to say."""
        session = self._s.sessions.proven_visitor(consultation, request.cookie(visit_cookie(consultation)))
        if session.guest:
            raise Forbidden
        by = patient(session.trust, session.level)
        self._s.consultations.feedback(by, consultation, request.body(Feedback))

    def receipt(self, request: Request, consultation: str) -> Receipt:
        """What happened, for the patient to read."""
        session = self._s.sessions.proven_visitor(consultation, request.cookie(visit_cookie(consultation)))
        if session.guest:
            raise Forbidden
        return self._s.receipts.of(self._s.consultations.find(session.trust, consultation))

    def wish_sms(self, request: Request, consultation: str) -> VisitView:
        """Whether the visitor's number wants SMS, for the visitor to say."""
        session = self._s.sessions.proven_visitor(consultation, request.cookie(visit_cookie(consultation)))
        by = msgspec.structs.replace(patient(session.trust, session.level), role=session.role)
        wanted = request.body(SmsWish).wanted
        present = self._s.invites.wish_sms(by, consultation, session.guest, wanted=wanted)
        return self._s.sockets.for_session(present, session)

    # ------------------------------------------------------------ departments

    def department(self, _: Request, trust: str, department: str) -> DepartmentPage:
        """A department's fixed address."""
        return self._s.register.page(trust, department, self._s.suspensions.words(trust))

    def arrive(self, request: Request, trust: str, department: str) -> Answer:
        """A patient at the fixed address."""
        arrival = request.body(Arrival)
        self._s.limits.count(ARRIVALS, request.address)
        self._s.limits.count(TRUST_ARRIVALS, trust)
        return self._visit(self._s.bookings.arrive(trust, department, arrival))

    # ------------------------------------------------------------ staff

    def staff_login(self, request: Request, trust: str) -> Answer:
        """To the trust's issuer."""
        self._s.limits.count(STAFF_LOGINS, request.address)
        outcome = self._s.logins.start_staff_login(trust, request.cookie(login_cookie(trust)))
        return redirect(outcome.location, *([outcome.cookie] if outcome.cookie else []))

    def staff_login_callback(self, request: Request) -> Answer:
        """Back from the trust's issuer."""
        outcome = self._s.logins.finish_staff_login(
            request.query(Returned), lambda trust: request.cookie(login_cookie(trust))
        )
        return redirect(outcome.location, *([outcome.cookie] if outcome.cookie else []))

    def me(self, request: Request, trust: str) -> Me:
        """Who is logged in."""
        by, roles = self._actor(request, trust), self._s.register.roles_of(self._employee(request, trust))
        return self._s.register.me(by, roles)

    def staff_logged_out(self, request: Request) -> Answer:
        """A trust's issuer tells of a logout."""
        return framed(self._s.logouts.employee_elsewhere(request.query(LoggedOut)))

    def log_out(self, request: Request, trust: str) -> Answer:
        """End the session, and go on to end that at the issuer."""
        session = self._employee(request, trust)
        with suppress(Forbidden):  # who is nothing here any more may still go
            self._s.trail.trust_did(self._actor(request, trust), "logged_out")
        location = self._s.logouts.employee(session)
        return Answer(Redirect(location), cookies=((staff_cookie(trust), ""),))

    def staff_ticket(self, request: Request, trust: str) -> Ticket:
        """A pass for the socket."""
        session = self._employee(request, trust)
        self._s.limits.count(TICKETS, session.digest)
        return self._s.tickets.issue(session, self._actor(request, trust).role)

    def day(self, request: Request, trust: str) -> DayList:
        """One day's list."""
        asked = request.query(WhichDay)
        return self._s.lists.read(acting(self._actors(request, trust), asked.clinician), asked)

    def book(self, request: Request, trust: str) -> Answer:
        """Book, and send the invitation if its time has come."""
        actors, once, booking = self._actors(request, trust), _key(request), request.body(Booking)
        booked = self._s.bookings.book(acting(actors, booking.clinician), booking, once)
        return Answer(self._s.sockets.for_clinician(self._s.invites.send_now(booked)), 201)

    def trail(self, request: Request, trust: str, consultation: str) -> Trail:
        """What happened."""
        return self._s.trail.read(self._actor(request, trust, consultation), consultation)

    def cancel(self, request: Request, trust: str, consultation: str) -> ConsultationView:
        """Cancel."""
        by = self._actor(request, trust, consultation)
        return self._s.sockets.for_clinician(self._s.desk.cancel(by, consultation))

    def move(self, request: Request, trust: str, consultation: str) -> ConsultationView:
        """Another time."""
        by = self._actor(request, trust, consultation)
        return self._s.sockets.for_clinician(self._s.desk.move(by, consultation, request.body(Move)))

    def hand_over(self, request: Request, trust: str, consultation: str) -> None:
        """To a colleague."""
        by = self._actor(request, trust, consultation)
        self._s.desk.hand_over(by, consultation, request.body(HandOver))

    def phone(self, request: Request, trust: str, consultation: str) -> ConsultationView:
        """By phone instead."""
        by = self._actor(request, trust, consultation)
        return self._s.sockets.for_clinician(self._s.desk.phone(by, consultation))

    def invite(self, request: Request, trust: str, consultation: str) -> ConsultationView:
        """Send again."""
        by = self._actor(request, trust, consultation)
        return self._s.sockets.for_clinician(self._s.invites.send_again(by, consultation))

    def invite_guest(self, request: Request, trust: str, consultation: str) -> Answer:
        """One more in the call."""
        by, once = self._actor(request, trust, consultation), _key(request)
        invited = self._s.company.invite(by, consultation, request.body(NewGuest), once)
        return Answer(self._s.sockets.for_clinician(invited), 201)

    def invite_guest_again(self, request: Request, trust: str, consultation: str, guest: str) -> ConsultationView:
        """Send a guest's invitation again."""
        by = self._actor(request, trust, consultation)
        return self._s.sockets.for_clinician(self._s.company.invite_again(by, consultation, guest))

    def remove_guest(self, request: Request, trust: str, consultation: str, guest: str) -> ConsultationView:
        """Show a guest out, for good."""
        by = self._actor(request, trust, consultation)
        return self._s.sockets.for_clinician(self._s.company.remove(by, consultation, guest))

    def wish_sms_for(self, request: Request, trust: str, consultation: str) -> ConsultationView:
        """Whether the patient's number wants SMS, as the patient told the department."""
        by = self._actor(request, trust, consultation)
        self._s.consultations.own(by, consultation)
        wanted = request.body(SmsWish).wanted
        return self._s.sockets.for_clinician(self._s.invites.wish_sms(by, consultation, wanted=wanted))

    def messages(self, request: Request, trust: str, consultation: str) -> SentMessages:
        """What was sent, and what became of it."""
        return self._s.sendings.of(self._actor(request, trust, consultation), consultation)

    def reference(self, request: Request, trust: str, reference: str) -> Support:
        """What support may see."""
        return self._s.references.look_up(self._actor(request, trust), reference)

    # ------------------------------------------------------------ carriers

    def sms_receipt(self, request: Request) -> None:
        """What became of an SMS, for the gateway to say."""
        key = self._s.gateway_keys.receipts
        self._s.outcomes.take(of_gateway(request.raw(), request.header, key, self._s.now()))

    # ------------------------------------------------------------ parts

    def _visit(self, consultation: Consultation, guest: str = "") -> Answer:
        sessions = self._s.sessions
        begun = sessions.begin_guest_visit(consultation, guest) if guest else sessions.begin_visit(consultation)
        session, value = begun
        return Answer(
            self._s.sockets.for_session(consultation, session), cookies=((visit_cookie(consultation.id), value),)
        )

    def _visitor(self, request: Request, consultation: str) -> Session:
        return self._s.sessions.visitor(consultation, request.cookie(visit_cookie(consultation)))


def _key(request: Request) -> str:
    """By which a request that comes twice is known: a hash, for it may hold anything. Raises BadRequest without one."""
    once = request.header("idempotency-key")
    if not 0 < len(once) <= LONGEST_KEY:
        raise BadRequest
    return digest(once)
