"""Every door into the system: the REST API, the socket, the schedule, and the functions called by name."""

import time
from collections.abc import Callable
from typing import Any

import msgspec
from chalice import Chalice, Cron, Rate, Response

from chalicelib import edge, snapshot, xray
from chalicelib.announcements import REASON
from chalicelib.doors import Doors
from chalicelib.errors import VenteromError
from chalicelib.log import Failed, fault, log
from chalicelib.metrics import Metric, measure
from chalicelib.outcomes import of_mail, of_sms_log
from chalicelib.rest import PersonQuery
from chalicelib.retention import RUN_SECONDS
from chalicelib.rights import system
from chalicelib.rotation import Secret
from chalicelib.trace import HEADER, invocation
from chalicelib.wiring import services

app = Chalice(app_name="venterom")
app.experimental_feature_flags.add("WEBSOCKETS")


@app.middleware("all")
def without_words(event: Any, go_on: Callable[[Any], Any]) -> Any:
    """Lambda logs what a function raises: only its kind and its place, for the text of an error may hold anything."""
    try:
        with invocation(lambda trace: xray.report(trace, time.time())):
            return go_on(event)
    except Exception as error:  # noqa: BLE001 - whatever it is
        raise Failed(fault(error)) from None


@app.middleware("http")
def in_our_words(event: Any, go_on: Callable[[Any], Response]) -> Response:
    """What Chalice refuses by itself is answered as everything else is."""
    return edge.in_our_words(go_on(event))


def rest(door: str, *place: str) -> Response:
    """Run a door of the REST API with the present request."""
    running = services()
    request = edge.Request(app.current_request, running.settings.origin, running.settings.trusted_proxies, door)
    return edge.rest(request, lambda r: getattr(Doors(running), door)(r, *place))


@app.route("/health")
def health() -> Response:
    """The functions run."""
    return rest("health")


@app.route("/jwks")
def login_keys() -> Response:
    """The public keys with which we sign in; portals fetch them."""
    return rest("login_keys")


@app.route("/enter", methods=["POST"])
def enter() -> Response:
    """Open a link."""
    return rest("enter")


@app.route("/visits/{consultation}")
def visit(consultation: str) -> Response:
    """The visit as it stands."""
    return rest("visit", consultation)


@app.route("/visits/{consultation}/login", methods=["POST"])
def visit_login(consultation: str) -> Response:
    """Where to log in."""
    return rest("visit_login", consultation)


@app.route("/visits/{consultation}/proof", methods=["POST"])
def proof(consultation: str) -> Response:
    """The portal's word on who has logged in, for the visitor's own browser."""
    return rest("proof", consultation)


@app.route("/visits/{consultation}/code", methods=["POST"])
def send_code(consultation: str) -> Response:
    """A one-time code by SMS."""
    return rest("send_code", consultation)


@app.route("/visits/{consultation}/code/check", methods=["POST"])
def check_code(consultation: str) -> Response:
    """The code, as typed."""
    return rest("check_code", consultation)


@app.route("/visits/{consultation}/ticket", methods=["POST"])
def visit_ticket(consultation: str) -> Response:
    """A pass for the patient's socket."""
    return rest("visit_ticket", consultation)


@app.route("/visits/{consultation}/feedback", methods=["POST"])
def feedback(consultation: str) -> Response:
    """How it was."""
    return rest("feedback", consultation)


@app.route("/visits/{consultation}/receipt")
def receipt(consultation: str) -> Response:
    """What happened to the patient's consultation."""
    return rest("receipt", consultation)


@app.route("/login/patient/callback")
def visit_login_callback() -> Response:
    """Back from the patients' portal."""
    return rest("visit_login_callback")


@app.route("/visits/{consultation}/logout", methods=["POST"])
def visit_logout(consultation: str) -> Response:
    """End the session, here and at the portal."""
    return rest("visit_logout", consultation)


@app.route("/login/patient/logout")
def visit_logged_out() -> Response:
    """The patients' portal, in a frame of its own page, tells of a logout."""
    return rest("visit_logged_out")


@app.route("/login/patient/logout", methods=["POST"], content_types=["application/x-www-form-urlencoded"])
def visit_ended() -> Response:
    """The patients' portal itself tells of a logout."""
    return rest("visit_ended")


@app.route("/login/staff/logout")
def staff_logged_out() -> Response:
    """A trust's issuer, in a frame of its own page, tells of a logout."""
    return rest("staff_logged_out")


