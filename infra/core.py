"""The stack of what is said and kept: state, functions and their APIs. It alone also stands in the embedded AWS."""

from pathlib import Path

from aws_cdk import CfnOutput, DefaultStackSynthesizer, Environment, Stack
from constructs import Construct

from infra import STACK
from infra.deployment import Deployment
from infra.entrance import PROXIES, Entrance
from infra.functions import SOCKET_STAGE, Functions
from infra.packaging import AWS, HERE
from infra.state import State


class Core(Stack):
    """Of a deployment; without one, as on a developer's machine: everything that a deployment sets is a parameter."""

    def __init__(self, scope: Construct, *, build: Path, deployment: Deployment | None = None) -> None:
        super().__init__(
            scope,
            f"{deployment.stack}-core" if deployment else STACK,
            description="Venterom: video consultations",
            synthesizer=DefaultStackSynthesizer(generate_bootstrap_version_rule=False),
            env=Environment(account=deployment.account, region=deployment.region) if deployment else None,
        )
        given = {"trusted_proxies": str(PROXIES)} | deployment.given if deployment else {}
        self.state = State(self, "State", deployment=deployment)
        target = AWS if deployment else HERE
        self.functions = Functions(self, "Functions", state=self.state, build=build, target=target, given=given)
        self.entrance = Entrance(self, "Entrance", api=self.functions.rest) if deployment else None
        for name, value in self._outputs().items():
            CfnOutput(self, name, value=value)

    @property
    def socket_url(self) -> str:
        """The WebSocket API, for those who dial it themselves: media workers."""
        return (
            f"wss://{self.functions.id_of('WebsocketAPI')}.execute-api.{self.region}.{self.url_suffix}/{SOCKET_STAGE}"
        )

    def _outputs(self) -> dict[str, str]:
        state, functions = self.state, self.functions
        return {
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
            "FleetFunction": functions.id_of("Fleet"),
            "RecountFunction": functions.id_of("Recount"),
            "AnchorFunction": functions.id_of("Anchor"),
            "PurgeFunction": functions.id_of("Purge"),
            "ExportPersonFunction": functions.id_of("ExportPerson"),
            "ErasePersonFunction": functions.id_of("ErasePerson"),
            "VerifyTrailFunction": functions.id_of("VerifyTrail"),
            "RotateSecretFunction": functions.id_of("RotateSecret"),
            "AnchorBucket": state.anchors.bucket_name,
            "TurnSecret": state.turn,
            "WorkerSecret": state.worker,
            "ProbeSecret": state.probe,
        }
