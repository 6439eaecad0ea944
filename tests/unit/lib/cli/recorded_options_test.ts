import { deepStrictEqual } from "node:assert/strict";
import { withRecorded } from "../../../../lib/cli/recorded_options.ts";

Deno.test("withRecorded() takes what the notebook says where nothing else is said, of the same target alone", () => {
  const recorded = { name: "shop", target: "kubernetes", options: { namespace: "market", replicas: 2 } } as const;
  const said = { namespace: undefined, replicas: 3 };
  const both = { target: "kubernetes", namespace: "market", replicas: 3 } as const;
  deepStrictEqual(withRecorded(said, { target: undefined, recorded }), both);
  deepStrictEqual(withRecorded(said, { target: "kubernetes", recorded }), both);
  deepStrictEqual(withRecorded(said, { target: "nuclio", recorded }), { target: "nuclio", replicas: 3 });
  deepStrictEqual(withRecorded({}, { target: undefined, recorded: undefined }), { target: "process" });
});
