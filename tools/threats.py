"""The threats that we know, by flow: what guards against each, which test holds the guard, and the guard as a patch.

``docs/threat-model.md`` is made of it by `make generate`; `make check-guards` takes each guard away and wants its test
to fail. STRIDE: spoofing, tampering, repudiation, information disclosure, denial of service, elevation of privilege.
"""

from typing import Final, NamedTuple


class Threat(NamedTuple):
    """One of them. ``without``: a piece of ``file`` and what to put in its place, so that the guard is gone; ``test``:
    within tests/security."""

    id: str
    stride: str
    threat: str
    guard: str
    file: str
    without: tuple[str, str]
    test: str


class Flow(NamedTuple):
    """Where things can be attacked, with what matters there."""

    name: str
    about: str
    threats: tuple[Threat, ...]


def _token(number: int, case: str, threat: str, guard: str, line: str) -> Threat:
    test = f"test_login.py::test_a_token_that_is_not_for_this_login_is_refused[{case}]"
    return Threat(f"T-{number}", "S", threat, guard, "chalicelib/oidc_token.py", (line, "    pass"), test)


ENTERING: Final = Flow(
    "Invitation and entering",
    "A link is all that a visitor brings; whoever has it may try to be its receiver.",
    (
        Threat("T-01", "S", "Somebody guesses links", "wrong links are counted by address", "chalicelib/invites.py",
               ("self._limits.count(WRONG_LINKS, address)", "pass"), "test_entering.py::test_t01_links_cannot_be_guessed_for_long"),
        Threat("T-02", "I", "Somebody reads the table and has all links", "of a secret only its hash is stored", "chalicelib/tokens.py",
               ('return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()', "return secret"),
               "test_entering.py::test_t02_who_reads_the_table_has_no_link"),
        Threat("T-03", "E", "A withdrawn link is used", "each use reads the consultation", "chalicelib/invites.py",
               ("if consultation.state is State.CANCELLED or (", "if False and ("), "test_entering.py::test_t03_a_withdrawn_link_opens_nothing"),
        Threat("T-04", "E", "An old link is found and used", "a link ends a day after the appointment", "chalicelib/invites.py",
               ("if self._over(consultation):\n            raise LinkExpired", "if False:\n            raise LinkExpired"),
               "test_entering.py::test_t04_an_old_link_opens_nothing"),
        Threat("T-05", "S", "A guesser writes another address into X-Forwarded-For", "the address that our own proxy saw counts", "chalicelib/edge.py",
               ("return seen[-self._trusted_proxies] if len(seen) >= self._trusted_proxies else seen[0]", "return seen[0]"),
               "test_entering.py::test_t05_no_guesser_hides_behind_a_header"),
        Threat("T-06", "I", "Whoever finds a link learns who was invited", "people are named to whoever is proven only", "chalicelib/sockets.py",
               ("for g in c.guests] if logged_in else []", "for g in c.guests]"),
               "test_entering.py::test_t06_a_link_alone_tells_nobody_who_was_invited"),
        Threat("T-07", "D", "A link is opened without end", "openings are counted by link", "chalicelib/invites.py",
               ("self._limits.count(OPENINGS, link.digest)", "pass"), "test_entering.py::test_t07_one_link_cannot_be_opened_without_end"),
        Threat("T-08", "E", "A guest who was shown out comes back", "each use of a session looks for its guest", "chalicelib/sessions.py",
               ("        if session.guest:\n            expected(", "        if False:\n            expected("),
               "test_entering.py::test_t08_a_guest_who_was_shown_out_stays_out"),
        Threat("T-09", "S", "Whoever has the link passes for the patient", "a visit begins unproven when a login is asked for", "chalicelib/sessions.py",
               ("proven = consultation.login_level is LoginLevel.NONE and not consultation.person", "proven = True"),
               "test_entering.py::test_t09_a_link_is_no_login"),
    ),
)  # fmt: skip

