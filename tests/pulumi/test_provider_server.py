"""What the Pulumi engine says to an attached provider, and what it hears; no engine takes part."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2, struct_pb2
from google.protobuf.json_format import MessageToDict
from pulumi.runtime import rpc
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc, status_pb2

from mllab.clock import SimulatedClock
from mllab.engines.pulumi.provider_server import ProviderServers
from mllab.protocol.provider import Call, Made, Properties
from tests.scenarios.toy import THING, Cloud, Fault, Toy

NOW = datetime(2027, 1, 11, tzinfo=UTC)
URN = f"urn:pulumi:dev::toys::{THING}::a"
WHO = {"urn": URN, "name": "a", "type": THING}
KIND = provider_pb2.PropertyDiff.Kind


def struct(**values: Any) -> struct_pb2.Struct:
    made = struct_pb2.Struct()
    made.update(values)
    return made


@pytest.fixture
def cloud(tmp_path: Path) -> Cloud:
    return Cloud(tmp_path / "cloud")


@pytest.fixture
def servers(cloud: Cloud) -> Iterator[ProviderServers]:
    with ProviderServers({"toy": Toy(cloud)}, SimulatedClock(NOW)) as servers:
        yield servers


class Connection:
    """One provider instance of the engine."""

    def __init__(self, servers: ProviderServers) -> None:
        port = servers.debug_providers.removeprefix("toy:")
        # A pool of its own, as the engine's instances have; otherwise channels share a connection.
        self.channel = grpc.insecure_channel(
            f"127.0.0.1:{port}", options=[("grpc.use_local_subchannel_pool", 1)]
        )
        self.stub = provider_pb2_grpc.ResourceProviderStub(self.channel)

    def configured(self, **config: Any) -> provider_pb2_grpc.ResourceProviderStub:
        self.stub.Configure(provider_pb2.ConfigureRequest(args=struct(**config)))
        return self.stub


@pytest.fixture
def connection(servers: ProviderServers) -> Iterator[Connection]:
    connection = Connection(servers)
    yield connection
    connection.channel.close()


@pytest.fixture
def stub(connection: Connection) -> provider_pb2_grpc.ResourceProviderStub:
    return connection.configured()


def test_life_of_an_instance(connection: Connection) -> None:
    stub = connection.stub
    shaken = stub.Handshake(provider_pb2.ProviderHandshakeRequest(engine_address="127.0.0.1:1"))
    stub.Attach(plugin_pb2.PluginAttach(address="127.0.0.1:1"))
    info = stub.GetPluginInfo(empty_pb2.Empty())
    schema = stub.GetSchema(provider_pb2.GetSchemaRequest())
    checked = stub.CheckConfig(provider_pb2.CheckRequest(news=struct(zone="west")))
    diff = stub.DiffConfig(provider_pb2.DiffRequest(news=struct(zone="west")))
    configured = stub.Configure(provider_pb2.ConfigureRequest(args=struct(zone="west")))
    stub.Cancel(empty_pb2.Empty())

    assert not shaken.accept_secrets
    assert not shaken.accept_resources
    assert info.version == "1.0.0"
    assert schema.schema == '{"name": "toy", "version": "1.0.0"}'
    assert MessageToDict(checked.inputs) == {"zone": "west"}
    assert diff.changes == provider_pb2.DiffResponse.DIFF_UNKNOWN
    assert not diff.replaces
    assert configured.supportsPreview
    assert not configured.acceptSecrets
    # After Cancel the server still answers: the next operation attaches to it again.
    assert stub.GetPluginInfo(empty_pb2.Empty()).version == "1.0.0"


def test_instances_keep_their_configuration(servers: ProviderServers) -> None:
    connections = [Connection(servers) for _ in range(3)]
    zones = ["west", "east", "south"]
    stubs = [
        connection.configured(zone=zone, version="1.0.0")
        for connection, zone in zip(connections, zones, strict=True)
    ]
    request = provider_pb2.InvokeRequest(tok="toy:index:zone", args=struct())

    answers = [MessageToDict(getattr(stub.Invoke(request), "return")) for stub in stubs]
    late = MessageToDict(getattr(Connection(servers).stub.Invoke(request), "return"))

    for connection in connections:
        connection.channel.close()
    assert answers == [{"zone": zone} for zone in zones]
    assert late == {"zone": "south"}, "a connection that was dialled again has the latest one"


def test_secret_configuration_is_unwrapped(connection: Connection) -> None:
    secret = {rpc._special_sig_key: rpc._special_secret_sig, "value": "backroom"}
    stub = connection.configured(zone=secret)
    answer = stub.Invoke(provider_pb2.InvokeRequest(tok="toy:index:zone", args=struct()))
    assert MessageToDict(getattr(answer, "return")) == {"zone": "backroom"}


def test_refused_configuration(connection: Connection) -> None:
    with pytest.raises(grpc.RpcError, match="no such configuration: colour"):
        connection.configured(colour="red")


def test_check(stub: provider_pb2_grpc.ResourceProviderStub) -> None:
    good = stub.Check(
        provider_pb2.CheckRequest(**WHO, news=struct(size=2), randomSeed=bytes([1, 2, 3, 4]))
    )
    again = stub.Check(
        provider_pb2.CheckRequest(**WHO, olds=good.inputs, news=struct(size=3), randomSeed=b"other")
    )
    bad = stub.Check(provider_pb2.CheckRequest(**WHO, news=struct(size=-1, colour="red")))

    assert MessageToDict(good.inputs) == {"name": "a-0102030", "size": 2}
    assert not good.failures
    assert MessageToDict(again.inputs) == {"name": "a-0102030", "size": 3}
    assert {(failure.property, failure.reason) for failure in bad.failures} == {
        ("size", "must be at least 0 (got -1)"),
        ("colour", "no such property"),
    }


def test_unknown_values(stub: provider_pb2_grpc.ResourceProviderStub) -> None:
    news = struct(name="one", size=rpc.UNKNOWN, tags={"deep": [rpc.UNKNOWN]})
    checked = stub.Check(provider_pb2.CheckRequest(**WHO, news=news))
    made = stub.Create(provider_pb2.CreateRequest(**WHO, properties=checked.inputs, preview=True))

    assert checked.inputs == news
    assert not checked.failures
    assert made.id == ""
    assert MessageToDict(made.properties) == {
        **MessageToDict(news),
        "arn": rpc.UNKNOWN,
        "address": rpc.UNKNOWN,
        "key": rpc.UNKNOWN,
    }


def test_diff(stub: provider_pb2_grpc.ResourceProviderStub) -> None:
    def diff(old: struct_pb2.Struct, new: struct_pb2.Struct) -> provider_pb2.DiffResponse:
        return stub.Diff(
            provider_pb2.DiffRequest(**WHO, id="north/one", old_inputs=old, olds=old, news=new)
        )

    same = diff(struct(name="one", size=1), struct(name="one", size=1))
    found = diff(
        struct(name="one", size=1, fixed="x", tags={}),
        struct(name="one", size=2, fixed="y", needs=["b"]),
    )
    moved = diff(struct(name="one"), struct(name="two", fixed="new"))

    assert same.changes == provider_pb2.DiffResponse.DIFF_NONE
    assert found.changes == provider_pb2.DiffResponse.DIFF_SOME
    assert found.hasDetailedDiff
    assert {path: change.kind for path, change in found.detailedDiff.items()} == {
        "fixed": KIND.UPDATE_REPLACE,
        "needs": KIND.ADD,
        "size": KIND.UPDATE,
        "tags": KIND.DELETE,
    }
    assert list(found.diffs) == ["fixed", "needs", "size", "tags"]
    assert list(found.replaces) == ["fixed"]
    assert found.deleteBeforeReplace
    assert not moved.deleteBeforeReplace
    assert moved.detailedDiff["fixed"].kind == KIND.ADD_REPLACE


def test_whole_life(stub: provider_pb2_grpc.ResourceProviderStub, cloud: Cloud) -> None:
    made = stub.Create(provider_pb2.CreateRequest(**WHO, properties=struct(name="one", size=1)))
    who = {**WHO, "id": made.id}
    dry = stub.Update(
        provider_pb2.UpdateRequest(
            **who, olds=made.properties, news=struct(name="one", size=2), preview=True
        )
    )
    before = dict(cloud.things[made.id]["inputs"])
    changed = stub.Update(
        provider_pb2.UpdateRequest(**who, olds=made.properties, news=struct(name="one", size=2))
    )
    found = stub.Read(provider_pb2.ReadRequest(**who, properties=changed.properties))
    stub.Delete(provider_pb2.DeleteRequest(**who, properties=changed.properties))
    gone = stub.Read(provider_pb2.ReadRequest(**who, properties=changed.properties))

    assert made.id == "north/one"
    assert MessageToDict(made.properties)["address"] == "10.0.0.1"
    assert MessageToDict(dry.properties)["address"] == rpc.UNKNOWN
    assert before == {"name": "one", "size": 1}
    assert MessageToDict(changed.properties)["address"] == "10.0.0.2"
    assert found.id == made.id
    assert found.properties == changed.properties
    assert MessageToDict(found.inputs) == {"name": "one", "size": 2}
    assert (gone.id, cloud.things) == ("", {})


def test_each_create_has_a_seed_of_its_own(cloud: Cloud) -> None:
    seeds = []

    class Noting(Toy):
        def configured(self, config: Mapping[str, Any]) -> Noting:
            return self

        def create(self, call: Call, inputs: Properties) -> Made:
            seeds.append(call.seed)
            return super().create(call, inputs)

    with ProviderServers({"toy": Noting(cloud)}, SimulatedClock(NOW)) as servers:
        connection = Connection(servers)
        for name in ("one", "two"):
            request = provider_pb2.CreateRequest(**WHO, properties=struct(name=name))
            connection.configured().Create(request)
        connection.channel.close()

    assert len(set(seeds)) == 2
    assert all(seeds)


def test_failure_is_a_status_that_keeps_the_state(
    stub: provider_pb2_grpc.ResourceProviderStub, cloud: Cloud
) -> None:
    cloud.faults = [Fault("create", "a", "refuse", "quota exceeded")]
    with pytest.raises(grpc.RpcError) as caught:
        stub.Create(provider_pb2.CreateRequest(**WHO, properties=struct(name="one")))

    # After UNKNOWN, INTERNAL and DATA_LOSS the engine holds the state of the resource for lost.
    assert caught.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert caught.value.details() == "Refused: quota exceeded"
    assert _details(caught.value) == []
    assert cloud.things == {}


def test_failure_after_the_fact_tells_what_exists(
    stub: provider_pb2_grpc.ResourceProviderStub, cloud: Cloud
) -> None:
    cloud.faults = [Fault("create", "a", "unhealthy", "it does not start")]
    with pytest.raises(grpc.RpcError) as caught:
        stub.Create(provider_pb2.CreateRequest(**WHO, properties=struct(name="one", size=1)))

    (detail,) = _details(caught.value)
    failed = provider_pb2.ErrorResourceInitFailed()
    assert detail.Unpack(failed)
    assert failed.id == "north/one"
    assert MessageToDict(failed.properties)["address"] == "10.0.0.1"
    assert list(failed.reasons) == ["Unhealthy: it does not start"]


def test_unknown_function_and_missing_thing(
    stub: provider_pb2_grpc.ResourceProviderStub,
) -> None:
    with pytest.raises(grpc.RpcError, match="no such function: toy:index:nothing"):
        stub.Invoke(provider_pb2.InvokeRequest(tok="toy:index:nothing"))
    with pytest.raises(grpc.RpcError, match="NotFound: north/one does not exist"):
        stub.Update(provider_pb2.UpdateRequest(**WHO, id="north/one", news=struct(name="one")))


def _details(error: Any) -> list[Any]:
    metadata = {key: value for key, value in error.trailing_metadata() or ()}
    packed = metadata.get("grpc-status-details-bin")
    return [] if packed is None else list(status_pb2.Status.FromString(packed).details)
