"""The same for the services that are no part of the machine itself."""

from __future__ import annotations

from tests.lookup.making import Inputs, Maker, makes, pairs


@makes("aws:batch/computeEnvironment:ComputeEnvironment")
def environment(m: Maker, i: Inputs) -> str:
    # Without machines of its own: what the simulation would launch is not looked for here.
    some_role = m.client("iam").list_roles()["Roles"][0]["Arn"]  # the simulation wants one
    m.client("batch").create_compute_environment(
        computeEnvironmentName=i["name"],
        type="UNMANAGED",
        state="ENABLED",
        serviceRole=some_role,
        tags=i["tags"],
    )
    return i["name"]


@makes("aws:batch/jobQueue:JobQueue")
def queue(m: Maker, i: Inputs) -> str:
    made = m.client("batch").create_job_queue(
        jobQueueName=i["name"],
        state="ENABLED",
        priority=1,
        computeEnvironmentOrder=[
            {"order": each["order"], "computeEnvironment": each["computeEnvironment"]}
            for each in i["computeEnvironmentOrders"]
        ],
        tags=i["tags"],
    )
    return made["jobQueueArn"]


@makes("aws:batch/jobDefinition:JobDefinition")
def definition(m: Maker, i: Inputs) -> str:
    made = m.client("batch").register_job_definition(
        jobDefinitionName=i["name"],
        type="container",
        containerProperties={"image": "i", "vcpus": 1, "memory": 128},
        tags=i["tags"],
    )
    return made["jobDefinitionArn"]


@makes("aws:cloudwatch/logGroup:LogGroup")
def logs(m: Maker, i: Inputs) -> str:
    client = m.client("logs")
    client.create_log_group(logGroupName=i["name"], tags=i["tags"])
    client.create_log_group(logGroupName=f"{i['name']}-of-another")  # begins alike
    return i["name"]


@makes("aws:dynamodb/table:Table")
def table(m: Maker, i: Inputs) -> str:
    m.client("dynamodb").create_table(
        TableName=i["name"],
        BillingMode=i["billingMode"],
        KeySchema=[{"AttributeName": i["hashKey"], "KeyType": "HASH"}],
        AttributeDefinitions=[
            {"AttributeName": each["name"], "AttributeType": each["type"]}
            for each in i["attributes"]
        ],
        Tags=pairs(i),
    )
    return i["name"]


@makes("aws:lambda/function:Function")
def function(m: Maker, i: Inputs) -> str:
    m.client("lambda").create_function(
        FunctionName=i["name"],
        Runtime=i["runtime"],
        Handler=i["handler"],
        Role=m.client("iam").list_roles()["Roles"][0]["Arn"],
        Code={"ZipFile": b"none of ours"},
        Tags=i["tags"],
    )
    return i["name"]


@makes("aws:scheduler/scheduleGroup:ScheduleGroup")
def schedule_group(m: Maker, i: Inputs) -> str:
    m.client("scheduler").create_schedule_group(Name=i["name"], Tags=pairs(i))
    return i["name"]


@makes("aws:scheduler/schedule:Schedule")
def schedule(m: Maker, i: Inputs) -> str:
    m.client("scheduler").create_schedule(
        GroupName=i["groupName"],
        Name=i["name"],
        FlexibleTimeWindow={"Mode": "OFF"},
        ScheduleExpression=i["scheduleExpression"],
        Target={"Arn": i["target"]["arn"], "RoleArn": i["target"]["roleArn"]},
    )
    return f"{i['groupName']}/{i['name']}"


@makes("aws:sns/topic:Topic")
def topic(m: Maker, i: Inputs) -> str:
    return m.client("sns").create_topic(Name=i["name"], Tags=pairs(i))["TopicArn"]


@makes("aws:sagemaker/notebookInstance:NotebookInstance")
def notebook(m: Maker, i: Inputs) -> str:
    for name in (i["name"], f"{i['name']}-of-another"):  # begins alike
        m.client("sagemaker").create_notebook_instance(
            NotebookInstanceName=name,
            InstanceType="ml.t3.medium",  # the simulation knows no newer ones
            RoleArn=i["roleArn"],
            LifecycleConfigName=i["lifecycleConfigName"],
            Tags=pairs(i),
        )
    return i["name"]


@makes(
    "aws:sagemaker/notebookInstanceLifecycleConfiguration:NotebookInstanceLifecycleConfiguration"
)
def lifecycle(m: Maker, i: Inputs) -> str:
    for name in (i["name"], f"{i['name']}-of-another"):
        m.client("sagemaker").create_notebook_instance_lifecycle_config(
            NotebookInstanceLifecycleConfigName=name,
            OnStart=[{"Content": i["onStart"]}],
            Tags=pairs(i),
        )
    return i["name"]


@makes("aws:budgets/budget:Budget")
def budget(m: Maker, i: Inputs) -> str:
    account = m.client("sts").get_caller_identity()["Account"]
    m.client("budgets").create_budget(
        AccountId=account,
        Budget={
            "BudgetName": i["name"],
            "BudgetType": i["budgetType"],
            "TimeUnit": i["timeUnit"],
            "BudgetLimit": {"Amount": i["limitAmount"], "Unit": "USD"},
        },
        ResourceTags=pairs(i),
    )
    return f"{account}:{i['name']}"


@makes("aws:kms/key:Key")
def key(m: Maker, i: Inputs) -> str:
    client = m.client("kms")
    tags = [{"TagKey": key, "TagValue": value} for key, value in i["tags"].items()]
    going = client.create_key(Tags=tags)["KeyMetadata"]["KeyId"]
    client.schedule_key_deletion(KeyId=going, PendingWindowInDays=7)  # of a lab of that name before
    return client.create_key(Tags=tags)["KeyMetadata"]["KeyId"]


@makes("aws:ec2/flowLog:FlowLog")
def flow_log(m: Maker, i: Inputs) -> str:
    made = m.client("ec2").create_flow_logs(
        ResourceIds=[i["vpcId"]],
        ResourceType="VPC",
        TrafficType=i["trafficType"],
        LogGroupName="flows",
        DeliverLogsPermissionArn=i["iamRoleArn"],
        TagSpecifications=[{"ResourceType": "vpc-flow-log", "Tags": pairs(i)}],
    )
    return made["FlowLogIds"][0]