LOGIN: Final = Flow(
    "Login at the portals, patients and staff",
    "Nothing that a browser carries is believed before every check of the token.",
    (
        Threat("T-10", "S", "Another person logs in with the link", "the identity number is compared, as a keyed hash", "chalicelib/logins.py",
               ("if wanted and not (person.national_id and fits):", "if False:"),
               "test_login.py::test_t10_another_person_with_the_link_stays_out"),
        Threat("T-11", "S", "A login's answer is used again", "its state is taken once", "chalicelib/logins.py",
               ("self._store.write([Take(key)])", "pass"), "test_login.py::test_t11_what_came_back_once_is_worth_nothing"),
        Threat("T-12", "S", "A victim's browser is made to end somebody else's login", "a login ends where it began", "chalicelib/logins.py",
               ("            if session.digest != login.session:", "            if False:"),
               "test_login.py::test_t12_nobody_is_logged_in_as_somebody_elses_login"),
        Threat("T-13", "E", "A weaker login than the trust asks for", "the level reached is compared", "chalicelib/oidc.py",
               ("if RANK[person.level] < RANK[level]:", "if False:"), "test_login.py::test_t13_a_weak_login_is_not_enough"),
        _token(14, "t14", "A token of another login is put in", "nonce",
               '    _require("nonce", bool(expected.nonce) and claims.get("nonce") == expected.nonce)'),
        _token(15, "t15", "A token made for another service is put in", "audience",
               '    _require("audience", audience in (expected.client_id, [expected.client_id]))'),
        _token(16, "t16", "A token of another issuer is put in", "issuer", '    _require("issuer", claims.get("iss") == expected.issuer)'),
        Threat("T-17", "S", "A token that nobody signed", "only algorithms that we name", "chalicelib/oidc_issuer.py",
               ("return jwt.decode(token, self._keys.get(), algorithms=ALGORITHMS).claims",
                'return jwt.decode(token, self._keys.get(), algorithms=["none", *ALGORITHMS]).claims'), "test_login.py::test_t17_an_unsigned_token_is_refused"),
        _token(18, "t18", "An old token is put in", "expiry", '    _require("expired", _number(claims, "exp") > now - SKEW)'),
        _token(19, "t19", "A token dated ahead lives longer", "issue time",
               '    _require("from the future", issued <= now + SKEW and _number(claims, "nbf", 0) <= now + SKEW)'),
        Threat("T-20", "S", "The answer of one issuer is given for another's", "the response's issuer (RFC 9207)", "chalicelib/oidc.py",
               ("if iss != metadata.issuer and (", "if False and ("),
               "test_login.py::test_t20_an_answer_mixed_up_between_issuers_is_refused"),
        Threat("T-21", "E", "A cookie planted before the login is used after it", "a new session takes the old one's place", "chalicelib/sessions.py",
               ("writes.append(Take(instead_of.key()))", "pass"),
               "test_login.py::test_t21_a_session_planted_before_the_login_is_worth_nothing_after_it"),
        Threat("T-22", "E", "Anybody with a login of the trust's directory comes in", "who is not in the register stays out", "chalicelib/register.py",
               ("            known = self.staff(trust, subject)\n", "            known = Staff(trust=trust, id=subject, name=\"\")\n"), "test_login.py::test_t22_a_stranger_with_a_login_of_the_trust_stays_out"),
        Threat("T-23", "S", "A stolen code is redeemed elsewhere", "PKCE: the browser carries a hash of the verifier", "chalicelib/oidc.py",
               ('"code_challenge": _base64url(hashlib.sha256(verifier.encode()).digest()),', '"code_challenge": verifier,'),
               "test_login.py::test_t23_nobody_learns_the_code_verifier"),
        Threat("T-100", "I", "An ID token with the identity number goes where nobody asked for it", "only a login with a nonce of the browser's own has its token handed up",
               "chalicelib/oidc.py", (' if with_token else person', ''), "test_login.py::test_t100_no_token_leaves_without_being_asked_for"),
        Threat("T-101", "I", "The ID token stays in a shared browser", "its cookie ends after minutes, and as soon as the page has it", "chalicelib/login_proof.py",
               ("return (proof_cookie(consultation), token, SECONDS) if", "return (proof_cookie(consultation), token) if"),
               "test_login.py::test_t101_a_token_does_not_stay_in_the_browser"),
        Threat("T-102", "T", "What rides in a cookie adds a header", "it has the shape of a token", "chalicelib/login_proof.py",
               ("if len(value) <= LONGEST and JWS.fullmatch(value) else", "if value else"),
               "test_login.py::test_t102_nothing_but_a_token_rides_in_the_cookie"),
    ),
)  # fmt: skip

