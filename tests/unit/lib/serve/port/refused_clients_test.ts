import { deepStrictEqual } from "node:assert/strict";
import { refusedClients } from "../../../../../lib/serve/port/refused_clients.ts";

Deno.test("refusedClients() tells the first at once, and after a pause how many more there were", () => {
  const told: string[] = [];
  let now = 0;
  const refused = refusedClients({ tell: (line) => void told.push(line), now: () => now });
  for (now of [0, 1, 9_999, 10_000, 10_001, 30_000]) refused(`at ${now}`);
  const need =
    "Clients need a certificate of the authorities that the server names: X.509 version 3, valid now, for clients";
  deepStrictEqual(told, [
    `Refused a client: at 0. ${need}`,
    `Refused a client: at 10000. ${need}; 2 more since the last such line`,
    `Refused a client: at 30000. ${need}; 1 more since the last such line`,
  ]);
});
