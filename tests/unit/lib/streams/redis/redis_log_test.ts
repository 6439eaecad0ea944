import { throws } from "node:assert/strict";
import type { RedisClient } from "../../../../../lib/streams/redis/redis_client.ts";
import { RedisLog } from "../../../../../lib/streams/redis/redis_log.ts";

Deno.test("RedisLog.check() refuses what Redis never takes, with both sizes", () => {
  const client = undefined as unknown as RedisClient;
  const log = new RedisLog({ client, name: "redis://h:6379/a", key: "a", partitions: 1, retentionMs: 0 });
  const recordOf = (length: number) => ({ key: undefined, headers: {}, bytes: { length } as Uint8Array });
  log.check(recordOf(536_870_911));
  throws(() => log.check(recordOf(536_870_912)), {
    name: "StreamError",
    message: "Cannot publish to redis://h:6379/a: a record has 536870912 bytes, and Redis takes 536870911",
  });
});