CODES: Final = Flow(
    "One-time codes",
    "Six digits are few; the guards are in how often and by whom they may be tried.",
    (
        Threat("T-24", "S", "Codes are guessed", "a code is void after five tries", "chalicelib/codes.py",
               ("if held is None or held.tries >= MOST_TRIES:", "if held is None:"), "test_codes.py::test_t24_a_code_cannot_be_guessed"),
        Threat("T-25", "S", "An old SMS is used", "a code expires", "chalicelib/codes.py",
               ("expires=int(self._now()) + self._settings.code_seconds,", "expires=None,"), "test_codes.py::test_t25_an_old_code_is_void"),
        Threat("T-26", "D", "Somebody with the same link uses up the patient's tries", "a code and its tries are its session's", "chalicelib/records.py",
               ('return f"SESSION#{self.session}", "CODE"', 'return "SESSION#any", "CODE"'), "test_codes.py::test_t26_another_browser_cannot_use_up_the_tries"),
        Threat("T-27", "D", "We are made to send SMS without end", "codes are counted by number", "chalicelib/codes.py",
               ("self._limits.count(CODES, session.trust, phone)", "pass"), "test_codes.py::test_t27_nobody_makes_us_send_sms_without_end"),
        Threat("T-28", "I", "Somebody reads the table and has the code", "a keyed hash is kept", "chalicelib/codes.py",
               ('digest=self._pepper().hash("code", session.digest, code),', "digest=code,"),
               "test_codes.py::test_t28_who_reads_the_table_has_no_code"),
    ),
)  # fmt: skip

