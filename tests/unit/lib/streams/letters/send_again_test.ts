import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { StreamError } from "../../../../../lib/errors.ts";
import { DeadLetters } from "../../../../../lib/streams/dead_letters.ts";
import { MemoryBroker } from "../../../../../lib/streams/memory/memory_broker.ts";
import { sealRecord } from "../../../../../lib/streams/record.ts";
import { sealDeadLetter } from "../../../../../lib/streams/seal_dead_letter.ts";
import type { NewRecord } from "../../../../../lib/streams/stream.ts";
import { TooLargeError } from "../../../../../lib/streams/too_large_error.ts";

const ERROR = { name: "E", message: "m", step: "s" };

/** Letters of ids, of groups, in a broker whose stream refuses what a test says. */
async function lettersOf(
  ids: readonly string[],
  refuse: (records: readonly NewRecord[]) => Error | undefined,
  groups: readonly string[] = ["g"],
) {
  const broker = new MemoryBroker();
  const wires = ids.flatMap((id) =>
    groups.map((group) => {
      const letter = sealDeadLetter(sealRecord({ body: id, id }, 0), ERROR, group);
      return id === "hostile" ? { ...letter, key: "\ud800" } : letter;
    })
  );
  await broker.log("memory://in-dead-letters").append(wires, { by: {}, now: () => 0 });
  const asked: number[] = [];
  const letters = new DeadLetters("memory://in", <Body>(path: string, options = {}) => {
    const stream = broker.open<Body>(path, options);
    const publish = stream.publish.bind(stream);
    stream.publish = async (records) => {
      if (path.split("?")[0] === "memory://in") {
        asked.push(records.length);
        const fault = refuse(records);
        if (fault !== undefined) throw fault;
      }
      await publish(records);
    };
    return Promise.resolve(stream);
  });
  return { letters, asked, sent: () => broker.records("memory://in").map(({ id }) => id) };
}

/** A stream that takes no record of some ids, in the words that a queue in front of a broker has. */
function tooLarge(...large: string[]) {
  return (records: readonly NewRecord[]) => {
    if (!records.some(({ id }) => large.includes(id!))) return undefined;
    const cause = new TooLargeError("Cannot publish to memory://in: a record has 9 bytes, and the stream takes 3");
    return new StreamError(`${cause.message}; none of the records is kept`, { cause });
  };
}

Deno.test("DeadLetters.replay() sends all but those that the stream takes no more, which stay and are told with its words", async () => {
  const { letters, sent } = await lettersOf(["a", "b", "large", "c", "larger"], tooLarge("large", "larger"));
  const words =
    "Cannot publish to memory://in: a record has 9 bytes, and the stream takes 3; none of the records is kept";
  await rejects(letters.replay("all"), {
    name: "StreamError",
    message:
      `Cannot replay dead letters of memory://in: 2 cannot be sent as they are, and stay: letter large: ${words}; ` +
      `letter larger: ${words}. Mend it, or discard it. 3 others were replayed`,
  });
  deepStrictEqual(sent(), ["a", "b", "c"]);
  deepStrictEqual((await letters.list()).map(({ id }) => id), ["large", "larger"]);
  await rejects(letters.replay(["large"]), {
    message: /takes 3; none of the records is kept\. 0 were replayed before$/,
  });
});

Deno.test("DeadLetters.replay() sends all but what could be published nowhere, such as another hand's key of half a character", async () => {
  const { letters, sent } = await lettersOf(["a", "hostile", "b"], () => undefined);
  await rejects(letters.replay("all"), {
    message:
      /: 1 cannot be sent .*: letter hostile: Cannot publish the record: its key is no whole text.* 2 others were replayed$/,
  });
  deepStrictEqual(sent(), ["a", "b"]);
  deepStrictEqual((await letters.list()).map(({ id }) => id), ["hostile"]);
});

Deno.test("DeadLetters.replay() sends one that two groups gave up once, also beside one that stays", async () => {
  const { letters, sent } = await lettersOf(["a", "large", "b"], tooLarge("large"), ["g", "h"]);
  await rejects(letters.replay("all"), { message: /: 2 cannot be sent .* 4 others were replayed$/ });
  deepStrictEqual(sent(), ["a", "b"]);
  deepStrictEqual((await letters.list()).map(({ id }) => id), ["large", "large"]);
});

Deno.test("DeadLetters.replay() ends where the stream goes away beside a letter that stays, and what was sent is written down", async () => {
  let calls = 0;
  const refuse = tooLarge("large");
  const { letters, sent, asked } = await lettersOf(
    ["a", "large", "b", "c"],
    (records) => ++calls < 4 ? refuse(records) : new StreamError("Cannot publish to memory://in: it does not answer"),
  );
  await rejects(letters.replay("all"), { message: /: it does not answer\. 1 were replayed before$/ });
  deepStrictEqual([asked, sent()], [[4, 1, 1, 1], ["a"]]);
  deepStrictEqual((await letters.list()).map(({ id }) => id), ["large", "b", "c"]);
});

Deno.test("DeadLetters.replay() asks once where it is not a record that is refused", async () => {
  const { letters, asked } = await lettersOf(["a", "b"], () => new StreamError("Cannot publish to memory://in: no"));
  await rejects(letters.replay("all"), { message: /memory:\/\/in: no\. 0 were replayed before$/ });
  deepStrictEqual(asked, [2]);
  strictEqual((await letters.list()).length, 2);
});
