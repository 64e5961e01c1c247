"""Deploying and taking down, step by step, in an account that only remembers: order, questions, refusals, again."""

from collections.abc import Callable
from pathlib import Path

import pytest

from deploy import Problem
from deploy.account import Thing
from deploy.steps import ALL_DATA, ORDER, Steps, check_account, check_ready, choose
from infra.deployment import FILE, Deployment, load
from tests.fakes.account import FakeAccount, FakeCdk

DEPLOYMENTS = load(FILE.read_text())
TABLE = Thing("AWS::DynamoDB::Table", "the-table")
ANCHORS = Thing("AWS::S3::Bucket", "the-anchors")
KEY_ABROAD = Thing("AWS::KMS::Key", "the-key", "us-east-1")


def ready(deployment: Deployment) -> Deployment:
    settings = {name: "x" if value == "set-me" else value for name, value in deployment.settings.items()}
    return type(deployment)(
        **{f: getattr(deployment, f) for f in deployment.__struct_fields__} | {"settings": settings}
    )


class Desk:
    """One deployment, and who sits before it."""

    def __init__(self, trust: str = "elvenes", stage: str = "test", *, yes: bool = False) -> None:
        self.deployment = ready(choose(DEPLOYMENTS, trust, stage))
        self.did: list[str] = []
        self.said: list[str] = []
        self.asked: list[str] = []
        self.answer = "y"
        self.account = FakeAccount(self.deployment.account, self.did)
        core, media, web, _, abroad = self.stacks = [f"{self.deployment.stack}-{kind}" for kind in ORDER]
        self.cdk = FakeCdk(
            self.account,
            {
                core: {"Table": "the-table"}
                | {f"DkimName{n}": f"key{n}._domainkey.test.elvenes.example" for n in (1, 2, 3)}
                | {f"DkimValue{n}": f"key{n}.dkim.example" for n in (1, 2, 3)},
                media: {"TurnTarget": "turn.elb.example", "RelayTarget": "relay.elb.example"},
                web: {"PagesBucket": "the-pages", "DistributionDomain": "d1.cloudfront.example"},
            },
        )
        self.account.keeps = {core: [TABLE, ANCHORS], abroad: [KEY_ABROAD]}
        self.steps = Steps(self.deployment, self.account, self.cdk, self.said.append, self.ask, yes=yes)

    def ask(self, question: str) -> str:
        self.asked.append(question)
        return self.answer

    def stand(self) -> None:
        for stack in self.stacks:
            self.cdk.deploy(stack)
        self.did.clear()


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    for name in ("index.html", "visit.html", "support.js", "icon.svg", "assets/main-abc.js", "assets/main-abc.css"):
        (folder / name).write_text(name)
    return folder


def well(_host: str, _path: str) -> int:
    return 200


def test_stacks_in_their_order_then_pages_then_waiting(dist: Path) -> None:
    desk = Desk()
    desk.steps.deploy(dist, well)
    puts = [line for line in desk.did if line.startswith("put")]
    assert desk.did == [
        f"diff {' '.join(desk.stacks)}",
        *(f"deploy {stack}" for stack in desk.stacks),
        *puts,
        f"steady {desk.stacks[1]}",
    ]
    assert [line.split()[1] for line in puts] == [
        "the-pages/assets/main-abc.css",
        "the-pages/assets/main-abc.js",
        "the-pages/icon.svg",
        "the-pages/support.js",
        "the-pages/index.html",
        "the-pages/visit.html",
    ]
    assert puts[1].endswith("text/javascript; charset=utf-8 | public, max-age=31536000, immutable")
    assert puts[-1].endswith("text/html; charset=utf-8 | no-cache")


def test_every_step_is_said_and_in_the_end_what_dns_needs(dist: Path) -> None:
    desk = Desk()
    desk.steps.deploy(dist, well)
    steps = [line for line in desk.said if line.startswith("[")]
    assert [line.split("]")[0] for line in steps] == [f"[{n}/8" for n in range(1, 9)]
    assert "video.test.elvenes.example → d1.cloudfront.example" in desk.said[-1]
    assert "turn.video.test.elvenes.example → turn.elb.example" in desk.said[-1]
    for n in (1, 2, 3):
        assert f"key{n}._domainkey.test.elvenes.example → key{n}.dkim.example" in desk.said[-1]
    bounces = "bounces.test.elvenes.example"
    assert f"{bounces} MX 10 feedback-smtp.eu-north-1.amazonses.com" in desk.said[-1]
    assert f'{bounces} TXT "v=spf1 include:amazonses.com ~all"' in desk.said[-1]


@pytest.mark.parametrize("answer", ["", "n", "no", "perhaps"])
def test_nothing_is_deployed_unless_somebody_agrees(dist: Path, answer: str) -> None:
    desk = Desk()
    desk.answer = answer
    with pytest.raises(Problem, match="Nothing was done"):
        desk.steps.deploy(dist, well)
    assert [line.split()[0] for line in desk.did] == ["diff"]


def test_yes_is_not_asked(dist: Path) -> None:
    desk = Desk(yes=True)
    desk.steps.deploy(dist, well)
    assert desk.asked == []