SOCKETS: Final = Flow(
    "Sockets, signalling, the call, the media worker",
    "Who somebody is stands in the socket's row; nothing that a message says changes it.",
    (
        Threat("T-30", "S", "A ticket is used a second time", "it is taken as it is used", "chalicelib/tickets.py",
               ("self._store.write([Take(ticket.key())])", "pass"), "test_sockets.py::test_t30_a_ticket_opens_one_socket"),
        Threat("T-31", "S", "A ticket is found later", "it expires after half a minute", "chalicelib/tickets.py",
               ("expires=int(self._now()) + seconds,", "expires=None,"), "test_sockets.py::test_t31_an_old_ticket_opens_nothing"),
        Threat("T-32", "S", "Somebody passes for a media worker", "the pass is signed", "chalicelib/tokens.py",
               ("if not any(hmac.compare_digest(keyed(key, body).encode(), given) for key in keys):", "if not keys:"),
               "test_sockets.py::test_t32_nobody_else_is_a_worker"),
        Threat("T-33", "S", "A worker's pass is overheard and used", "its nonce is remembered", "chalicelib/tickets.py",
               ("self._store.write([once, *also])", "self._store.write([*also] or [])"),
               "test_sockets.py::test_t33_a_workers_pass_works_once"),
        Threat("T-34", "E", "A patient says what only clinicians may", "each role has its own parser", "chalicelib/signaling.py",
               ("Role.PATIENT: p.parse_patient", "Role.PATIENT: p.parse_clinician"),
               "test_sockets.py::test_t34_a_patient_says_nothing_that_clinicians_say"),
        Threat("T-35", "E", "A patient acts in somebody else's consultation", "it is the socket's own", "chalicelib/visit_messages.py",
               ("if consultation != socket.consultation:", "if False:"), "test_sockets.py::test_t35_a_patient_is_in_no_other_consultation"),
        Threat("T-36", "D", "Huge messages", "a limit before parsing", "chalicelib/protocol.py",
               ("if len(raw) > MAX_MESSAGE:", "if False:"), "test_sockets.py::test_t36_a_message_is_not_endless"),
        Threat("T-37", "T", "Something else than a description reaches the worker's parser", "its shape is looked at", "chalicelib/protocol.py",
               ("if sdp is not None and not looks_like_sdp(sdp):", "if False:"), "test_sockets.py::test_t37_what_is_no_description_goes_to_no_worker"),
        Threat("T-38", "S", "One worker answers for another's call", "a room is the worker's that carries it", "chalicelib/worker_messages.py",
               ("return consultation if present and consultation.worker == socket.worker else None", "return consultation if present else None"),
               "test_sockets.py::test_t38_a_worker_answers_for_its_own_calls_only"),
        Threat("T-39", "E", "A guest joins unasked", "it rings for the admitted only", "chalicelib/guests.py",
               ("if consultation.state is not State.IN_CALL or not guest.admitted:", "if consultation.state is not State.IN_CALL:"), "test_sockets.py::test_t39_a_guest_who_was_not_let_in_is_in_no_call"),
        Threat("T-103", "S", "Somebody agrees on keys who is not in the call", "words of keys go from who is in it to who is in it", "chalicelib/call_messages.py",
               ("        if self._seat(socket, consultation) not in there:", "        if False:"), "test_sockets.py::test_t103_nobody_outside_the_call_agrees_on_keys"),
        Threat("T-104", "S", "Keys for somebody who is not in the call are sent to them", "the seats of the call are looked at", "chalicelib/call_messages.py",
               ("if other is not seat and other in there:", "if other is not seat:"), "test_sockets.py::test_t104_nobody_outside_the_call_is_told_of_keys"),
        Threat("T-40", "I", "A worker writes words of its own to a page", "only codes of ours are handed on", "chalicelib/errors.py",
               ("return code if any(code == kind.code for kind in kinds) else VenteromError.code", "return code"),
               "test_sockets.py::test_t40_a_worker_writes_no_words_to_a_page"),
        Threat("T-41", "I", "A page hears on after its owner logged out", "logging out closes its sockets", "chalicelib/sessions.py",
               ("            self._close(opened.connection)", "            pass"), "test_sockets.py::test_t41_a_logged_out_page_hears_nothing_more"),
        Threat("T-42", "E", "TURN credentials are used for years", "they hold their own end", "chalicelib/turn.py",
               ('username = f"{int(now) + seconds}:{subject}"', 'username = f"9999999999:{subject}"'), "test_sockets.py::test_t42_turn_credentials_end"),
        Threat("T-43", "S", "A stranger takes over a line at the worker", "the integrity of each check (RFC 8445)", "media_worker/ice.py",
               ("if not check.message.check_message_integrity(key):", "if False:"), "test_sockets.py::test_t43_who_does_not_know_the_password_takes_no_line"),
        Threat("T-44", "S", "A worker says that it is another", "its name is its pass's", "chalicelib/workers.py",
               ("self._row(socket, message.capacity", 'self._row(__import__("msgspec").structs.replace(socket, worker=message.worker), message.capacity'), "test_sockets.py::test_t44_a_worker_speaks_for_itself"),
        Threat("T-45", "S", "Somebody passes for the probe and calls", "its pass is signed with a key of its own", "chalicelib/tickets.py",
               ("keys, now = self._ring(self._settings.secret_probe).keys,", "keys, now = self._ring(self._settings.secret_worker).keys,"),
               "test_probe.py::test_t45_nobody_else_is_the_probe"),
        Threat("T-46", "S", "One signed pass is shown as another kind", "the kind is signed with it, and looked at", "chalicelib/tokens.py",
               ("if shown != kind or int(expiry) < now:", "if int(expiry) < now:"), "test_probe.py::test_t46_a_pass_is_of_its_kind"),
        Threat("T-47", "E", "Whoever has the probe's key is a clinician of a trust", "it opens a trust that nobody belongs to", "chalicelib/tickets.py",
               ("trust=probing.TRUST,", 'trust="elvenes",'), "test_probe.py::test_t47_the_probes_key_opens_no_other_trust"),
        Threat("T-48", "E", "Somebody real is put into the probe's trust", "its register is what it is", "chalicelib/register.py",
               ("if of.id == probing.TRUST and given", "if False and given"), "test_probe.py::test_t48_nobody_else_is_in_the_probes_trust"),
        Threat("T-49", "E", "The probe's clinician stays", "her session ends before the next call", "chalicelib/tickets.py",
               ("ends = now + probing.SESSION_SECONDS", "ends = now + 10**6"), "test_probe.py::test_t49_the_probes_clinician_does_not_stay"),
    ),
)  # fmt: skip

