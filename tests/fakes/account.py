"""An account and a CDK that remember what was done in them, in one list."""

import datetime
from collections.abc import Sequence

from deploy import Problem
from deploy.account import Account, Thing
from deploy.cdk import Cdk


class FakeAccount(Account):
    """Ready for the deployments of deployments.toml, unless told otherwise."""

    def __init__(self, number: str, did: list[str]) -> None:
        self.the_number = number
        self.region = ""
        """That was looked at last."""
        self.unprepared: set[str] = set()
        self.certificates: dict[str, str] = {}
        self.secrets: dict[str, tuple[str, str, datetime.datetime]] = {}
        """What each holds, in which version, since when."""
        self.now = datetime.datetime(2026, 11, 1, tzinfo=datetime.UTC)
        self.stands: dict[str, dict[str, str]] = {}
        self.keeps: dict[str, list[Thing]] = {}
        self.refuses = ""
        """What is done, from the beginning of its line, when it fails."""
        self.did = did

    def _do(self, line: str) -> None:
        if self.refuses and line.startswith(self.refuses):
            raise Problem(f"refused: {line}")
        self.did.append(line)

    def at(self, region: str) -> "FakeAccount":
        self.region = region
        return self

    def number(self) -> str:
        return self.the_number

    def bootstrapped(self) -> bool:
        return self.region not in self.unprepared

    def certificate(self, arn: str) -> str:
        return self.certificates.get(arn, "ISSUED")

    def outputs(self, stack: str) -> dict[str, str] | None:
        return self.stands.get(stack)

    def secret(self, name: str) -> tuple[str, str, datetime.datetime]:
        return self.secrets[name]

    def put_secret(self, name: str, text: str, version: str) -> None:
        self._do(f"turn {name}")
        self.secrets[name] = (text, version, self.now)

    def put(self, bucket: str, name: str, body: bytes, kind: str, cache: str) -> None:
        self._do(f"put {bucket}/{name} {len(body)} {kind} | {cache}")

    def steady(self, stack: str) -> None:
        self._do(f"steady {stack}")

    def kept(self, stack: str) -> list[Thing]:
        return self.keeps.get(stack, []) if stack in self.stands else []

    def buckets(self, stack: str) -> list[str]:
        return [value for name, value in (self.outputs(stack) or {}).items() if name.endswith("Bucket")]

    def empty(self, bucket: str) -> None:
        self._do(f"empty {bucket}")

    def delete(self, stack: str) -> None:
        self._do(f"delete {stack}")
        self.stands.pop(stack, None)

    def remove(self, kept: Thing) -> str:
        self._do(f"remove {kept.name}" + (f" in {self.region}" if kept.region == "us-east-1" else ""))
        return "removed"


class FakeCdk(Cdk):
    """Stands its stacks up in the account."""

    def __init__(self, account: FakeAccount, outputs: dict[str, dict[str, str]]) -> None:
        self._account = account
        self._outputs = outputs
        self.refuses = ""

    def diff(self, stacks: Sequence[str]) -> None:
        self._account.did.append(f"diff {' '.join(stacks)}")

    def deploy(self, stack: str) -> None:
        if stack == self.refuses:
            raise Problem("cdk deploy did not succeed")
        self._account.did.append(f"deploy {stack}")
        self._account.stands[stack] = self._outputs.get(stack, {})
