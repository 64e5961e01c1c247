"""The month's budget of one deployment, told to those who pay when it will not be kept."""

from typing import Final

from aws_cdk import aws_budgets as budgets
from constructs import Construct

from infra.deployment import Deployment

TAG: Final = "venterom:system"
"""By which AWS tells one deployment's costs from another's in the same account; to be activated once in Billing."""


class Spending(Construct):
    """Told by mail: the forecast passes the budget, or it is spent. Not by an alarm, for AWS counts once a day."""

    def __init__(self, scope: Construct, construct_id: str, *, deployment: Deployment) -> None:
        super().__init__(scope, construct_id)
        told = budgets.CfnBudget.SubscriberProperty(address=deployment.alarms_to, subscription_type="EMAIL")
        budgets.CfnBudget(
            self,
            "Month",
            budget=budgets.CfnBudget.BudgetDataProperty(
                budget_name=f"{deployment.stack}-budget",
                budget_type="COST",
                time_unit="MONTHLY",
                budget_limit=budgets.CfnBudget.SpendProperty(amount=deployment.budget_usd, unit="USD"),
                cost_filters={"TagKeyValue": [f"user:{TAG}${deployment.stack}"]},
            ),
            notifications_with_subscribers=[
                budgets.CfnBudget.NotificationWithSubscribersProperty(
                    notification=budgets.CfnBudget.NotificationProperty(
                        comparison_operator="GREATER_THAN",
                        notification_type=kind,
                        threshold=share,
                        threshold_type="PERCENTAGE",
                    ),
                    subscribers=[told],
                )
                for kind, share in (("FORECASTED", 100), ("ACTUAL", 80), ("ACTUAL", 100))
            ],
        )