def test_what_failed_half_way_is_run_again(dist: Path) -> None:
    desk = Desk()
    desk.cdk.refuses = desk.stacks[2]
    with pytest.raises(Problem):
        desk.steps.deploy(dist, well)
    assert not any(line.startswith("put") for line in desk.did), "no new pages on old functions"
    desk.cdk.refuses = ""
    desk.steps.deploy(dist, well)
    assert desk.did[-1] == f"steady {desk.stacks[1]}"


@pytest.mark.parametrize(
    ("fetch", "said"),
    [
        (lambda _host, path: 503 if path == "/api/health" else 200, "/api/health answers 503"),
        (lambda _host, path: 403 if path == "/" else 200, "/ answers 403"),
    ],
)
def test_what_does_not_answer_is_said(dist: Path, fetch: Callable[[str, str], int], said: str) -> None:
    with pytest.raises(Problem, match=said):
        Desk().steps.deploy(dist, fetch)


def test_what_cannot_be_reached_is_said(dist: Path) -> None:
    def away(_host: str, _path: str) -> int:
        raise ConnectionRefusedError("refused")

    with pytest.raises(Problem, match=r"d1\.cloudfront\.example/api/health cannot be reached: refused"):
        Desk().steps.deploy(dist, away)


def test_pages_that_are_not_built_or_of_an_unknown_kind_stop_before_the_first_is_put(dist: Path) -> None:
    (dist / "film.xyz").write_text("?")
    desk = Desk()
    with pytest.raises(Problem, match=r"film\.xyz"):
        desk.steps.deploy(dist, well)
    (dist / "index.html").unlink()
    with pytest.raises(Problem, match="not built"):
        desk.steps.deploy(dist, well)
    assert not any(line.startswith("put") for line in desk.did)


def test_an_unknown_deployment_lists_those_there_are() -> None:
    with pytest.raises(Problem) as told:
        choose(DEPLOYMENTS, "elvenes", "production")
    assert "TRUST=elvenes STAGE=prod" in str(told.value)
    assert "TRUST=fjordane STAGE=dev" in str(told.value)


def test_another_account_is_refused() -> None:
    desk = Desk()
    desk.account.the_number = "999999999999"
    with pytest.raises(Problem, match="Logged in to account 999999999999, but elvenes test stands in 111111111111"):
        check_account(desk.deployment, desk.account)


def test_what_is_not_ready_is_said_with_what_to_do() -> None:
    desk = Desk()
    check_ready(desk.deployment, desk.account)
    with pytest.raises(Problem, match="patient_client_id"):
        check_ready(choose(DEPLOYMENTS, "elvenes", "test"), desk.account)
    for arn, host in ((desk.deployment.certificate, "video.test"), (desk.deployment.turn_certificate, "turn.video")):
        desk.account.certificates = {arn: "PENDING_VALIDATION"}
        with pytest.raises(Problem, match=rf"certificate for {host}.* is PENDING_VALIDATION"):
            check_ready(desk.deployment, desk.account)
    desk.account.certificates = {}
    for region in ("eu-north-1", "us-east-1"):
        desk.account.unprepared = {region}
        with pytest.raises(Problem, match=f"not prepared for the CDK in {region}. Once: make bootstrap"):
            check_ready(desk.deployment, desk.account)


def test_taken_down_last_stack_first_and_data_stay(tmp_path: Path) -> None:
    desk = Desk()
    desk.stand()
    desk.steps.destroy("", tmp_path / "kept.json")
    core, media, web, operations, abroad = desk.stacks
    assert desk.did == [
        f"delete {abroad}",
        f"delete {operations}",
        "empty the-pages",
        f"delete {web}",
        f"delete {media}",
        f"delete {core}",
    ]
    assert any("the-table" in line and "the-anchors" in line for line in desk.said)


@pytest.mark.parametrize("data", ["yes", "1", "yes-remove-it-all "])
def test_data_are_removed_by_one_word_only(tmp_path: Path, data: str) -> None:
    desk = Desk(yes=True)
    desk.stand()
    with pytest.raises(Problem, match=ALL_DATA):
        desk.steps.destroy(data, tmp_path / "kept.json")
    assert desk.did == []


@pytest.mark.parametrize(("stage", "data"), [("test", ALL_DATA), ("prod", ALL_DATA), ("prod", "")])
def test_for_data_and_for_production_the_name_is_typed_whatever_was_said_yes_to(
    tmp_path: Path, stage: str, data: str
) -> None:
    desk = Desk(stage=stage, yes=True)
    desk.stand()
    with pytest.raises(Problem, match="Nothing was done"):
        desk.steps.destroy(data, tmp_path / "kept.json")
    assert desk.did == []
    desk.answer = f"venterom-elvenes-{stage}"
    desk.steps.destroy(data, tmp_path / "kept.json")
    assert ("remove the-table" in desk.did) == bool(data)


def test_removing_that_was_cut_off_knows_later_what_there_was(tmp_path: Path) -> None:
    desk = Desk()
    desk.stand()
    desk.answer = desk.deployment.stack
    desk.account.refuses = "remove the-anchors"
    notes = tmp_path / "kept.json"
    with pytest.raises(Problem):
        desk.steps.destroy(ALL_DATA, notes)
    assert desk.account.stands == {}
    desk.account.refuses = ""
    desk.steps.destroy(ALL_DATA, notes)
    assert "remove the-anchors" in desk.did
    assert "remove the-key in us-east-1" in desk.did
    assert not notes.exists()