STAFF: Final = Flow(
    "Staff's rights, sessions, cookies, the walls between trusts",
    "A trust is part of every key; a role opens its doors, a department and a name the rows behind them.",
    (
        Threat("T-50", "E", "One of the staff uses another role's door", "a door names its roles", "chalicelib/register.py",
               ("for r in allowed if r in roles]", "for r in allowed]"), "test_staff.py::test_t50_a_role_opens_its_own_doors_only"),
        Threat("T-51", "E", "A clinician acts on a colleague's patient", "a consultation is its clinician's", "chalicelib/rights.py",
               ("return by.role is Role.CLINICIAN and consultation.staff == by.staff", "return by.role is Role.CLINICIAN"),
               "test_staff.py::test_t51_a_clinician_sees_her_own_patients_only"),
        Threat("T-52", "E", "A secretary acts in another department", "a consultation is of its department", "chalicelib/rights.py",
               ("return consultation.department in by.departments", "return True"),
               "test_staff.py::test_t52_a_secretary_sees_her_own_departments_only"),
        Threat("T-53", "I", "A trust reads another's rows", "the trust is in the key", "chalicelib/records.py",
               ('    return f"T#{trust}#C#{consultation}"', '    return f"T#any#C#{consultation}"'),
               "test_staff.py::test_t53_a_trust_reads_its_own_rows_only"),
        Threat("T-54", "E", "A session of one trust is used at another", "session and door are compared", "chalicelib/sessions.py",
               ("if session is None or not session.staff or session.trust != trust:", "if session is None or not session.staff:"),
               "test_staff.py::test_t54_a_session_at_one_trust_is_none_at_another"),
        Threat("T-55", "S", "Somebody sits down at an unattended screen", "half an hour without anything done", "chalicelib/sessions.py",
               ("return not opened and self._now() - session.seen >= self._settings.idle_seconds", "return False"),
               "test_staff.py::test_t55_an_unattended_session_ends"),
        Threat("T-56", "S", "A stolen cookie is kept alive for ever", "a hard end", "chalicelib/sessions.py",
               ("        if session.logged_out or self._now() >= session.ends:\n            return not", "        if session.logged_out:\n            return not"), "test_staff.py::test_t56_no_session_lasts_for_ever"),
        Threat("T-57", "T", "A foreign page sends a request with our cookies", "a header that it cannot send", "chalicelib/edge.py",
               ("        if not request.safe:", "        if False:"), "test_staff.py::test_t57_a_foreign_page_changes_nothing"),
        Threat("T-58", "I", "A script or a line in clear gives a cookie away", "__Host-, HttpOnly, Secure, SameSite", "chalicelib/edge.py",
               ("; Path=/; Secure; HttpOnly; SameSite=Lax", "; Path=/"), "test_staff.py::test_t58_no_script_reads_a_cookie_and_no_plain_line_carries_one"),
        Threat("T-59", "I", "A shared cache keeps an answer", "no-store", "chalicelib/headers.py",
               ('"Cache-Control": "no-store"', '"Cache-Control": "public"'), "test_staff.py::test_t59_no_cache_keeps_an_answer"),
        Threat("T-60", "E", "Somebody who left goes on", "each request looks into the register", "chalicelib/register.py",
               ("            known = self.staff(who.trust, who.staff)\n", "            known = Staff(trust=who.trust, id=who.staff, name=\"\")\n"), "test_staff.py::test_t60_who_left_the_register_is_out_at_once"),
        Threat("T-61", "I", "The list of whom to phone shows a colleague's patients", "it is by the rights of who asks", "chalicelib/phone_lists.py",
               ("if any(by.role is Role.ADMINISTRATOR or owns(by, c) for by in actors)]", "]"),
               "test_staff.py::test_t61_the_phone_list_shows_ones_own_patients_only"),
        Threat("T-62", "I", "An administrator looks up patients by the list of whom to phone", "she has it today only, and while video is stopped", "chalicelib/phone_lists.py",
               ("seeing = [by for by in actors if whole or by.role is not Role.ADMINISTRATOR]", "seeing = list(actors)"),
               "test_staff.py::test_t62_an_administrator_has_no_phone_list_without_need"),
    ),
)  # fmt: skip

