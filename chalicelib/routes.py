"""Every door of the REST API as data: its address, what it takes and gives, and which of the staff it lets in. Pure.

All stand under ``/api``; JSON in and out. A request that changes something carries the header ``X-Venterom: 1``, which
no foreign page can send without asking first. OpenAPI and ``docs/api.md`` are generated from here, ``doors.py`` lets in
by it, and a test compares it with ``app.py``.
"""

from enum import StrEnum
from typing import Any, Final

import msgspec

from chalicelib import rest
from chalicelib.lifecycle import Role
from chalicelib.protocol import ConsultationView, VisitView

C, S, A, P, U = Role.CLINICIAN, Role.SECRETARY, Role.ADMINISTRATOR, Role.SUPPORT, Role.AUDITOR


class Who(StrEnum):
    """Whom a door asks to be somebody: nobody, a visit's cookie, the patient's after the login, the staff's, a
    carrier's signature, an issuer's."""

    ANYBODY = "anybody"
    VISITOR = "visitor"
    PROVEN = "proven"
    STAFF = "staff"
    CARRIER = "carrier"
    ISSUER = "issuer"


class Route(msgspec.Struct, frozen=True):
    """One door. ``gives`` is None for an empty answer (204, or a redirect); ``once``: an Idempotency-Key is asked for;
    ``staff``: which roles it lets in, the one in which somebody acts first."""

    method: str
    path: str
    door: str
    who: Who = Who.ANYBODY
    takes: Any = None
    query: Any = None
    gives: Any = None
    status: int = 200
    staff: tuple[Role, ...] = ()
    once: bool = False


def _staff(method: str, path: str, door: str, *roles: Role, **more: Any) -> Route:
    return Route(method, "/staff/{trust}" + path, door, Who.STAFF, staff=roles, **more)


ONE: Final = "/consultations/{consultation}"
VISIT: Final = "/visits/{consultation}"

ROUTES: Final = (
    Route("GET", "/health", "health", gives=rest.Health),
    Route("GET", "/jwks", "login_keys", gives=dict[str, Any]),
    # Visits
    Route("POST", "/enter", "enter", takes=rest.Enter, gives=VisitView),
    Route("GET", VISIT, "visit", Who.VISITOR, gives=VisitView),
    Route("POST", VISIT + "/login", "visit_login", Who.VISITOR, takes=rest.PatientLogin, gives=rest.Redirect),
    Route("POST", VISIT + "/proof", "proof", Who.PROVEN, gives=rest.LoginProof),
    Route("POST", VISIT + "/logout", "visit_logout", Who.VISITOR, gives=rest.Redirect),
    Route("POST", VISIT + "/code", "send_code", Who.VISITOR, gives=rest.CodeSent),
    Route("POST", VISIT + "/code/check", "check_code", Who.VISITOR, takes=rest.CodeGiven, gives=VisitView),
    Route("POST", VISIT + "/ticket", "visit_ticket", Who.PROVEN, gives=rest.Ticket),
    Route("POST", VISIT + "/feedback", "feedback", Who.PROVEN, takes=rest.Feedback, status=204),
    Route("POST", VISIT + "/sms", "wish_sms", Who.PROVEN, takes=rest.SmsWish, gives=VisitView),
    Route("GET", VISIT + "/receipt", "receipt", Who.PROVEN, gives=rest.Receipt),
    Route("GET", "/login/patient/callback", "visit_login_callback", status=302),
    Route("GET", "/login/patient/logout", "visit_logged_out", query=rest.LoggedOut),
    Route("POST", "/login/patient/logout", "visit_ended", Who.ISSUER, status=204),
    # Departments
    Route("GET", "/departments/{trust}/{department}", "department", gives=rest.DepartmentPage),
    Route("POST", "/departments/{trust}/{department}/arrivals", "arrive", takes=rest.Arrival, gives=VisitView),
    # Staff
    Route("GET", "/staff/{trust}/login", "staff_login", status=302),
    Route("GET", "/login/staff/callback", "staff_login_callback", status=302),
    Route("GET", "/login/staff/logout", "staff_logged_out", query=rest.LoggedOut),
    _staff("GET", "/me", "me", C, S, A, P, U, gives=rest.Me),
    _staff("POST", "/logout", "log_out", C, S, A, P, U, gives=rest.Redirect),
    _staff("POST", "/ticket", "staff_ticket", C, S, gives=rest.Ticket),
    _staff("GET", "/consultations", "day", C, S, query=rest.WhichDay, gives=rest.DayList),
    _staff("POST", "/consultations", "book", C, S, takes=rest.Booking, gives=ConsultationView, status=201, once=True),
    _staff("GET", ONE + "/trail", "trail", C, S, gives=rest.Trail),
    _staff("GET", ONE + "/messages", "messages", C, S, gives=rest.SentMessages),
    _staff("POST", ONE + "/cancel", "cancel", C, S, gives=ConsultationView),
    _staff("POST", ONE + "/invite", "invite", C, S, gives=ConsultationView),
    _staff("POST", ONE + "/move", "move", C, S, takes=rest.Move, gives=ConsultationView),
    _staff("POST", ONE + "/hand_over", "hand_over", C, S, takes=rest.HandOver, status=204),
    _staff("POST", ONE + "/phone", "phone", C, S, gives=ConsultationView),
    _staff("POST", ONE + "/sms", "wish_sms_for", C, S, takes=rest.SmsWish, gives=ConsultationView),
    _staff(
        "POST", ONE + "/guests", "invite_guest", C, S,
        takes=rest.NewGuest, gives=ConsultationView, status=201, once=True,
    ),
    _staff("POST", ONE + "/guests/{guest}/invite", "invite_guest_again", C, S, gives=ConsultationView),
    _staff("POST", ONE + "/guests/{guest}/remove", "remove_guest", C, S, gives=ConsultationView),
    _staff("GET", "/references/{reference}", "reference", C, S, P, gives=rest.Support),
    # What the trust decides
    _staff("GET", "/rules", "rules", A, gives=rest.TrustRules),
    _staff("PUT", "/rules", "set_rules", A, takes=rest.TrustRules, gives=rest.TrustRules),
    _staff("GET", "/suspension", "suspension", C, S, A, gives=rest.Suspension),
    _staff("PUT", "/suspension", "suspend", A, takes=rest.Suspension, gives=rest.Suspension),
    _staff("GET", "/phone_list", "phone_list", C, S, A, query=rest.WhichPhoneList, gives=rest.PhoneList),
    _staff("GET", "/texts", "texts", A, gives=rest.Texts),
    _staff("PUT", "/texts", "set_text", A, takes=rest.NewText, gives=rest.CheckedText),
    _staff("POST", "/texts/check", "check_text", A, takes=rest.NewText, gives=rest.CheckedText),
    _staff("POST", "/people/export", "export_person", A, takes=rest.PersonQuery, gives=rest.PersonExport),
    _staff("POST", "/people/erase", "erase_person", A, takes=rest.PersonQuery, gives=rest.Erased),
    _staff("GET", "/purges", "purges", A, U, gives=rest.Purges),
    # The auditor
    _staff("GET", "/audit", "audit", U, query=rest.AuditQuery, gives=rest.AuditPage),
    _staff("GET", "/audit/anchors", "anchors", U, gives=rest.Anchors),
    _staff("POST", "/audit/verify", "verify", U, takes=rest.Verify, gives=rest.Verified),
    # Carriers
    Route("POST", "/receipts/sms", "sms_receipt", Who.CARRIER, takes=rest.SmsReceipt, status=204),
)  # fmt: skip

BY_DOOR: Final = {route.door: route for route in ROUTES}