@app.route("/departments/{trust}/{department}")
def department(trust: str, department: str) -> Response:
    """A department's fixed address."""
    return rest("department", trust, department)


@app.route("/departments/{trust}/{department}/arrivals", methods=["POST"])
def arrive(trust: str, department: str) -> Response:
    """A patient at the fixed address."""
    return rest("arrive", trust, department)


@app.route("/staff/{trust}/login")
def staff_login(trust: str) -> Response:
    """To the trust's issuer."""
    return rest("staff_login", trust)


@app.route("/login/staff/callback")
def staff_login_callback() -> Response:
    """Back from the trust's issuer."""
    return rest("staff_login_callback")


@app.route("/staff/{trust}/me")
def me(trust: str) -> Response:
    """Who is logged in."""
    return rest("me", trust)


@app.route("/staff/{trust}/logout", methods=["POST"])
def log_out(trust: str) -> Response:
    """End the clinician's session."""
    return rest("log_out", trust)


@app.route("/staff/{trust}/ticket", methods=["POST"])
def staff_ticket(trust: str) -> Response:
    """A pass for the clinician's socket."""
    return rest("staff_ticket", trust)


@app.route("/staff/{trust}/consultations")
def day(trust: str) -> Response:
    """One day's list."""
    return rest("day", trust)


@app.route("/staff/{trust}/consultations", methods=["POST"])
def book(trust: str) -> Response:
    """Book a consultation."""
    return rest("book", trust)


@app.route("/staff/{trust}/consultations/{consultation}/trail")
def trail(trust: str, consultation: str) -> Response:
    """What happened to a consultation."""
    return rest("trail", trust, consultation)


@app.route("/staff/{trust}/consultations/{consultation}/cancel", methods=["POST"])
def cancel(trust: str, consultation: str) -> Response:
    """Cancel a consultation."""
    return rest("cancel", trust, consultation)


@app.route("/staff/{trust}/consultations/{consultation}/move", methods=["POST"])
def move(trust: str, consultation: str) -> Response:
    """Move a consultation to another time."""
    return rest("move", trust, consultation)


@app.route("/staff/{trust}/consultations/{consultation}/hand_over", methods=["POST"])
def hand_over(trust: str, consultation: str) -> Response:
    """Hand a consultation over to a colleague."""
    return rest("hand_over", trust, consultation)


@app.route("/staff/{trust}/consultations/{consultation}/phone", methods=["POST"])
def phone(trust: str, consultation: str) -> Response:
    """Talk by phone instead."""
    return rest("phone", trust, consultation)


@app.route("/staff/{trust}/consultations/{consultation}/invite", methods=["POST"])
def invite(trust: str, consultation: str) -> Response:
    """Send the invitation again."""
    return rest("invite", trust, consultation)


@app.route("/staff/{trust}/consultations/{consultation}/guests", methods=["POST"])
def invite_guest(trust: str, consultation: str) -> Response:
    """Invite one more into the call."""
    return rest("invite_guest", trust, consultation)


@app.route("/staff/{trust}/consultations/{consultation}/guests/{guest}/invite", methods=["POST"])
def invite_guest_again(trust: str, consultation: str, guest: str) -> Response:
    """Send a guest's invitation again."""
    return rest("invite_guest_again", trust, consultation, guest)


@app.route("/staff/{trust}/consultations/{consultation}/guests/{guest}/remove", methods=["POST"])
def remove_guest(trust: str, consultation: str, guest: str) -> Response:
    """Show a guest out."""
    return rest("remove_guest", trust, consultation, guest)


@app.route("/staff/{trust}/references/{reference}")
def reference(trust: str, reference: str) -> Response:
    """What support may see of a consultation."""
    return rest("reference", trust, reference)


@app.route("/staff/{trust}/people/export", methods=["POST"])
def export_person(trust: str) -> Response:
    """Everything that is kept of a person."""
    return rest("export_person", trust)


@app.route("/staff/{trust}/people/erase", methods=["POST"])
def erase_person(trust: str) -> Response:
    """Take away what is kept of a person."""
    return rest("erase_person", trust)


@app.route("/staff/{trust}/purges")
def purges(trust: str) -> Response:
    """What the daily clean-up took away."""
    return rest("purges", trust)


@app.route("/staff/{trust}/audit")
def audit(trust: str) -> Response:
    """Search the trail."""
    return rest("audit", trust)


