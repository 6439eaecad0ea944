"""Iguazio's own client, at a fake of v3io: what it reads, writes and is refused. Prints JSON."""

import json
import sys

import v3io.dataplane

url, container, stream = sys.argv[1:]
client = v3io.dataplane.Client(endpoint=url, access_key="access", max_connections=1)
never = v3io.dataplane.RaiseForStatus.never
described = client.stream.describe(container, stream).output
location = client.stream.seek(container, stream, 0, "EARLIEST").output.location
got = client.stream.get_records(container, stream, 0, location, limit=10).output
wrapped = {"full_event_wrapper": True, "body": [2], "key": "their key", "id": "their id"}
put = client.stream.put_records(
    container,
    stream,
    [
        {"shard_id": 0, "data": '{"a": 1}'},
        {"shard_id": 0, "data": json.dumps(wrapped)},
        {"shard_id": 9, "data": "in no shard"},
        {"shard_id": 0, "data": "no JSON", "partition_key": "pk"},
    ],
).output


def write(**more):
    attributes = {"version": 1, "text": "a"}
    condition = "not(exists(version))"
    return client.kv.update(container, "table", "key", attributes=attributes, condition=condition, **more).status_code


print(
    json.dumps(
        {
            "shards": [described.shard_count, described.retention_period_hours],
            "again": client.stream.create(container, stream, 2, raise_for_status=never).status_code,
            "read": [json.loads(record.data) for record in got.records],
            "behind": got.records_behind_latest,
            "failed": put.failed_record_count,
            "written": [write(), write(raise_for_status=never)],
            "kept": client.kv.get(container, "table", "key", attribute_names=["version", "text"]).output.item,
        }
    )
)
