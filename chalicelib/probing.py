"""The trust that nobody belongs to: in it the probe holds its test calls, and its passes open nothing else. Pure.

Registered as any other, so that a call of the probe goes every way that a call of people goes; nobody can log in
there. What it leaves is of nobody and goes as soon as rules allow.
"""

from typing import Any, Final

from chalicelib.protocol import Encryption
from chalicelib.rest import Rules

TRUST: Final = "probe"
DEPARTMENT: Final = "probe"
HOURS: Final = 24
ENTRY: Final[dict[str, Any]] = {
    "trust": {
        "id": TRUST,
        "name": "Prøve",
        "time_zone": "Europe/Oslo",
        # RFC 6761: a name that nothing answers to
        "login": {"issuer": "https://probe.invalid", "client_id": "nobody"},
    },
    "departments": [{"id": DEPARTMENT, "name": "Prøve", "phone": "+447700900000"}],
    # One for each hour of the day, so that no list grows long.
    "staff": [{"id": f"probe-{hour}", "name": "Prøve", "departments": [DEPARTMENT]} for hour in range(HOURS)],
}
"""Its register, as the function ``register_trust`` takes it."""
RULES: Final = Rules(
    lead_days=0,
    remind_hours=0,
    missing_minutes=0,
    keep_contact_days=1,
    keep_feedback_days=1,
    keep_consultation_days=1,
    keep_trail_days=365,
    encryption=Encryption.PREFERRED,
)
"""No message goes out by itself, and everything is kept for as short a time as a trust can choose. The probe sends
numbered packets that nothing seals (client/page.py)."""
SESSION_SECONDS: Final = 300
"""How long the probe's clinician may be there: longer than a test call, shorter than until the next."""


def staff_of(now: float) -> str:
    """Which of its clinicians holds the test calls at that time."""
    return f"probe-{int(now) // 3600 % HOURS}"