@app.route("/staff/{trust}/audit/anchors")
def anchors(trust: str) -> Response:
    """The days that can be checked."""
    return rest("anchors", trust)


@app.route("/staff/{trust}/audit/verify", methods=["POST"])
def verify(trust: str) -> Response:
    """Check a day."""
    return rest("verify", trust)


@app.route("/visits/{consultation}/sms", methods=["POST"])
def wish_sms(consultation: str) -> Response:
    """Say whether one wants SMS."""
    return rest("wish_sms", consultation)


@app.route("/staff/{trust}/consultations/{consultation}/sms", methods=["POST"])
def wish_sms_for(trust: str, consultation: str) -> Response:
    """Note whether a patient wants SMS."""
    return rest("wish_sms_for", trust, consultation)


@app.route("/staff/{trust}/consultations/{consultation}/messages")
def messages(trust: str, consultation: str) -> Response:
    """What was sent."""
    return rest("messages", trust, consultation)


@app.route("/staff/{trust}/rules")
def rules(trust: str) -> Response:
    """The trust's rules."""
    return rest("rules", trust)


@app.route("/staff/{trust}/rules", methods=["PUT"])
def set_rules(trust: str) -> Response:
    """Change the trust's rules."""
    return rest("set_rules", trust)


@app.route("/staff/{trust}/suspension")
def suspension(trust: str) -> Response:
    """Whether the trust holds video consultations."""
    return rest("suspension", trust)


@app.route("/staff/{trust}/suspension", methods=["PUT"])
def suspend(trust: str) -> Response:
    """Hold none from now on, or again."""
    return rest("suspend", trust)


@app.route("/staff/{trust}/phone_list")
def phone_list(trust: str) -> Response:
    """Whom to phone instead of meeting them by video."""
    return rest("phone_list", trust)


@app.route("/staff/{trust}/texts")
def texts(trust: str) -> Response:
    """What the trust's messages say."""
    return rest("texts", trust)


@app.route("/staff/{trust}/texts", methods=["PUT"])
def set_text(trust: str) -> Response:
    """Change what a message says."""
    return rest("set_text", trust)


@app.route("/staff/{trust}/texts/check", methods=["POST"])
def check_text(trust: str) -> Response:
    """See how a message would look."""
    return rest("check_text", trust)


@app.route("/receipts/sms", methods=["POST"])
def sms_receipt() -> Response:
    """A gateway tells what became of an SMS."""
    return rest("sms_receipt")


@app.on_ws_connect()
def ws_connect(event: Any) -> Response | None:
    """Let a socket in if its pass is good."""
    asked = event.to_dict()
    query = asked.get("queryStringParameters") or {}
    ticket, came = query.get("ticket", ""), query.get(HEADER, "")
    address = asked["requestContext"].get("identity", {}).get("sourceIp", "")
    try:
        log(door="ws_connect", role=services().signaling.connect(event.connection_id, ticket, address, came))
    except VenteromError as error:
        log(door="ws_connect", outcome=error.code)
        return Response(status_code=error.status, body="")
    return None


@app.on_ws_message()
def ws_message(event: Any) -> None:
    """Take one message."""
    log(door="ws_message", outcome=services().signaling.message(event.connection_id, event.body or ""))


@app.on_ws_disconnect()
def ws_disconnect(event: Any) -> None:
    """A socket closed."""
    services().signaling.disconnect(event.connection_id)
    log(door="ws_disconnect")


@app.schedule(Rate(1, unit=Rate.MINUTES))
def sweep(_event: Any) -> None:
    """Clear up after workers whose lease ran out, and then after sockets."""
    running = services()
    log(door="sweep", calls=running.workers.sweep())
    measure({Metric.LINES_WAITED_FOR: running.lines.waited_for()})
    log(door="sweep", rows=running.signaling.sweep(["", *running.anchors.trusts()]))


@app.schedule(Rate(1, unit=Rate.MINUTES))
def fleet(_event: Any) -> None:
    """Decide how many workers there are; called at once, too, when somebody waits for a line."""
    services().fleet.decide()


@app.lambda_function(name="recount")
def recount(event: dict[str, int], _context: Any) -> dict[str, int]:
    """Count the sums of the appointment book anew: payload ``{"days"}``, so far ahead."""
    found = services().recount.run(event["days"])
    log(door="recount", rows=found.slots, mended=found.mended, left=found.left)
    return found._asdict()


