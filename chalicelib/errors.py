"""Every error a caller can meet, each with a stable code, an HTTP status and whether trying again can help.

    VenteromError
    ├── BadRequest            malformed, unknown, too large, not SDP
    │   ├── NotJson  UnknownMessage  TooLarge  BadSdp
    ├── Unauthenticated       no session, or a ticket that is used, old or forged
    │   └── TicketInvalid
    ├── Forbidden             known, but not for this
    │   ├── WrongPerson  LevelTooLow  CodeWrong  NoRole
    ├── NotFound
    │   └── LinkUnknown
    ├── Gone                  it was there once
    │   ├── LinkExpired  LinkWithdrawn  CodeExpired
    ├── Conflict              the consultation is no longer where the caller thinks
    │   ├── IllegalTransition  Overtaken  Suspended
    ├── TooManyAttempts
    ├── LoginFailed
    │   └── LoginCancelled
    └── Unavailable           try again
        ├── NoWorker  WorkerLost  Busy

The text is for a person and never carries input. Pages translate by ``code``.
"""

from typing import ClassVar


class VenteromError(Exception):
    """Base of all; ``code`` is part of the public protocol and never changes its meaning."""

    code: ClassVar[str] = "internal"
    status: ClassVar[int] = 500
    retry: ClassVar[bool] = False
    text: ClassVar[str] = "Something failed on our side. Please try again."

    def __init__(self, wait_seconds: int = 0) -> None:
        super().__init__(self.code)
        self.wait_seconds = wait_seconds
        """When trying again can help, in seconds; 0: at any time, or nobody knows."""


class BadRequest(VenteromError):
    code, status, text = "bad_request", 400, "That request was not understood."


class NotJson(BadRequest):
    code, text = "not_json", "The message was not valid JSON."


class UnknownMessage(BadRequest):
    code, text = "unknown_message", "That kind of message is not known here."


class TooLarge(BadRequest):
    code, status, text = "too_large", 413, "The message is too large."


class BadSdp(BadRequest):
    code, text = "bad_sdp", "The session description was not understood."


class Unauthenticated(VenteromError):
    code, status, text = "unauthenticated", 401, "Please open the page again and log in."


class TicketInvalid(Unauthenticated):
    code, text = "ticket_invalid", "This connection pass is used or too old."


class Forbidden(VenteromError):
    code, status, text = "forbidden", 403, "You are not allowed to do that."


class WrongPerson(Forbidden):
    code, text = "wrong_person", "The person who logged in cannot use this link."


class LevelTooLow(Forbidden):
    code, text = "level_too_low", "This appointment asks for a higher level of login."


class CodeWrong(Forbidden):
    code, retry, text = "code_wrong", True, "The one-time code is not right."


class NoRole(Forbidden):
    code, text = "no_role", "You have no role in this service. Ask your trust's administrator of it to give you one."


class NotFound(VenteromError):
    code, status, text = "not_found", 404, "There is nothing here."


class LinkUnknown(NotFound):
    code, text = "link_unknown", "This link is not known. Check that all of it was copied."


class Gone(VenteromError):
    code, status, text = "gone", 410, "This is no longer available."


class LinkExpired(Gone):
    code, text = "link_expired", "This link has expired."


class LinkWithdrawn(Gone):
    code, text = "link_withdrawn", "This appointment was cancelled or the link was replaced."


class CodeExpired(Gone):
    code, retry, text = "code_expired", True, "The one-time code is too old or used up. Ask for a new one."


class Conflict(VenteromError):
    code, status, text = "conflict", 409, "That is not possible now."


class IllegalTransition(Conflict):
    code, text = "illegal_transition", "That is not possible in the consultation's present state."


class Overtaken(Conflict):
    code, retry, text = "overtaken", True, "Somebody else was faster. The page shows the present state."


class Suspended(Conflict):
    code, text = "suspended", "The trust holds no video consultations just now."


class TooManyAttempts(VenteromError):
    code, status, retry = "too_many_attempts", 429, True
    text = "Too many attempts. Please wait a few minutes."


class LoginFailed(VenteromError):
    code, status, retry, text = "login_failed", 400, True, "The login did not succeed. Please try again."


class LoginCancelled(LoginFailed):
    code, text = "login_cancelled", "The login was cancelled."


class Unavailable(VenteromError):
    code, status, retry, text = "unavailable", 503, True, "The service is busy. Please try again."


class NoWorker(Unavailable):
    code, text = "no_worker", "No free line just now. Please try again in a moment."


class WorkerLost(Unavailable):
    code, text = "worker_lost", "The line was lost. The clinician can call again."


class Busy(Unavailable):
    code, text = "busy", "Many people are coming at once. Please wait a moment."


def known(code: str) -> str:
    """A code that came from outside, if it is one of ours; else the code of what nobody foresaw."""
    kinds = [VenteromError]
    for kind in kinds:
        kinds += kind.__subclasses__()
    return code if any(code == kind.code for kind in kinds) else VenteromError.code
