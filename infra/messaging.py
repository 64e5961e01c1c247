"""The way out for e-mail and SMS, and the way back of what became of them."""

from aws_cdk import Aws, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_ses as ses
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.deployment import BOUNCES, SmsLog
from infra.key import Key


class Messaging(Construct):
    """SES's identity for the domain of the From address, whose DNS must hold `signing` before the first message leaves;
    the configuration set that publishes what becomes of e-mail; the queue of what failed for good.

    E-mail is signed for the domain (DKIM), and comes back to a name below it (SPF): so it passes the domain's DMARC by
    either. SMS needs no resource to leave: SNS publishes to numbers.
    """

    def __init__(self, scope: Construct, construct_id: str, *, sender: str, domain: str, key: Key) -> None:
        """``sender``: the From address, in ``domain``."""
        super().__init__(scope, construct_id)
        self._key = key
        identity = ses.CfnEmailIdentity(
            self,
            "Sender",
            email_identity=domain,
            dkim_signing_attributes=ses.CfnEmailIdentity.DkimSigningAttributesProperty(
                next_signing_key_length="RSA_2048_BIT"
            ),
            mail_from_attributes=ses.CfnEmailIdentity.MailFromAttributesProperty(
                mail_from_domain=f"{BOUNCES}.{domain}",
                behavior_on_mx_failure="USE_DEFAULT_VALUE",  # signed mail passes without, and shall go
            ),
        )
        self.signing = [
            (identity.attr_dkim_dns_token_name1, identity.attr_dkim_dns_token_value1),
            (identity.attr_dkim_dns_token_name2, identity.attr_dkim_dns_token_value2),
            (identity.attr_dkim_dns_token_name3, identity.attr_dkim_dns_token_value3),
        ]
        """Name and value of each CNAME by which SES knows that the domain is ours, and receivers that e-mail is."""
        receipts = ses.CfnConfigurationSet(self, "Receipts")
        self.configuration = receipts.ref
        """Name of the configuration set."""
        ours = f"arn:{Aws.PARTITION}:ses:{Aws.REGION}:{Aws.ACCOUNT_ID}"
        self.sending = iam.PolicyStatement(
            actions=["ses:SendRawEmail"],
            resources=[f"{ours}:identity/{domain}", f"{ours}:configuration-set/{receipts.ref}"],
            # Each request at AWS says it; the embedded AWS does not know the key.
            conditions={"StringEqualsIfExists": {"ses:FromAddress": sender}},
        )
        """The right to send e-mail from this address, and from no other of the domain."""

    def receive_mail(self, function: str) -> None:
        """Let a function, by its ARN, be told what became of e-mail: arrived, bounced, refused."""
        topic = sns.CfnTopic(self, "MailReceipts", kms_master_key_id=self._key.arn)
        allowed = sns.CfnTopicPolicy(
            self,
            "MailReceiptsPolicy",
            topics=[topic.ref],
            policy_document=iam.PolicyDocument(
                statements=[
                    iam.PolicyStatement(
                        principals=[iam.ServicePrincipal("ses.amazonaws.com")],
                        actions=["sns:Publish"],
                        resources=[topic.ref],
                        conditions={"StringEquals": {"AWS:SourceAccount": Aws.ACCOUNT_ID}},
                    ),
                    by_tls_only("sns:Publish", topic.ref),
                ]
            ),
        )
        told = ses.CfnConfigurationSetEventDestination(
            self,
            "ToMailReceipts",
            configuration_set_name=self.configuration,
            event_destination=ses.CfnConfigurationSetEventDestination.EventDestinationProperty(
                enabled=True,
                matching_event_types=["delivery", "bounce", "reject", "renderingFailure"],
                sns_destination=ses.CfnConfigurationSetEventDestination.SnsDestinationProperty(topic_arn=topic.ref),
            ),
        )
        told.add_dependency(allowed)  # SES tries the topic when it is named to it, and refuses one that it may not use
        sns.CfnSubscription(self, "MailReceiptsToFunction", topic_arn=topic.ref, protocol="lambda", endpoint=function)
        self._allow("Mail", function, "sns.amazonaws.com", topic.ref)

    def receive_sms(self, function: str, *, log: SmsLog) -> str:
        """Let a function, by its ARN, be told what SNS logs of SMS; returns the role with which SNS may log it.

        SNS chooses the groups' names, one pair for an account and region. Each line holds the number: they are gone
        after a day.
        """
        base = f"sns/{Aws.REGION}/{Aws.ACCOUNT_ID}/DirectPublishToPhoneNumber"
        ours = f"arn:{Aws.PARTITION}:logs:{Aws.REGION}:{Aws.ACCOUNT_ID}:log-group"
        for kind, name in (("Sent", base), ("Failed", f"{base}/Failure")):
            if log is SmsLog.NONE:
                break
            permission = self._allow(f"Sms{kind}", function, "logs.amazonaws.com", f"{ours}:{name}:*")
            passed = logs.CfnSubscriptionFilter(
                self,
                f"Sms{kind}ToFunction",
                log_group_name=name,
                filter_pattern="",
                destination_arn=function,
            )
            passed.add_dependency(permission)
            if log is SmsLog.OWN:
                group = logs.CfnLogGroup(
                    self, f"Sms{kind}", log_group_name=name, retention_in_days=1, kms_key_id=self._key.arn
                )
                group.apply_removal_policy(RemovalPolicy.DESTROY)
                passed.add_dependency(group)
        role = iam.Role(self, "SmsLogRole", assumed_by=iam.ServicePrincipal("sns.amazonaws.com"))
        role.add_to_policy(
            iam.PolicyStatement(
                actions=["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
                resources=[f"{ours}:{base}*"],
            )
        )
        return role.role_arn

    def _allow(self, name: str, function: str, service: str, source: str) -> lambda_.CfnPermission:
        return lambda_.CfnPermission(
            self,
            f"{name}MayCall",
            action="lambda:InvokeFunction",
            function_name=function,
            principal=service,
            source_arn=source,
            source_account=Aws.ACCOUNT_ID if service == "logs.amazonaws.com" else None,
        )


class DeadLetters(Construct):
    """Where what was to be done later is laid when every try failed: what it holds names no person."""

    def __init__(self, scope: Construct, construct_id: str, *, key: Key) -> None:
        super().__init__(scope, construct_id)
        queue = sqs.CfnQueue(self, "Queue", kms_master_key_id=key.arn, message_retention_period=14 * 86400)
        self.arn = queue.attr_arn
        self.url = queue.ref
        self.name = queue.attr_queue_name
        sqs.CfnQueuePolicy(
            self,
            "QueuePolicy",
            queues=[self.url],
            policy_document=iam.PolicyDocument(statements=[by_tls_only("sqs:*", self.arn)]),
        )


def by_tls_only(actions: str, resource: str) -> iam.PolicyStatement:
    """Refuses what comes unencrypted."""
    return iam.PolicyStatement(
        effect=iam.Effect.DENY,
        principals=[iam.AnyPrincipal()],
        actions=[actions],
        resources=[resource],
        conditions={"Bool": {"aws:SecureTransport": "false"}},
    )