MESSAGES: Final = Flow(
    "Messages to people, and receipts of them",
    "An SMS is read on a locked screen by whoever is near.",
    (
        Threat("T-70", "I", "A text tells why somebody is treated", "a list of words that tell", "chalicelib/telling.py",
               ("return any(_pattern(language).fullmatch(form)", "return any(False and _pattern(language).fullmatch(form)"),
               "test_messages.py::test_t70_no_message_tells_why_somebody_is_treated"),
        Threat("T-71", "I", "Invisible characters hide a word from the list", "they are taken out first", "chalicelib/telling.py",
               ('UNSEEN.sub("", text)', "text"), "test_messages.py::test_t71_no_word_is_hidden_from_the_list"),
        Threat("T-72", "T", "A name adds a line to a calendar", "line breaks are escaped", "chalicelib/calendar_file.py",
               ('(";", "\\\\;"), (",", "\\\\,"), ("\\n", "\\\\n")', '(";", "\\\\;"), (",", "\\\\,"), ("\\n", "\\r\\n")'),
               "test_messages.py::test_t72_a_name_adds_no_line_to_a_calendar"),
        Threat("T-73", "T", "An address adds a receiver to an e-mail", "the address must be one", "chalicelib/mail.py",
               ('message["To"] = Address(addr_spec=recipient)', 'message.add_header("X-To", recipient.replace("\\r\\n", " "))'),
               "test_messages.py::test_t73_an_address_adds_no_receiver"),
        Threat("T-74", "I", "Numbers go to the SMS gateway in clear", "its address must be HTTPS", "chalicelib/gateway.py",
               ('if parts.scheme != "https" and parts.hostname not in LOOPBACK:', "if False:"),
               "test_messages.py::test_t74_no_sms_goes_over_a_line_in_clear"),
        Threat("T-75", "D", "A function that dies as it sends sends again and again", "what was handed over is not sent again", "chalicelib/outgoing.py",
               ("if row.handed_over and not self._carrier(way).repeatable:", "if False:"),
               "test_messages.py::test_t75_a_message_goes_once_though_its_function_dies"),
        Threat("T-76", "I", "A link's secret lands in servers' logs", "it is the fragment", "chalicelib/outgoing.py",
               ('{self._settings.origin}/i#{self._secret(row)}', '{self._settings.origin}/i?s={self._secret(row)}'), "test_messages.py::test_t76_a_secret_link_stands_in_no_address_that_reaches_a_server"),
        Threat("T-77", "S", "Anybody says that a message arrived", "a receipt is signed (Standard Webhooks)", "chalicelib/outcomes.py",
               ("if not any(hmac.compare_digest(wanted.encode(), one.encode(errors=\"replace\")) for one in given):", "if not given:"),
               "test_messages.py::test_t77_nobody_else_says_what_became_of_a_message"),
        Threat("T-78", "S", "A receipt is overheard and sent again much later", "its time is looked at", "chalicelib/outcomes.py",
               ("if not time.isdigit() or len(time) > 12 or abs(now - int(time)) > CLOCK_SECONDS:", "if not time.isdigit():"),
               "test_messages.py::test_t78_an_old_receipt_says_nothing"),
    ),
)  # fmt: skip

RECORDS: Final = Flow(
    "Trail, retention and erasure, logs, secrets",
    "What is kept is little, what happened cannot be rewritten, and a log names nobody.",
    (
        Threat("T-80", "R", "An entry of the trail is changed", "its hash is over itself", "chalicelib/chain.py",
               ("        if entry.hash != entry_hash(entry):\n            return False\n", ""), "test_records.py::test_t80_a_changed_entry_breaks_the_chain"),
        Threat("T-81", "R", "An entry is taken out", "each names the one before", "chalicelib/chain.py",
               ("        if not follows and not (entry.number > at + 1 and gone(entry.previous)):\n            return False\n", ""),
               "test_records.py::test_t81_a_removed_entry_breaks_the_chain"),
        Threat("T-82", "R", "Somebody reads a trail unseen", "a reading is an entry", "chalicelib/trail.py",
               ("return None if again else {}", "return None"), "test_records.py::test_t82_reading_a_trail_is_seen"),
        Threat("T-83", "I", "What has expired is read on for days", "reads compare the time", "chalicelib/store.py",
               ("return row.expires is not None and row.expires <= self._now()", "return False"),
               "test_records.py::test_t83_what_has_expired_is_gone_at_once"),
        Threat("T-84", "I", "Identity numbers are read from the table", "a keyed hash is kept", "chalicelib/bookings.py",
               ("person=self._pepper().hash(by.trust, booking.national_id)", "person=booking.national_id"), "test_records.py::test_t84_a_national_identity_number_is_kept_nowhere"),
        Threat("T-85", "S", "A key that was given away is used", "the ring forgets it", "chalicelib/rings.py",
               ("return Ring((mint(), mint(), *self.keys)[:keep])", "return Ring((mint(), mint(), *self.keys))"),
               "test_records.py::test_t85_a_key_that_was_given_away_signs_nothing"),
        Threat("T-86", "I", "A log line names somebody", "fields by allow-list", "chalicelib/log.py",
               ("if unknown := fields.keys() - FIELDS:", "if unknown := fields.keys() - fields.keys():"),
               "test_records.py::test_t86_only_what_is_on_the_list_is_logged"),
        Threat("T-87", "I", "An error's text quotes what somebody wrote", "kind and place only", "chalicelib/log.py",
               ('return f"{type(error).__name__}{place}"', 'return f"{error!r}{place}"'), "test_records.py::test_t87_the_text_of_an_error_is_not_logged"),
        Threat("T-88", "I", "Lambda logs what a function raises", "it is named anew", "app.py",
               ("raise Failed(fault(error)) from None", "raise"), "test_records.py::test_t88_lambda_logs_no_text_of_an_error"),
        Threat("T-89", "I", "A header's words are stored", "its hash is kept", "chalicelib/doors.py",
               ("return digest(once)", "return once"), "test_records.py::test_t89_an_idempotency_key_may_hold_anything"),
        Threat("T-96", "I", "Names stay for ever", "the daily clean-up, by the trust's rule", "chalicelib/retention.py",
               ("return self._eraser.contacts(by, consultation, \"contacts_purged\", may)[0]", "return False"),
               "test_records.py::test_t96_names_go_by_the_rule"),
        Threat("T-97", "I", "A person's data stay though they asked", "erasure takes all that names them", "chalicelib/people.py",
               ("taken, messages = self._eraser.contacts(by, consultation, what, self._over, guest)", "taken, messages = False, 0"),
               "test_records.py::test_t97_who_asks_is_forgotten"),
        Threat("T-98", "I", "What was erased is there again after a restore", "erasures are kept apart, as random ids, and done again", "chalicelib/people.py",
               ("self._take(system(trust), consultation, guest, \"erased_again\", counts)", "pass"),
               "test_records.py::test_t98_who_was_forgotten_stays_forgotten"),
    ),
)  # fmt: skip

