"""The help pages and the frame: answers by address, search and keyboard, languages, policy, and the plain page."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.people import Booking

BROWSERS = ["chromium", "firefox"]


@pytest.mark.parametrize("browser", BROWSERS)
def test_an_answer_is_found_by_searching_and_has_an_address(open_page, system, browser: str) -> None:
    page = open_page(browser=browser)
    page.goto(f"{system.origin}/help")
    search = page.get_by_label("Søk i spørsmålene")
    search.fill("EKKO")
    expect(page.get_by_role("status")).to_have_text("1 svar")
    expect(page.locator("details.h-answer")).to_have_count(1)
    search.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Bruk hodetelefoner, eller skru ned lyden.")).to_be_visible()
    expect(page).to_have_url(f"{system.origin}/help#echo")

    page.reload()
    expect(page.locator("#echo")).to_have_attribute("open", "")
    expect(page.locator("#echo > summary")).to_be_focused()
    expect(page.locator("#echo")).to_be_in_viewport()
    search.fill("xyzzy")
    expect(page.get_by_role("status")).to_contain_text("Ingen svar passer")


def test_help_beside_a_visit_says_whom_to_phone_and_which_reference(
    open_clinician, open_patient, open_page, outbox
) -> None:
    clinician = open_clinician()
    clinician.arrive()
    number = outbox.new_number()
    clinician.book(Booking(name="Trenger Hjelp", phone=number, level="Ingen"))
    patient = open_patient()
    patient.open(outbox.link_to(number))
    patient.expect_step("access")
    with patient.page.expect_popup() as opened:
        patient.page.get_by_role("link", name=re.compile("^Hjelp")).click()
    help_page: Page = opened.value
    expect(help_page.get_by_role("banner")).to_contain_text("Medisinsk poliklinikk")
    expect(help_page.get_by_role("banner").get_by_role("link")).to_have_attribute("href", "tel:+4755500100")
    expect(help_page.get_by_text("fortsatt åpen i den andre fanen")).to_be_visible()
    help_page.get_by_text("Kontakt kundeservice").click()
    reference = help_page.locator(".v-reference")
    expect(reference).to_have_text(re.compile(r"^\S{4,}$"))
    expect(help_page.locator("body")).not_to_contain_text("Trenger Hjelp")
    patient.expect_step("access")  # the visit went on

    stranger = open_page()
    stranger.goto(help_page.url)
    expect(stranger.get_by_role("heading", name="Hjelp", exact=True)).to_be_visible()
    expect(stranger.locator(".v-reference")).to_have_count(0)
    expect(stranger.locator("body")).not_to_contain_text("Medisinsk poliklinikk")


@pytest.mark.parametrize("browser", BROWSERS)
@pytest.mark.parametrize("path", ["/", "/help", "/advice", "/privacy", "/accessibility"])
def test_a_page_asks_nobody_else_and_breaks_no_rule_of_its_policy(open_page, system, browser: str, path: str) -> None:
    page = open_page(browser=browser)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.add_init_script("addEventListener('securitypolicyviolation', (e) => console.error(e.violatedDirective))")
    page.goto(system.origin + path)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert asked
    assert [url for url in asked if not url.startswith((system.origin, "data:"))] == []


@pytest.mark.parametrize("language", ["nb", "en", "ar"])
def test_the_language_chosen_stays_on_the_device(open_page, system, language: str) -> None:
    page = open_page()
    page.goto(f"{system.origin}/advice?lang=uk")
    expect(page.locator("html")).to_have_attribute("lang", "uk")
    page.get_by_role("combobox").select_option(language)
    expect(page.locator("html")).to_have_attribute("lang", language)
    expect(page.locator("html")).to_have_attribute("dir", "rtl" if language == "ar" else "ltr")
    page.goto(f"{system.origin}/help?lang=uk")
    expect(page.locator("html")).to_have_attribute("lang", language)  # one's own choice is stronger than an address


@pytest.mark.parametrize("path", ["/", "/i#x", "/v#x", "/d/elvenes/medisinsk", "/staff/elvenes", "/help"])
def test_without_javascript_a_plain_page_says_what_to_do(open_page, system, path: str) -> None:
    page = open_page(java_script_enabled=False)  # Chromium only: Playwright cannot turn it off in Debian's Firefox
    page.goto(system.origin + path)
    expect(page).to_have_url(re.compile("/unsupported.html"))
    page.get_by_role("link", name="English").click()
    expect(page.locator("#en")).to_be_in_viewport()
    expect(page.locator("#en")).to_contain_text("phone the department")


def test_internet_explorer_is_sent_to_the_plain_page(open_page, system) -> None:
    # It knows no modules; the rest of the pages' scripts it would not even read.
    trident = "Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko"
    page = open_page(scripts=["delete HTMLScriptElement.prototype.noModule;"], user_agent=trident)
    page.goto(f"{system.origin}/d/elvenes/medisinsk")
    expect(page).to_have_url(f"{system.origin}/unsupported.html")
    expect(page.locator("#nb")).to_contain_text("Safari (iPhone, iPad, Mac)")


@pytest.mark.parametrize("browser", BROWSERS)
def test_a_browser_without_calls_is_sent_to_the_plain_page(open_page, system, browser: str) -> None:
    page = open_page(browser=browser, scripts=["delete window.RTCPeerConnection;"])
    page.goto(f"{system.origin}/i#secret")
    expect(page).to_have_url(f"{system.origin}/unsupported.html")
    expect(page.locator("#nb")).to_contain_text("Chrome (Windows, Mac, Android)")