@app.schedule(Cron(40, 0, "*", "*", "?", "*"))
def anchor(_event: Any) -> None:
    """Make the anchors of the days that are over."""
    anchors = services().anchors
    for trust in anchors.trusts():
        for made in anchors.make(trust):
            log(door="anchor", anchor=made.hash, entries=made.entries)


@app.schedule(Cron(10, "1-5", "*", "*", "?", "*"))
def purge(_event: Any) -> None:
    """Take away what the trusts' rules give up, and again what was erased before the table was restored."""
    running = services()
    until = running.now() + RUN_SECONDS
    for trust in running.anchors.trusts():
        again = running.people.again(trust)
        log(door="purge", rows=running.retention.purge(trust, until).total() + again)


@app.lambda_function(name="export_person")
def export_person_of(event: dict[str, str], _context: Any) -> Any:
    """Everything that is kept of a person: payload ``{"trust", "national_id", "phone", "email"}``, any of the three."""
    by, query = system(event.pop("trust")), msgspec.convert(event, PersonQuery)
    log(door="export_person", outcome="begun")
    return msgspec.to_builtins(services().people.export(by, query))


@app.lambda_function(name="erase_person")
def erase_person_of(event: dict[str, str], _context: Any) -> Any:
    """Take away what is kept of a person: payload as of ``export_person``."""
    by, query = system(event.pop("trust")), msgspec.convert(event, PersonQuery)
    log(door="erase_person", outcome="begun")
    return msgspec.to_builtins(services().people.erase(by, query))


@app.lambda_function(name="verify_trail")
def verify_trail(event: dict[str, str], _context: Any) -> dict[str, Any]:
    """Check days by their anchors: payload ``{"trust", "first", "last"}``, the days in UTC, both included."""
    found = services().anchors.verify_all(event["trust"], event["first"], event["last"])
    log(door="verify_trail", outcome="intact" if found.intact else "broken", rows=len(found.days))
    checked: dict[str, Any] = msgspec.to_builtins(found)
    return checked


@app.lambda_function(name="deliver")
def deliver(event: dict[str, str], _context: Any) -> None:
    """Do what was scheduled: payload ``{"trust", "consultation", "reason"}``; the trust again where it is of no one."""
    log(door="deliver", outcome="begun")  # when it fails Lambda logs how, and tries again
    trust, reason = event["trust"], event["reason"]
    if reason.startswith(REASON):
        services().announcements.run(trust, reason)
    else:
        services().invites.deliver(trust, event["consultation"], reason)


@app.lambda_function(name="mail_receipt")
def mail_receipt(event: dict[str, Any], _context: Any) -> dict[str, int]:
    """SES tells, through a topic, what became of e-mail."""
    rows = services().outcomes.take_all(of_mail(event))
    log(door="mail_receipt", rows=rows)
    return {"rows": rows}


@app.lambda_function(name="sms_receipt_log")
def sms_receipt_log(event: dict[str, Any], _context: Any) -> dict[str, int]:
    """SNS tells, through its log, what became of SMS."""
    rows = services().outcomes.take_all(of_sms_log(event))
    log(door="sms_receipt_log", rows=rows)
    return {"rows": rows}


@app.lambda_function(name="register_trust")
def register_trust(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Write a trust's register: payload like ``local/trust.json``.

    ``telling`` are departments whose name tells of an illness and that have no ``message_name``: messages name the
    trust instead.
    """
    rows = services().register.enter(event)
    services().trail.trust_did(system(event["trust"]["id"]), "registered", {"rows": rows})
    log(door="register_trust", rows=rows)
    return {"rows": rows, "telling": services().wordings.nameless(str(event["trust"]["id"]))}


@app.lambda_function(name="rotate_secret")
def rotate_secret(event: dict[str, Any], _context: Any) -> dict[str, bool]:
    """Turn a secret's keys over: payload ``{"secret": "worker"}``, or ``turn``, ``pepper``, ``login_keys``.

    ``"only_if_missing": true`` leaves one that can be used alone; ``"leaked": true`` ends the use of the present keys.
    """
    done = services().rotate_secret(
        Secret(event["secret"]),
        only_if_missing=event.get("only_if_missing", False),
        leaked=event.get("leaked", False),
    )
    log(door="rotate_secret", rows=int(done))
    return {"done": done}


snapshot.keep(lambda: services().ready())
