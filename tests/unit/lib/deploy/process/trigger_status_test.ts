import { deepStrictEqual } from "node:assert/strict";
import { join } from "node:path";
import { serving } from "levada";
import { describeDeployment } from "../../../../../lib/deploy/describe_deployment.ts";
import type { ProcessStatus } from "../../../../../lib/deploy/process/deployed_state.ts";
import { triggerStatus } from "../../../../../lib/deploy/process/trigger_status.ts";
import { FileTickKeeper } from "../../../../../lib/triggers/tick_keeper.ts";
import { temporaryFolder } from "../../../../support/temporary_folder.ts";

const KEPT = {
  last: "2026-03-01T03:00:00.000Z",
  next: "2026-03-02T03:00:00.000Z",
  fired: 3,
  skipped: 1,
  missed: 2,
};

Deno.test("triggerStatus() tells streams without logins, and what has become of the times of schedules", async () => {
  await using folder = await temporaryFolder();
  const fn = serving("shop").addTrigger("orders", { stream: "kafka://me:secret@broker:9092/orders" })
    .addTrigger("nightly", { schedule: "0 3 * * *" }).addTrigger("never", { schedule: "@yearly" });
  fn.setTopology("flow").to("see", () => {});
  const place = { state: folder.path, revisions: join(folder.path, "revisions") };
  await Deno.mkdir(join(place.revisions, "abc"), { recursive: true });
  await Deno.writeTextFile(join(place.revisions, "abc", "function.json"), JSON.stringify({ function: fn }));
  await new FileTickKeeper(join(folder.path, "schedules")).change(
    { group: "shop", name: "nightly" },
    () => Promise.resolve(KEPT),
  );
  const triggers = await triggerStatus("abc", place);
  const before = { last: undefined, next: undefined, fired: 0, skipped: 0, missed: 0 };
  deepStrictEqual(triggers, [
    { name: "orders", kind: "stream", detail: "kafka://broker:9092/orders", times: undefined },
    { name: "nightly", kind: "schedule", detail: "0 3 * * * UTC", times: KEPT },
    { name: "never", kind: "schedule", detail: "@yearly UTC", times: before },
  ]);
  deepStrictEqual(await triggerStatus("gone", place), []);
  const status = { functions: [{ name: "shop" }], triggers } as unknown as ProcessStatus;
  deepStrictEqual(describeDeployment(status).split("\n").filter((line) => line.startsWith("  trigger")), [
    "  trigger orders: kafka://broker:9092/orders",
    "  trigger nightly: 0 3 * * * UTC, next 2026-03-02T03:00:00.000Z, last 2026-03-01T03:00:00.000Z, 3 events, 1 left out, 2 missed",
    "  trigger never: @yearly UTC, not begun, 0 events",
  ]);
});