DEPLOYMENT: Final = Flow(
    "Pages, deployment, supply chain, denial of service",
    "What runs is what was pinned, as little of it as can be, and nothing of what comes in is endless.",
    (
        Threat("T-90", "D", "Huge bodies", "a limit before parsing", "chalicelib/edge.py",
               ("        if len(raw) > MAX_BODY:", "        if False:"), "test_records.py::test_t90_a_body_is_not_endless"),
        Threat("T-91", "T", "A registry serves another package", "hashes of all that is installed", "media_worker/Dockerfile",
               ("--require-hashes --requirement requirements.txt", "--requirement requirements.txt"),
               "test_records.py::test_t91_only_what_was_pinned_is_installed"),
        Threat("T-92", "E", "Whoever breaks the worker is root in its container", "a user of its own", "media_worker/Dockerfile",
               ("\nUSER 10001\n", "\n"), "test_records.py::test_t92_the_worker_is_not_root"),
        Threat("T-93", "E", "TURN becomes a way into our network", "every peer is denied but the workers", "turn/turnserver.conf",
               ("\ndenied-peer-ip=0.0.0.0-255.255.255.255\n", "\n"), "test_records.py::test_t93_turn_reaches_nobody_but_the_workers"),
        Threat("T-94", "D", "TURN carries strangers' traffic", "time-limited passwords", "turn/turnserver.conf",
               ("\nuse-auth-secret\n", "\n"), "test_records.py::test_t94_turn_serves_nobody_without_a_fresh_password"),
        Threat("T-95", "T", "Foreign code runs in a page, or frames it", "Content-Security-Policy", "chalicelib/headers.py",
               ("            \"frame-ancestors 'none'\",\n", ""), "test_records.py::test_t95_no_page_runs_what_is_not_ours"),
        Threat("T-105", "S", "Somebody goes around CloudFront to the API, and writes the address she comes from", "the API hears whoever says CloudFront's word", "infra/entrance.py",
               ("                    \"Condition\": {\"StringEquals\": {\"aws:Referer\": heard}},\n", ""),
               "test_entrance.py::test_t105_nobody_goes_around_cloudfront[first]"),
        Threat("T-99", "D", "One socket floods the functions", "its messages are counted", "chalicelib/floods.py",
               ("return self._counts[connection] > MOST", "return False"), "test_sockets.py::test_t99_a_socket_is_not_heard_without_end"),
    ),
)  # fmt: skip

FLOWS: Final = (ENTERING, LOGIN, CODES, SOCKETS, STAFF, MESSAGES, RECORDS, DEPLOYMENT)
THREATS: Final = {threat.id: threat for flow in FLOWS for threat in flow.threats}
