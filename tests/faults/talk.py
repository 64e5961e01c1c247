"""Two who talk, each in a real browser: a patient on a host whose network fails, a clinician on the server's host."""

import tempfile
import time
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, Playwright

from local import seed
from tests.e2e.browsers import ALLOW, CHROMIUM, FAKE_DEVICES, FLAGS
from tests.e2e.people import FORCE_RELAY, PATIENCE, Booking, Clinician, Patient
from tests.faults.service import Phone, Service, now
from tests.faults.watch import SCRIPT, Counts, Figures, Watch, figures
from tests.nets.wires import Host

HISTORY_MS: Final = 5_000
"""So much of what was before a fault is looked at, to know what is usual."""


SMALL_CAMERA: Final = """(() => {
  const { mediaDevices } = navigator;
  const ask = mediaDevices?.getUserMedia.bind(mediaDevices);
  const size = { width: 320, height: 180, frameRate: 15 };
  const small = ({ video, ...wish }) => (video ? { ...wish, video: { ...video, ...size } } : wish);
  if (ask) mediaDevices.getUserMedia = (wish) => ask(small(wish));
})()"""
"""Run in a page: two browsers that code 720 lines leave little of two cores for what is to be watched."""


class Talk:
    """Two pages in one call."""

    def __init__(
        self, service: Service, phone: Phone, clinician: Clinician, patient: Patient, consultation: str
    ) -> None:
        self.service = service
        self.phone = phone
        self.clinician = clinician
        self.patient = patient
        self.consultation = consultation
        self.watches = (Watch(patient.page), Watch(clinician.page))

    def until_calm(self, since: float | None = None) -> None:
        """Until both have had picture and sound for a while, all of it after ``since``, or from now on."""
        at = now() if since is None else since
        for watch in self.watches:
            watch.until_calm(at)

    def counts(self) -> tuple[Counts, Counts]:
        """The patient's, the clinician's."""
        patient, clinician = self.watches
        return patient.counts(), clinician.counts()

    def pass_time(self, seconds: float) -> None:
        """As long as a fault is to last."""
        self.watches[1].pass_time(seconds)

    def until_moved(self, before: tuple[Counts, Counts]) -> None:
        """Until both have a connection that they had not."""
        for watch, counts in zip(self.watches, before, strict=True):
            watch.until_moved(counts)

    def figures(self, struck: float, back: float | None = None) -> Figures:
        """Once both have picture and sound again; ``struck`` and ``back`` as in `watch.figures`."""
        back = struck if back is None else back
        self.until_calm(back)
        notes = [watch.notes(struck - HISTORY_MS) for watch in self.watches]
        return figures(notes, struck, back, min(max(note.pictures[-1], note.sounds[-1]) for note in notes))

    @property
    def relayed(self) -> bool:
        """Whether the patient talks over TURN."""
        return bool(self.watches[0].counts().relayed)

    @property
    def worker(self) -> str:
        """Who carries the call."""
        return self.service.worker_at(self.watches[1].counts().port)

    def row(self) -> dict[str, Any]:
        """The consultation as the table has it."""
        with self.service.inside():
            return next(row for row in self.service.rows(sk="CONSULTATION") if row["id"] == self.consultation)

    def expect_going_on(self) -> None:
        """Both pages and the table say that the call goes on."""
        for watch in self.watches:
            watch.expect_in_call()
        assert self.row()["state"] == "in_call"


class Stage:
    """Opens browsers for one service; ``scripts`` run in each page before its own."""

    def __init__(self, service: Service, playwright: Playwright, folder: Path, *scripts: str) -> None:
        self.service = service
        self._playwright = playwright
        self._folder = folder
        self._scripts = scripts
        self._browsers: list[Browser] = []

    def chromium(self, host: Host) -> Browser:
        """One more on a host, a process group of its own."""
        folder = Path(tempfile.mkdtemp(dir=self._folder))
        browser = self._playwright.chromium.launch(
            executable_path=host.program(CHROMIUM, folder), args=[*FLAGS, FAKE_DEVICES, ALLOW]
        )
        self._browsers.append(browser)
        return browser

    def page(self, browser: Browser, *, relay: bool = False, scripts: tuple[str, ...] = ()) -> Any:
        """A window that notes what is seen and heard in it."""
        context = browser.new_context(locale="nb-NO")
        context.set_default_timeout(PATIENCE)
        for script in (SCRIPT, *([FORCE_RELAY] if relay else []), *self._scripts, *scripts):
            context.add_init_script(script)
        return context.new_page()

    def wait(self, phone: Phone, clinician: Clinician, department: str = "", **options: Any) -> tuple[Patient, str]:
        """A patient in the clinician's waiting room, and the consultation; ``department``: for who works in several."""
        number = f"+479{time.time_ns() % 10**7:07d}"
        consultation = clinician.book(Booking("Mette Møter", phone=number, level="Ingen", department=department))
        with self.service.inside():
            link = seed.latest_link(self.service.system.origin, number)
        patient = Patient(self.page(self.chromium(phone.host), **options))
        patient.open(link)
        patient.test_devices()
        patient.skip_network()
        patient.check_in()
        clinician.expect_state(consultation, "checked_in")
        return patient, consultation

    def arrive(self, person: str = "Ingrid Berg", **options: Any) -> Clinician:
        """A clinician at her list."""
        page = self.page(self.chromium(self.service.server), **options)
        clinician = Clinician(page, self.service.system.addresses["clinician"], person)
        clinician.arrive()
        return clinician

    def talk(self, phone: Phone, person: str = "Ingrid Berg", **options: Any) -> Talk:
        """A call that goes well; ``options`` are those of `wait` and of the patient's `page`."""
        clinician = self.arrive(person)
        patient, consultation = self.wait(phone, clinician, **options)
        clinician.call(consultation)
        patient.accept()
        talk = Talk(self.service, phone, clinician, patient, consultation)
        talk.until_calm()
        return talk

    def close(self) -> None:
        """Everything that was opened."""
        for browser in self._browsers:
            browser.close()
        self._browsers.clear()
