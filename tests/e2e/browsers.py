"""The browsers of the end-to-end tests: Debian's Chromium and Firefox with fake cameras, opened when asked for."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, Page, Playwright

from local.children import Child, wait_for_line

BROWSERS: Final = ("chromium", "firefox")
CHROMIUM: Final = "/usr/bin/chromium"
FIREFOX: Final = "/usr/bin/firefox-esr"
FAKE_DEVICES: Final = "--use-fake-device-for-media-stream"
ALLOW: Final = "--use-fake-ui-for-media-stream"
FLAGS: Final = [
    "--no-sandbox",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
]
PREFERENCES: Final[dict[str, Any]] = {
    "media.navigator.streams.fake": True,
    "media.autoplay.default": 0,
    "media.peerconnection.ice.loopback": True,
}
ALLOWED, DENIED = 1, 2  # Firefox's values of permissions.default.*

# What browsers say of failed requests and lost sockets, which are looked at where they are expected, and of the icon of
# the stand-in portal, which has none.
NOT_OURS: Final = re.compile(
    r"Failed to load resource|WebSocket connection to|establish a connection|was interrupted|favicon\.ico"
)


def start_sound(folder: Path) -> Child:
    """A sound server of our own without a loudspeaker: Firefox's Web Audio needs somewhere to play to.

    Its socket is ``folder/native``, which programs are told of by ``PULSE_SERVER``. Raises NotStarted.
    """
    folder.mkdir(parents=True, exist_ok=True)
    socket = f"module-native-protocol-unix socket={folder}/native auth-anonymous=1"
    child = Child(
        "sound server",
        ["pulseaudio", "--daemonize=no", "-n", "--exit-idle-time=-1", "--disable-shm=yes", "--log-target=stderr", "-v",
         f"--load={socket}", "--load=module-null-sink"],
        folder / "pulseaudio.log",
        {"HOME": str(folder), "XDG_RUNTIME_DIR": str(folder)},
    )  # fmt: skip
    wait_for_line(child, "Daemon startup complete")
    return child


class Browsers:
    """Each kind of browser once, with the flags or preferences asked for; all close together."""

    def __init__(self, playwright: Playwright, sound: Callable[[], str]) -> None:
        self._playwright = playwright
        self._sound = sound
        self._open: dict[tuple[str, ...], Browser] = {}

    def chromium(self, *flags: str, allow: bool = True) -> Browser:
        """Chromium; with ``allow`` it says yes to every question for a camera or microphone."""
        chosen = [*FLAGS, *flags, *([ALLOW] if allow else [])]
        if not any(flag.startswith(FAKE_DEVICES) for flag in flags):
            chosen.append(FAKE_DEVICES)
        key = ("chromium", *chosen)
        if key not in self._open:
            self._open[key] = self._playwright.chromium.launch(executable_path=CHROMIUM, args=chosen)
        return self._open[key]

    def firefox(self, camera: int = ALLOWED, microphone: int = ALLOWED) -> Browser:
        """Firefox, whose answers to the questions for devices are set when it starts."""
        key = ("firefox", str(camera), str(microphone))
        if key not in self._open:
            self._open[key] = self._playwright.firefox.launch(
                channel="moz-firefox",
                executable_path=FIREFOX,
                env={"PULSE_SERVER": self._sound()},
                firefox_user_prefs={
                    **PREFERENCES,
                    "permissions.default.camera": camera,
                    "permissions.default.microphone": microphone,
                },
            )
        return self._open[key]

    def of(self, kind: str) -> Browser:
        """The usual browser of a kind: fake devices, everything allowed."""
        return self.chromium() if kind == "chromium" else self.firefox()

    def close(self) -> None:
        """Close all of them."""
        for browser in self._open.values():
            browser.close()


@contextmanager
def opened(playwright: Playwright, folder: Path) -> Iterator[Browsers]:
    """Browsers until the block ends; the sound server that some of them need has its files in ``folder``."""
    sound: list[Child] = []

    def sound_server() -> str:
        if not sound:
            sound.append(start_sound(folder))
        return f"unix:{folder}/native"

    browsers = Browsers(playwright, sound_server)
    try:
        yield browsers
    finally:
        browsers.close()
        for child in sound:
            child.stop()


def faults(page: Page) -> list[str]:
    """A list that fills with what goes wrong in a page from now on."""
    found: list[str] = []

    def note(text: str) -> None:
        if not NOT_OURS.search(text):
            found.append(text)

    page.on("pageerror", lambda error: note(str(error)))
    page.on("console", lambda message: note(message.text) if message.type == "error" else None)
    return found
