"""The steps of a deployment, in their order, and of taking one down; every one may be done again."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, TypeAlias

import msgspec

from deploy import Problem
from deploy.account import Account, Thing
from deploy.cdk import Cdk
from deploy.entrance import Entrance
from deploy.pages import upload
from infra.deployment import BOUNCES, Deployment, Stage

ORDER: Final = ("core", "media", "web", "operations", "abroad")
"""Later stacks read earlier ones. Pages come after all of them: new pages must not meet old functions."""
ALL_DATA: Final = "yes-remove-it-all"
UNSET: Final = "set-me"

Say: TypeAlias = Callable[[str], None]
Ask: TypeAlias = Callable[[str], str]
Fetch: TypeAlias = Callable[[str, str], int]
"""The status that a host answers to a path, over https. Raises OSError."""


def choose(deployments: Sequence[Deployment], trust: str, stage: str) -> Deployment:
    """The one that was meant. Raises Problem that lists those that there are."""
    for one in deployments:
        if (one.name, one.stage) == (trust, stage):
            return one
    known = "\n".join(f"  TRUST={one.name} STAGE={one.stage}" for one in deployments)
    raise Problem(f"There is no deployment TRUST={trust} STAGE={stage}. Those there are:\n{known}")


def check_account(deployment: Deployment, where: Account) -> None:
    """That we are logged in where it stands. Raises Problem."""
    number = where.number()
    if number != deployment.account:
        raise Problem(
            f"Logged in to account {number}, but {deployment.name} {deployment.stage} stands in {deployment.account}. "
            "Log in there, or choose another AWS_PROFILE."
        )


def regions(deployment: Deployment) -> list[str]:
    """Where its stacks stand, each region once."""
    return list(dict.fromkeys(deployment.region_of(kind) for kind in ORDER))


def check_ready(deployment: Deployment, where: Account) -> None:
    """That the account is ready for it, and all is filled in. Raises Problem with what to do."""
    unset = sorted(name for name, value in deployment.settings.items() if value == UNSET)
    if unset:
        raise Problem(f"Still {UNSET!r} in the file of deployments: {', '.join(unset)}")
    for region in regions(deployment):
        if not where.at(region).bootstrapped():
            place = f"aws://{deployment.account}/{region}"
            raise Problem(
                f"The account is not prepared for the CDK in {region}. Once: make bootstrap, or cdk bootstrap {place}"
            )
    for host, arn in (
        (deployment.domain, deployment.certificate),
        (deployment.turn_domain, deployment.turn_certificate),
    ):
        status = where.certificate(arn)
        if status != "ISSUED":
            raise Problem(
                f"The certificate for {host} is {status}, not ISSUED ({arn}). "
                "Its CNAME record must stand in the domain's DNS; then ACM issues it within minutes."
            )


class Steps:
    """One deployment, with where it goes and who is told."""

    def __init__(
        self, deployment: Deployment, where: Account, cdk: Cdk, say: Say, ask: Ask, *, yes: bool = False
    ) -> None:
        self._deployment = deployment
        self._where = where
        self._cdk = cdk
        self._say = say
        self._ask = ask
        self._yes = yes

    def stacks(self) -> list[str]:
        """Their names, in the order in which they are deployed."""
        return [f"{self._deployment.stack}-{kind}" for kind in ORDER]

    def _places(self) -> dict[str, Account]:
        """The account in the region of each stack."""
        return {
            stack: self._where.at(self._deployment.region_of(kind))
            for stack, kind in zip(self.stacks(), ORDER, strict=True)
        }

    def deploy(self, dist: Path, fetch: Fetch, entrance: Entrance | None = None) -> None:
        """Show what changes, ask, deploy, upload, wait, try. Raises Problem; may be done again after any."""
        stacks = self.stacks()
        count = len(stacks) + 3
        self._cdk.diff(stacks)
        self._agree(f"Deploy this to {self._deployment.domain} in account {self._deployment.account}?")
        if entrance and entrance.due:
            self._say("A new word between CloudFront and the API …")
            entrance.turn()
        for number, stack in enumerate(stacks, 1):
            self._say(f"[{number}/{count}] {stack} …")
            self._cdk.deploy(stack)
        outputs: dict[str, str] = {}
        for stack, where in self._places().items():
            outputs |= where.outputs(stack) or {}
        self._say(f"[{count - 2}/{count}] Pages to {outputs['PagesBucket']} …")
        self._say(f"      {upload(self._where, outputs['PagesBucket'], dist)} files")
        self._say(f"[{count - 1}/{count}] Waiting until workers and TURN servers are steady …")
        self._where.steady(stacks[ORDER.index("media")])
        self._say(f"[{count}/{count}] Trying it …")
        self._try(outputs["DistributionDomain"], fetch)
        self._say(self._addresses(outputs))

    def _try(self, host: str, fetch: Fetch) -> None:
        # At CloudFront's own name, for the trust's may not lead there yet.
        for path in ("/api/health", "/", "/help"):
            try:
                status = fetch(host, path)
            except OSError as error:
                raise Problem(f"https://{host}{path} cannot be reached: {error}") from None
            if status != 200:
                raise Problem(
                    f"https://{host}{path} answers {status}. See the alarms, and docs/operating/deploying.md."
                )

    def _addresses(self, outputs: dict[str, str]) -> str:
        deployment = self._deployment
        lines = [
            f"\n{deployment.origin} is deployed.\n",
            f"  A staff's page         {deployment.origin}/staff/{{trust}}",
            f"  A department's address {deployment.origin}/d/{{trust}}/{{department}}",
            "\nIn the domain's DNS:\n",
            f"  {deployment.domain} → {outputs['DistributionDomain']}",
        ]
        targets = ((deployment.turn_domain, "TurnTarget"), (deployment.relay_domain, "RelayTarget"))
        lines += [f"  {host} → {outputs[name]}" for host, name in targets if name in outputs]
        if "DkimName1" in outputs:
            bounces = f"{BOUNCES}.{deployment.mail_domain}"
            lines += [
                "\nFor e-mail, none of which goes before the first three stand there:\n",
                *(f"  {outputs[f'DkimName{n}']} → {outputs[f'DkimValue{n}']}" for n in (1, 2, 3)),
                f"  {bounces} MX 10 feedback-smtp.{deployment.region}.amazonses.com",
                f'  {bounces} TXT "v=spf1 include:amazonses.com ~all"',
            ]
        return "\n".join(lines)

    def destroy(self, data: str, notes: Path) -> None:
        """Take it down, the last stack first. What holds data stays, unless ``data`` says the word.

        ``notes`` remembers what there was, for the case that this is cut off. Raises Problem.
        """
        places = dict(reversed(self._places().items()))
        kept = self._noted(notes) | {one for stack, where in places.items() for one in where.kept(stack)}
        gone = data == ALL_DATA
        self._say(f"{self._deployment.domain} in account {self._deployment.account} is taken down.")
        self._say(f"{'ITS DATA GO WITH IT' if gone else 'This stays, with its data'}:")
        self._say("\n".join(f"  {one.kind:30} {one.name}" for one in sorted(kept)) or "  nothing")
        if data and not gone:
            raise Problem(f"DATA={data} is not the word. Data are removed by DATA={ALL_DATA}, and by nothing else.")
        self._agree("Take it down?", name=gone or self._deployment.stage is Stage.PROD)
        notes.parent.mkdir(parents=True, exist_ok=True)
        notes.write_bytes(msgspec.json.encode(sorted(kept)))
        for stack, where in places.items():
            self._say(f"{stack} …")
            for bucket in where.buckets(stack):
                where.empty(bucket)
            where.delete(stack)
        if not gone:
            self._say(f"Taken down. What stays is listed above; remove it too by the same command with DATA={ALL_DATA}")
            return
        for one in sorted(kept):
            self._say(f"  {one.kind:30} {one.name}: {self._where.at(one.region).remove(one)}")
        notes.unlink()

    @staticmethod
    def _noted(notes: Path) -> set[Thing]:
        return set(msgspec.convert(json.loads(notes.read_text()), list[Thing])) if notes.exists() else set()

    def _agree(self, question: str, *, name: bool = False) -> None:
        """Raises Problem unless a person agrees, by typing the deployment's name where that much is asked."""
        if name:
            if self._ask(f"{question} Type {self._deployment.stack} to go on: ") != self._deployment.stack:
                raise Problem("Nothing was done.")
        elif not self._yes and self._ask(f"{question} [y/N] ").strip().lower() not in ("y", "yes"):
            raise Problem("Nothing was done.")
