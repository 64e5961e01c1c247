"""A login belongs to the browser it was done in: what it brought is kept, and asked for anew where it is missing."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.browsers import BROWSERS
from tests.e2e.people import Patient

KEPT = """
() => new Promise((resolve, reject) => {
  const opened = indexedDB.open("venterom");
  opened.onerror = () => reject(opened.error);
  opened.onsuccess = () => {
    const all = opened.result.transaction("logins").objectStore("logins").getAll();
    all.onsuccess = () => {
      opened.result.close();
      resolve(all.result.map((one) => ({
        token: one.token, pending: one.pending, readable: one.pair.privateKey.extractable,
      })));
    };
  };
})
"""
FORGET = """
() => new Promise((resolve) => {
  const opened = indexedDB.open("venterom");
  opened.onsuccess = () => {
    const change = opened.result.transaction("logins", "readwrite");
    change.objectStore("logins").clear();
    change.oncomplete = () => (opened.result.close(), resolve());
  };
})
"""
NOTHING_KEPT = "Object.defineProperty(window, 'indexedDB', { value: undefined });"
# Names no key, as the pages of older releases.
NAMELESS = """
const real = window.fetch;
window.fetch = (path, options) =>
  real(path, String(path).endsWith("/login") ? { ...options, body: "{}" } : options);
"""
AGAIN = "Logg inn en gang til"


def kept(page: Page) -> list[dict[str, Any]]:
    """What the browser keeps of logins."""
    found: list[dict[str, Any]] = page.evaluate(KEPT)
    return found


@pytest.fixture
def log_in(open_patient, invite, kari_id):
    """A patient who has come back from the portal, in a browser of this kind."""

    def log_in_(**options) -> Patient:
        patient: Patient = open_patient(**options)
        patient.open(invite(login_level="high", national_id=kari_id))
        patient.log_in("Kari")
        return patient

    return log_in_


@pytest.mark.parametrize("browser", BROWSERS)
def test_a_login_is_kept_with_a_key_that_nobody_can_read(log_in, browser: str) -> None:
    patient = log_in(browser=browser)
    patient.expect_step("access")
    (login,) = kept(patient.page)
    assert login["token"].count(".") == 2
    assert not login["readable"]
    assert not login["pending"]

    patient.page.reload()
    patient.expect_step("access")
    assert kept(patient.page) == [login]


def test_a_login_without_the_browsers_key_is_asked_for_once_more(log_in) -> None:
    patient = log_in()
    patient.expect_step("access")
    (before,) = kept(patient.page)
    patient.page.evaluate(FORGET)
    patient.page.reload()
    patient.expect_step("login")
    expect(patient.page.get_by_role("heading", name=AGAIN)).to_be_visible()

    patient.page.get_by_role("button", name=AGAIN).click()  # the portal still knows who it is
    patient.expect_step("access")
    (after,) = kept(patient.page)
    assert after["token"].count(".") == 2
    assert after["token"] != before["token"]


def test_a_browser_that_keeps_nothing_is_let_on(log_in) -> None:
    patient = log_in(scripts=[NOTHING_KEPT])
    patient.expect_step("access")
    patient.page.reload()
    patient.expect_step("access")


def test_a_login_by_an_older_page_is_asked_for_again_but_not_without_end(log_in) -> None:
    patient = log_in(scripts=[NAMELESS])
    patient.expect_step("login")
    patient.page.get_by_role("button", name=AGAIN).click()
    patient.expect_step("access")
    assert [login["token"] for login in kept(patient.page)] == [""]
