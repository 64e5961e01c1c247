"""Threats to staff's rights, to sessions and cookies, and to the walls between trusts."""

import pytest

from chalicelib.errors import Conflict, NotFound, Unauthenticated
from chalicelib.lifecycle import Role
from chalicelib.protocol import LoginLevel
from chalicelib.rest import WhichPhoneList
from chalicelib.rights import Actor
from chalicelib.sessions import LONGEST_CALL_SECONDS
from tests.fakes.clinic import SETTINGS, Clinic
from tests.fakes.world import World


def test_t50_a_role_opens_its_own_doors_only(world: World) -> None:
    """T-50. Guard: a door names the roles that it lets in."""
    assert world.ask("clinician", "GET", "/staff/elvenes/audit/anchors").status == 403
    assert world.ask("auditor", "GET", "/staff/elvenes/audit/anchors").status == 200


def test_t51_a_clinician_sees_her_own_patients_only(clinic: Clinic) -> None:
    """T-51. Guard: a consultation is its clinician's."""
    booked = clinic.book()
    with pytest.raises(NotFound):
        clinic.services.desk.cancel(clinic.as_("omar-haddad"), booked.id)


def test_t52_a_secretary_sees_her_own_departments_only(clinic: Clinic) -> None:
    """T-52. Guard: a consultation is of its department."""
    booked = clinic.book()
    stranger = Actor(clinic.trust, Role.SECRETARY, "sekretaer", ("kirurgisk",), LoginLevel.HIGH)
    with pytest.raises(NotFound):
        clinic.services.desk.cancel(stranger, booked.id)


def test_t53_a_trust_reads_its_own_rows_only(clinic: Clinic) -> None:
    """T-53. Guard: the trust is part of a consultation's key."""
    booked = clinic.book()
    with pytest.raises(NotFound):
        clinic.services.consultations.find("another-trust", booked.id)


def test_t54_a_session_at_one_trust_is_none_at_another(clinic: Clinic) -> None:
    """T-54. Guard: the session's trust is compared with the door's."""
    begin = clinic.services.sessions.begin
    _, cookie = begin(trust=clinic.trust, role=Role.CLINICIAN, staff=clinic.staff, proven=True)
    assert clinic.services.sessions.employee(clinic.trust, cookie)
    with pytest.raises(Unauthenticated):
        clinic.services.sessions.employee("another-trust", cookie)


def test_t55_an_unattended_session_ends(clinic: Clinic) -> None:
    """T-55. Guard: half an hour without anything done."""
    begin = clinic.services.sessions.begin
    _, cookie = begin(trust=clinic.trust, role=Role.CLINICIAN, staff=clinic.staff, proven=True)
    clinic.clock.time += SETTINGS.idle_seconds
    with pytest.raises(Unauthenticated):
        clinic.services.sessions.employee(clinic.trust, cookie)


def test_t56_no_session_lasts_for_ever(clinic: Clinic) -> None:
    """T-56. Guard: a hard end, however much is done."""
    begin = clinic.services.sessions.begin
    session, cookie = begin(trust=clinic.trust, role=Role.CLINICIAN, staff=clinic.staff, proven=True)
    assert LONGEST_CALL_SECONDS > 60
    while clinic.clock.time < session.ends - 60:
        clinic.clock.time += min(1200, session.ends - 60 - clinic.clock.time)
        clinic.services.sessions.employee(clinic.trust, cookie)
    clinic.clock.time = session.ends
    with pytest.raises(Unauthenticated):
        clinic.services.sessions.employee(clinic.trust, cookie)


def test_t57_a_foreign_page_changes_nothing(world: World) -> None:
    """T-57. Guard: what changes something carries a header that no foreign page can send."""
    assert world.ask("clinician", "POST", "/staff/elvenes/ticket", None, **{"X-Venterom": ""}).status == 403
    assert world.ask("clinician", "POST", "/staff/elvenes/ticket").status == 200


def test_t58_no_script_reads_a_cookie_and_no_plain_line_carries_one(world: World) -> None:
    """T-58. Guard: __Host-, HttpOnly, Secure, SameSite."""
    answer = world.ask("nobody", "GET", "/staff/elvenes/login")
    (cookie,) = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-")
    assert {"Path=/", "Secure", "HttpOnly", "SameSite=Lax"} <= set(cookie.split("; "))


def test_t59_no_cache_keeps_an_answer(world: World) -> None:
    """T-59. Guard: no-store on every answer."""
    assert world.ask("clinician", "GET", "/staff/elvenes/me").headers["Cache-Control"] == ["no-store"]


def test_t60_who_left_the_register_is_out_at_once(world: World) -> None:
    """T-60. Guard: each request looks her up in the register."""
    assert world.ask("auditor", "GET", "/staff/elvenes/audit/anchors").status == 200
    world.clinic.store.rows.pop((f"T#{world.trust}", "STAFF#auditor"))
    assert world.ask("auditor", "GET", "/staff/elvenes/audit/anchors").status == 403


def test_t61_the_phone_list_shows_ones_own_patients_only(clinic: Clinic) -> None:
    """T-61. Guard: a row of it is looked at with the rights of who asks."""
    clinic.book()
    stranger = Actor(clinic.trust, Role.SECRETARY, "sekretaer", ("kirurgisk",), LoginLevel.HIGH)
    assert clinic.services.phone_lists.read([stranger], WhichPhoneList()).consultations == []
    assert len(clinic.services.phone_lists.read([clinic.by], WhichPhoneList()).consultations) == 1


def test_t62_an_administrator_has_no_phone_list_without_need(clinic: Clinic) -> None:
    """T-62. Guard: of an administrator's right there is none while the trust holds video."""
    clinic.book()
    with pytest.raises(Conflict):
        clinic.services.phone_lists.read([clinic.as_("turid-moe", Role.ADMINISTRATOR)], WhichPhoneList())
