"""Synthesizes the template: `python -m infra.app OUTPUT` writes the cloud assembly, offline and without an account."""

import sys
from pathlib import Path

from aws_cdk import App, CfnOutput, DefaultStackSynthesizer, Stack

from infra import STACK
from infra.functions import Functions
from infra.state import State


def synthesize(out: Path) -> Path:
    """Write the cloud assembly below ``out``; return the template's path."""
    build = out.parent / "functions"
    build.mkdir(parents=True, exist_ok=True)
    app = App(outdir=str(out), analytics_reporting=False)
    stack = Stack(
        app,
        STACK,
        description="Venterom: video consultations",
        synthesizer=DefaultStackSynthesizer(generate_bootstrap_version_rule=False),
    )
    state = State(stack, "State")
    functions = Functions(stack, "Functions", state=state, build=build)
    outputs = {
        "Table": state.table.table_name,
        "RestApi": functions.id_of("RestAPI"),
        "SocketApi": functions.id_of("WebsocketAPI"),
        "DeliverFunction": functions.id_of("Deliver"),
        "MailReceiptFunction": functions.id_of("MailReceipt"),
        "SmsReceiptFunction": functions.id_of("SmsReceiptLog"),
        "SmsLogRole": functions.sms_log_role,
        "DeadLetters": functions.dead_letters.url,
        "RegisterTrustFunction": functions.id_of("RegisterTrust"),
        "SweepFunction": functions.id_of("Sweep"),
        "AnchorFunction": functions.id_of("Anchor"),
        "PurgeFunction": functions.id_of("Purge"),
        "ExportPersonFunction": functions.id_of("ExportPerson"),
        "ErasePersonFunction": functions.id_of("ErasePerson"),
        "VerifyTrailFunction": functions.id_of("VerifyTrail"),
        "RotateSecretFunction": functions.id_of("RotateSecret"),
        "AnchorBucket": state.anchors.bucket_name,
        "TurnSecret": state.turn,
        "WorkerSecret": state.worker,
    }
    for name, value in outputs.items():
        CfnOutput(stack, name, value=value)
    app.synth()
    return out / f"{STACK}.template.json"


if __name__ == "__main__":
    print(synthesize(Path(sys.argv[1]).resolve()))
