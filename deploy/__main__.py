"""The command line: `python -m deploy deploy|diff|destroy|bootstrap --trust NAME --stage dev|test|prod`."""

import argparse
import datetime
import http.client
import os
import shutil
import sys
from pathlib import Path
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from deploy import Problem
from deploy.account import Account
from deploy.cdk import Cdk
from deploy.entrance import Entrance
from deploy.steps import Steps, check_account, check_ready, choose, regions
from infra.deployment import FILE, Deployment, load

ROOT: Final = Path(__file__).resolve().parent.parent
BUILD: Final = ROOT / "build" / "deploy"
DIST: Final = ROOT / "web" / "dist"
TRY_SECONDS: Final = 30


def main() -> int:
    """0 when it is done, 1 with a line on stderr when something was in the way."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("act", choices=("deploy", "diff", "destroy", "bootstrap"))
    parser.add_argument("--trust", default="")
    parser.add_argument("--stage", default="")
    parser.add_argument("--file", type=Path, default=FILE, help="of deployments (default infra/deployments.toml)")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--turn-word", action="store_true", help="make a new word between CloudFront and the API")
    parser.add_argument("--data", default="", help="the word that removes data too")
    options = parser.parse_args()
    try:
        _run(options)
    except Problem as problem:
        print(f"\n{problem}", file=sys.stderr)
        return 1
    except (BotoCoreError, ClientError) as error:  # not allowed, throttled, no network
        print(f"\nAWS: {error}", file=sys.stderr)
        return 1
    except (EOFError, KeyboardInterrupt):
        print("\nStopped. Run the same command again to go on.", file=sys.stderr)
        return 1
    return 0


def _run(options: argparse.Namespace) -> None:
    deployment = choose(_deployments(options.file), options.trust, options.stage)
    where = Account(deployment.region)
    assembly = BUILD / deployment.stack
    steps = Steps(deployment, where, Cdk(assembly), _say, input, yes=options.yes)
    check_account(deployment, where)
    if options.act == "destroy":
        steps.destroy(options.data, BUILD / f"{deployment.stack}.kept.json")
        return
    if options.act == "bootstrap":
        for region in regions(deployment):
            Cdk(assembly).bootstrap(deployment.account, region)
        return
    if options.act == "deploy":
        check_ready(deployment, where)
    _say(f"Templates of {deployment.name} {deployment.stage} …")
    entrance = Entrance(deployment, where, lambda: datetime.datetime.now(datetime.UTC), asked=options.turn_word)
    _synthesize(deployment, assembly, entrance.version)
    if options.act == "diff":
        Cdk(assembly).diff(steps.stacks())
        return
    docker = os.environ.get("CDK_DOCKER", "docker")
    if not shutil.which(docker):
        raise Problem(f"{docker} is missing, which builds the images. Install it, or name another by CDK_DOCKER.")
    steps.deploy(DIST, _fetch, entrance)


def _deployments(file: Path) -> list[Deployment]:
    try:
        return load(file.read_text())
    except (OSError, ValueError) as error:  # msgspec's errors and those of TOML are ValueErrors too
        raise Problem(f"{file}: {error}") from None


def _synthesize(deployment: Deployment, assembly: Path, word: str) -> None:
    from infra.app import synthesize  # takes seconds to import, and destroying needs none of it

    os.environ.setdefault("AWS_DEFAULT_REGION", deployment.region)
    shutil.rmtree(assembly, ignore_errors=True)
    synthesize(assembly, [deployment], {deployment.stack: word})


def _fetch(host: str, path: str) -> int:
    line = http.client.HTTPSConnection(host, timeout=TRY_SECONDS)
    try:
        line.request("GET", path)
        return line.getresponse().status
    finally:
        line.close()


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
