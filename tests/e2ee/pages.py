"""What the pages of a call say of its protection, and what is to be seen and heard in them."""

from collections.abc import Iterable
from typing import Any, Final

from playwright.sync_api import Page, expect
from playwright.sync_api import TimeoutError as NotInTime

from tests.e2e.conftest import Outbox
from tests.e2e.people import Patient, expect_media
from tests.e2ee.dump import Secret, likeness
from tests.e2ee.source import ACROSS, BOARD, DOWN

UNABLE: Final = "try { localStorage.setItem('venterom.unable', '1'); } catch {}"
"""Run in a page: its browser acts as one without encoded transforms."""
KEYS: Final = """
window.__keys = [];
Worker.prototype.postMessage = new Proxy(Worker.prototype.postMessage, {
  apply(post, worker, [message, ...rest]) {
    if (message?.secret) __keys.push({...message, secret: [...message.secret]});
    return Reflect.apply(post, worker, [message, ...rest]);
  },
});
"""
"""Run in a page: its person gives away every secret that the page ever seals or opens with."""
WRONG: Final = """
Worker.prototype.postMessage = new Proxy(Worker.prototype.postMessage, {
  apply(post, worker, [message, ...rest]) {
    const wrong = message?.type === 'take' ? {...message, secret: message.secret.map(byte => byte ^ 1)} : message;
    return Reflect.apply(post, worker, [wrong, ...rest]);
  },
});
"""
"""Run in a page: the secrets of the others that it opens with are others than they said."""

SHOWN: Final = """
seat => {
  const video = document.querySelector(`.v-person[data-seat=${seat}] video`);
  if (!video?.videoWidth) return null;
  const canvas = Object.assign(document.createElement('canvas'), {width: ACROSS, height: DOWN});
  const context = canvas.getContext('2d', {willReadFrequently: true});
  context.drawImage(video, 0, 0, canvas.width, canvas.height);
  const {data} = context.getImageData(0, 0, canvas.width, canvas.height);
  return Array.from({length: data.length / 4}, (_, at) => (data[4 * at] + data[4 * at + 1] + data[4 * at + 2]) / 3);
}
""".replace("ACROSS", str(ACROSS)).replace("DOWN", str(DOWN))
ARRIVED: Final = """
async seat => {
  const video = document.querySelector(`.v-person[data-seat=${seat}] video`);
  const track = video?.srcObject?.getVideoTracks()[0];
  const {paused, readyState, videoWidth} = video ?? {};
  const arrived = {paused, readyState, videoWidth};
  for (const pc of window.__peerConnections ?? []) (await pc.getStats()).forEach(s => {
    if (s.type !== 'inbound-rtp' || s.trackIdentifier !== track?.id) return;
    const {packetsReceived, framesReceived, framesDecoded, keyFramesDecoded, pliCount} = s;
    Object.assign(arrived, {packetsReceived, framesReceived, framesDecoded, keyFramesDecoded, pliCount});
  });
  return arrived;
}
"""
"""What a page knows of somebody's picture, for whoever reads why a test failed."""


def wait_as_guest(guest: Patient, outbox: Outbox, number: str) -> None:
    """From the link that this number was sent to the waiting room, by a code and past the network test."""
    guest.open(outbox.link_to(number))
    guest.ask_for_code()
    guest.give_code(outbox.code_to(number))
    guest.test_devices()
    guest.skip_network()
    guest.check_in()


def keys(page: Page) -> list[Secret]:
    """All that a page with KEYS in it was given."""
    found: list[dict[str, Any]] = page.evaluate("() => __keys")
    return [Secret(key["seat"], key["epoch"], bytes(key["secret"])) for key in found]


def expect_sealed(page: Page) -> None:
    """Wait until the page says that it is."""
    expect(page.locator(".v-lock:is([data-face=sealed], [data-face=confirmed])")).to_be_visible()


def expect_pending(page: Page) -> None:
    """Wait until the page says that it is not sealed yet."""
    expect(page.locator(".v-lock[data-face=agreeing]")).to_be_visible()


def expect_open(page: Page) -> None:
    """Wait until the page says that the call is not encrypted from end to end."""
    expect(page.locator(".v-lock[data-face=open]")).to_be_visible()


def expect_refused(page: Page, reason: str) -> None:
    """Wait until the page says that neither picture nor sound passes, and why."""
    expect(page.locator(f"[data-refused={reason}]")).to_be_visible()


def codes(page: Page, seats: Iterable[str]) -> dict[str, str]:
    """The code that the page shows for each of these others, digits only."""
    page.locator(".v-lock__button").click()
    dialog = page.locator("dialog[open]", has=page.locator(".v-spoken"))
    found = {}
    for seat in seats:
        pairs = dialog.locator(f"[data-seat={seat}] .v-spoken strong")
        expect(pairs).to_have_count(3)
        found[seat] = "".join(pairs.all_inner_texts())
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    return found


def expect_same_codes(**people: Page) -> dict[frozenset[str], str]:
    """Wait until everybody is sealed; each two see the same code, each pair another. ``people`` by their seats."""
    for page in people.values():
        expect_sealed(page)
    shown = {seat: codes(page, people.keys() - {seat}) for seat, page in people.items()}
    pairs = {frozenset((a, b)): code for a, others in shown.items() for b, code in others.items()}
    assert all(shown[b][a] == code for a, others in shown.items() for b, code in others.items())
    assert len(set(pairs.values())) == len(pairs), "one in a million for each two pairs"
    return pairs


def expect_alive(page: Page, *seats: str, known: bool = True) -> None:
    """Wait until sound arrives, and pictures of these people that change; ``known``: they are those of `source.py`."""
    expect_media(page)
    for seat in seats:
        try:
            page.wait_for_function(
                f"""seat => {{
                  const now = ({SHOWN})(seat);
                  const before = (window.__shown ??= {{}})[seat] ??= now;
                  return before && now && now.some((value, at) => Math.abs(value - before[at]) > 8);
                }}""",
                arg=seat,
                polling=100,
            )
        except NotInTime as late:
            raise AssertionError(f"{seat} stands still or is not shown: {page.evaluate(ARRIVED, seat)}") from late
        page.evaluate("() => void delete window.__shown")
        if known:
            assert likeness(page.evaluate(SHOWN, seat), BOARD) > 0.8, f"what is shown of {seat} is something else"
