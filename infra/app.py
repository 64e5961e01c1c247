"""Synthesizes the templates, offline and without an account: `python -m infra.app OUTPUT [DEPLOYMENTS.toml]`.

Without a file of deployments it is the one stack that also stands in the embedded AWS; with one, all that it names.
"""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from aws_cdk import App

from infra.abroad import Abroad
from infra.core import Core
from infra.deployment import FIRST_WORD, Deployment, Stage, load
from infra.media import Media
from infra.operations import Operations
from infra.web import Web


def synthesize(out: Path, deployments: Sequence[Deployment] = (), words: Mapping[str, str] | None = None) -> Path:
    """Write the cloud assembly below ``out``; return that folder. ``words``: their versions, by `Deployment.stack`."""
    build = out.parent / "functions"
    build.mkdir(parents=True, exist_ok=True)
    app = App(outdir=str(out), analytics_reporting=False)
    if not deployments:
        Core(app, build=build)
    for deployment in deployments:
        deploy(app, deployment, build, (words or {}).get(deployment.stack, FIRST_WORD))
    app.synth()
    return out


def deploy(app: App, deployment: Deployment, build: Path, word: str = FIRST_WORD) -> None:
    """All stacks of one deployment; ``word``: the version of its entrance's word."""
    core = Core(app, build=build, deployment=deployment, word=word)
    media = Media(app, deployment=deployment, core=core)
    web = Web(app, deployment=deployment, core=core)
    operations = Operations(app, deployment=deployment, core=core, media=media, web=web)
    for stack in (media, web, operations):
        core.boundary.apply(stack)
    for any_stack in (core, media, web, operations, Abroad(app, deployment=deployment)):
        any_stack.termination_protection = deployment.stage is Stage.PROD


if __name__ == "__main__":
    given = [one for file in sys.argv[2:] for one in load(Path(file).read_text())]
    print(synthesize(Path(sys.argv[1]).resolve(), given))
