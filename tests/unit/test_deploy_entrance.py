"""Turning over the word between CloudFront and the API: when, in which order, and what a failure leaves."""

import datetime
import json

import pytest

from deploy import Problem
from deploy.entrance import PERIOD, Entrance
from infra.deployment import FILE, FIRST_WORD, load
from tests.fakes.account import FakeAccount

DEPLOYMENT = load(FILE.read_text())[0]
CORE, WEB = f"{DEPLOYMENT.stack}-core", f"{DEPLOYMENT.stack}-web"
SECRET = "the-word"


class Edge:
    """An account, in which a deployment brings the word to the API, and then to CloudFront."""

    def __init__(self) -> None:
        self.account = FakeAccount(DEPLOYMENT.account, [])
        self.said = ""
        """By CloudFront."""
        self.heard: set[str] = set()
        """By the API."""

    def deploy(self, *, asked: bool = False, fails_before: str = "") -> Entrance:
        """As `make deploy` does; at each moment CloudFront says what the API hears."""
        entrance = Entrance(DEPLOYMENT, self.account, lambda: self.account.now, asked=asked)
        entrance.turn()
        if fails_before != "core":
            self._core(entrance.version)
            if fails_before != "web":
                self._web(entrance.version)
        return entrance

    def _core(self, version: str) -> None:
        if SECRET not in self.account.secrets:
            self.account.secrets[SECRET] = (json.dumps({"word": "made"}), "by-the-template", self.account.now)
        self.account.stands[CORE] = {"EntranceSecret": SECRET}
        held = self._held(version)
        self.heard = {held["word"]} if version == FIRST_WORD else {held["word"], held["before"]}
        assert not self.said or self.said in self.heard

    def _web(self, version: str) -> None:
        self.account.stands[WEB] = {"EntranceVersion": version}
        self.said = self._held(version)["word"]
        assert self.said in self.heard

    def _held(self, version: str) -> dict[str, str]:
        text, present, _ = self.account.secrets[SECRET]
        assert version in (FIRST_WORD, present), "CloudFormation would not find it"
        found: dict[str, str] = json.loads(text)
        return found

    def wait(self) -> None:
        self.account.now += PERIOD


def test_the_first_word_is_the_templates_and_the_second_deployment_makes_another() -> None:
    edge = Edge()
    assert (edge.deploy().version, edge.said) == (FIRST_WORD, "made")
    assert edge.deploy().due
    assert edge.heard == {edge.said, "made"}
    assert edge.said != "made"


def test_a_word_is_turned_over_once_a_period_or_when_asked() -> None:
    edge = Edge()
    edge.deploy()
    edge.deploy()
    word = edge.said
    edge.account.now += PERIOD - datetime.timedelta(seconds=1)
    assert not edge.deploy().due
    assert edge.said == word
    edge.account.now += datetime.timedelta(seconds=1)
    assert edge.deploy().due
    assert word in edge.heard - {edge.said}
    assert edge.deploy(asked=True).due
    assert word not in edge.heard, "who had it is refused after the second time"


@pytest.mark.parametrize("before", ["core", "web"])
@pytest.mark.parametrize("first", [True, False])
def test_after_a_failure_no_word_is_skipped(before: str, *, first: bool) -> None:
    edge = Edge()
    if not first:
        edge.deploy()
        edge.deploy()
    for _ in range(3):
        edge.wait()
        edge.deploy(asked=True, fails_before=before)
    edge.deploy()
    assert edge.said in edge.heard
    edge.wait()
    assert edge.deploy().due


def test_it_is_made_only_when_it_is_turned() -> None:
    edge = Edge()
    edge.deploy()
    edge.account.refuses = "turn"
    with pytest.raises(Problem):
        edge.deploy()
    entrance = Entrance(DEPLOYMENT, edge.account, lambda: edge.account.now)
    assert entrance.due
    assert edge.account.did == []
