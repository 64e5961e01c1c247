"""One kind of task: a container on Fargate, on ARM, that may do and write as little as possible."""

from collections.abc import Mapping
from typing import Any, Final

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_logs as logs
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from infra.images import Image
from infra.key import Key

STOP: Final = Duration.seconds(120)
"""From SIGTERM to SIGKILL: as long as Fargate gives."""


class Task(Construct):
    """Its definition, its one container and where that logs."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        image: Image,
        key: Key,
        size: tuple[int, int],
        environment: Mapping[str, str],
        secrets: Mapping[str, str],
        port: ecs.PortMapping | None = None,
    ) -> None:
        """``size``: thousandths of a vCPU (1024 is one) and MiB; ``secrets``: variables and the ARNs of what they
        hold; ``key``: what these are encrypted with, and what is logged."""
        super().__init__(scope, construct_id)
        cpu, memory = size
        self.logs = logs.LogGroup(
            self,
            "Logs",
            retention=logs.RetentionDays.THREE_MONTHS,
            removal_policy=RemovalPolicy.DESTROY,
            encryption_key=key.key,
        )
        self.definition = ecs.FargateTaskDefinition(
            self,
            "Definition",
            cpu=cpu,
            memory_limit_mib=memory,
            runtime_platform=ecs.RuntimePlatform(
                cpu_architecture=ecs.CpuArchitecture.ARM64, operating_system_family=ecs.OperatingSystemFamily.LINUX
            ),
        )
        self.container = self.definition.add_container(
            "container",
            image=image.source,
            health_check=image.check,
            environment=dict(environment),
            secrets={name: self._secret(name, arn) for name, arn in secrets.items()},
            port_mappings=[port] if port else None,
            readonly_root_filesystem=True,
            stop_timeout=STOP,
            linux_parameters=self._unprivileged(),
            # A log that cannot be delivered is lost; waiting for it would stop the media.
            logging=ecs.LogDriver.aws_logs(
                stream_prefix="task", log_group=self.logs, mode=ecs.AwsLogDriverMode.NON_BLOCKING
            ),
        )

        self.definition.add_to_execution_role_policy(key.through(["secretsmanager"]))

    def service(self, scope: Construct, *, name: str, cluster: ecs.Cluster, **more: Any) -> ecs.FargateService:
        """The service that keeps such tasks running, on public addresses; ``more``: what else FargateService takes.

        New tasks come before old ones go, and a deployment whose tasks do not stay up is taken back.
        """
        return ecs.FargateService(
            scope,
            "Service",
            service_name=name,
            cluster=cluster,
            task_definition=self.definition,
            assign_public_ip=True,
            min_healthy_percent=100,
            max_healthy_percent=200,
            circuit_breaker=ecs.DeploymentCircuitBreaker(enable=True, rollback=True),
            propagate_tags=ecs.PropagatedTagSource.SERVICE,
            enable_ecs_managed_tags=True,
            **more,
        )

    def _secret(self, name: str, arn: str) -> ecs.Secret:
        return ecs.Secret.from_secrets_manager(secretsmanager.Secret.from_secret_complete_arn(self, name, arn))

    def _unprivileged(self) -> ecs.LinuxParameters:
        parameters = ecs.LinuxParameters(self, "Linux", init_process_enabled=True)
        parameters.drop_capabilities(ecs.Capability.ALL)
        return parameters
