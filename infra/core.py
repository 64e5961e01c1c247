"""The stack of what is said and kept: state, functions and their APIs. It alone also stands in the embedded AWS."""

from pathlib import Path

from aws_cdk import CfnOutput, DefaultStackSynthesizer, Environment, Stack
from constructs import Construct

from infra import STACK
from infra.boundary import Boundary
from infra.deployment import FIRST_WORD, Deployment
from infra.entrance import PROXIES, Entrance
from infra.functions import SOCKET_STAGE, Functions
from infra.state import State


class Core(Stack):
    """Of a deployment; without one, as on a developer's machine: everything that a deployment sets is a parameter."""

    def __init__(
        self, scope: Construct, *, build: Path, deployment: Deployment | None = None, word: str = FIRST_WORD
    ) -> None:
        """``word``: the version of the entrance's word."""
        super().__init__(
            scope,
            f"{deployment.stack}-core" if deployment else STACK,
            description="Venterom: video consultations",
            synthesizer=DefaultStackSynthesizer(generate_bootstrap_version_rule=False),
            env=Environment(account=deployment.account, region=deployment.region) if deployment else None,
        )
        self.state = State(self, "State", deployment=deployment)
        given = {"trusted_proxies": str(PROXIES)} | deployment.given if deployment else None
        self.functions = Functions(self, "Functions", state=self.state, build=build, deployment=deployment, given=given)
        self.boundary = Boundary(self, "Boundary", name=f"{deployment.stack if deployment else STACK}-region")
        self.boundary.apply(self)
        self.entrance: Entrance | None = None
        if deployment:
            self.entrance = Entrance(
                self,
                "Entrance",
                api=self.functions.rest,
                released=self.functions.released,
                key=self.state.key,
                version=word,
            )
            CfnOutput(self, "EntranceSecret", value=self.entrance.secret.ref)
            for number, (name, value) in enumerate(self.functions.signing, 1):
                CfnOutput(self, f"DkimName{number}", value=name)
                CfnOutput(self, f"DkimValue{number}", value=value)
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
            "DeliverFunction": functions.live("Deliver"),
            "MailReceiptFunction": functions.live("MailReceipt"),
            "SmsReceiptFunction": functions.live("SmsReceiptLog"),
            "SmsLogRole": functions.sms_log_role,
            "DeadLetters": functions.dead_letters.url,
            "RegisterTrustFunction": functions.live("RegisterTrust"),
            "SweepFunction": functions.live("Sweep"),
            "FleetFunction": functions.live("Fleet"),
            "RecountFunction": functions.live("Recount"),
            "AnchorFunction": functions.live("Anchor"),
            "PurgeFunction": functions.live("Purge"),
            "ExportPersonFunction": functions.live("ExportPerson"),
            "ErasePersonFunction": functions.live("ErasePerson"),
            "VerifyTrailFunction": functions.live("VerifyTrail"),
            "RotateSecretFunction": functions.live("RotateSecret"),
            "AnchorBucket": state.anchors.bucket_name,
            "TurnSecret": state.turn,
            "WorkerSecret": state.worker,
            "ProbeSecret": state.probe,
        }
