"""What Application Insights makes besides itself, and leaves behind."""

from __future__ import annotations

from mllab.simulated.azure.rules import tokens
from tests.simulated.azure.conftest import Built


def test_insights_bring_an_action_group_that_goes_with_the_group(lab: Built) -> None:
    subscription, made = lab
    (own,) = [id for id in subscription.ids(tokens.ACTION_GROUP) if id != made["mail"]["id"]]
    assert own.endswith("/actionGroups/Application Insights Smart Detection")
    subscription.delete(tokens.INSIGHTS, made["insights"]["id"])
    assert own in subscription.ids(tokens.ACTION_GROUP)


def test_insights_without_a_workspace_make_one_that_nobody_removes(lab: Built) -> None:
    subscription, made = lab
    before = set(subscription.ids(tokens.LOGS)), set(subscription.ids(tokens.GROUP))
    given = {**made["insights"]["given"], "resourceName": "alone"}
    del given["workspaceResourceId"]
    alone = subscription.create(tokens.INSIGHTS, given, "alone")
    managed = alone.outputs["workspaceResourceId"]
    assert managed.endswith(
        "_managed/providers/Microsoft.OperationalInsights/workspaces/managed-alone-ws"
    )
    assert subscription.diff(tokens.INSIGHTS, alone.id, given, "alone").changes == ()
    subscription.delete(tokens.INSIGHTS, alone.id)
    subscription.delete(tokens.GROUP, made["lab"]["id"])
    left = set(subscription.ids(tokens.LOGS)), set(subscription.ids(tokens.GROUP))
    assert left[0] == {managed}
    assert left[1] - before[1] == {managed.partition("/providers/")[0]}
