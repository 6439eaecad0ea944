import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { toldBy } from "../../../../../lib/deploy/cluster/told_by.ts";

const PLACE = { name: "test", server: "https://a.test", namespace: "shop" };

function told(status: number, answer: object | string) {
  const text = typeof answer === "string" ? answer : JSON.stringify({ kind: "Status", apiVersion: "v1", ...answer });
  const { message, reason, causes } = toldBy("apply it", PLACE, { status, text, credential: "its token has ended" });
  return [message, reason, causes];
}

// Answers as Kubernetes 1.36.3 gave them.

Deno.test("toldBy() names misspelt fields, applied or written", () => {
  const message = "failed to create typed patch object (q/d; apps/v1, Kind=Deployment): " +
    '.spec.template.spec.containers[name="c"].imagePullPolic: field not declared in schema';
  const field = '.spec.template.spec.containers[name="c"].imagePullPolic';
  deepStrictEqual(told(500, { message, code: 500 }), [
    `Cannot apply it: its kind has no such field, or not in this cluster: ${field}`,
    "UnknownField",
    [{ field, message: "its kind has no such field" }],
  ]);
  const written = 'Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: ' +
    'unknown field "spec.replicaz", unknown field "spec.x"';
  strictEqual(
    told(400, { message: written, reason: "BadRequest" })[0],
    "Cannot apply it: its kind has no such field, or not in this cluster: spec.replicaz, spec.x",
  );
});

Deno.test("toldBy() tells conflicts by field and manager", () => {
  const causes = [".spec.replicas", '.spec.template.spec.containers[name="c"].image'].map((field, index) => ({
    reason: "FieldManagerConflict",
    message: index === 0 ? 'conflict with "kubectl" using apps/v1' : 'conflict with "argocd"',
    field,
  }));
  const [message, reason, told409] = told(409, { message: "Apply failed", reason: "Conflict", details: { causes } });
  strictEqual(
    message,
    `Cannot apply it: others have written 2 fields of it, which only force takes over:
  .spec.replicas, by "kubectl"
  .spec.template.spec.containers[name="c"].image, by "argocd"`,
  );
  deepStrictEqual([reason, (told409 as readonly { manager?: string }[]).map(({ manager }) => manager)], ["Conflict", [
    "kubectl",
    "argocd",
  ]]);
});

Deno.test("toldBy() tells a conflict of versions as the server does", () => {
  const message = 'Operation cannot be fulfilled on deployments.apps "d": the object has been modified';
  strictEqual(told(409, { message, reason: "Conflict", details: { name: "d" } })[0], `Cannot apply it: ${message}`);
});

Deno.test("toldBy() knows rights, quotas and policies apart, though each is Forbidden", () => {
  const reason = "Forbidden";
  const rights = 'deployments.apps is forbidden: User "me" cannot list resource "deployments" in the namespace "shop"';
  deepStrictEqual(told(403, { message: rights, reason }), [`Cannot apply it: who asks may not: ${rights}`, reason, []]);
  const quota = 'configmaps "x" is forbidden: exceeded quota: q, requested: configmaps=1, used: configmaps=1';
  deepStrictEqual(told(403, { message: quota, reason }), [
    "Cannot apply it: a quota of the namespace is used up: q, requested: configmaps=1, used: configmaps=1",
    "Quota",
    [],
  ]);
  const policy = 'pods "x" is forbidden: violates PodSecurity "restricted:latest"';
  strictEqual(told(403, { message: policy, reason })[0], `Cannot apply it: ${policy}`);
});

Deno.test("toldBy() tells which field is invalid, and who is not known", () => {
  const causes = [{ reason: "FieldValueInvalid", message: "Invalid value: -1", field: "spec.replicas" }];
  const message = 'Deployment.apps "d" is invalid: spec.replicas: Invalid value: -1';
  deepStrictEqual(told(422, { message, reason: "Invalid", details: { causes } }), [
    `Cannot apply it: ${message} (422 Invalid)`,
    "Invalid",
    [{ field: "spec.replicas", message: "Invalid value: -1" }],
  ]);
  strictEqual(
    told(401, { message: "Unauthorized", reason: "Unauthorized" })[0],
    'Cannot apply it: cluster "test" does not know who asks: its token has ended',
  );
});

Deno.test("toldBy() cuts what is no Status: a page of a proxy", () => {
  const [message] = told(502, `<html>\n\n  ${"bad gateway ".repeat(100)}</html>`) as [string];
  ok(message.startsWith("Cannot apply it: <html> bad gateway bad") && message.endsWith("(502)"), message);
  ok(message.length < 350);
  strictEqual(told(404, "")[0], "Cannot apply it: it says no more (404)");
  for (const odd of ["null", "[]", '{"kind":"Status"}', '{"kind":"Pod","message":"x"}']) told(500, odd);
});

Deno.test("toldBy() takes refusals that are huge, of another form, or none", () => {
  const [message, , causes] = told(500, {
    message: "x".repeat(1_000_000),
    details: { causes: Array.from({ length: 1_000 }, () => ({ message: "y".repeat(10) })) },
  });
  ok(String(message).length < 5_000);
  strictEqual((causes as unknown[]).length, 100);
  for (
    const answer of [
      "",
      "null",
      "[]",
      "{",
      '"Status"',
      '{"kind":"Status","message":{}}',
      '{"kind":"Status","details":[]}',
    ]
  ) {
    ok(/^Cannot apply it: .* \(500\)$/.test(String(told(500, answer)[0])), answer);
  }
  for (const causes of [null, 1, [null], [{ field: 1 }]]) {
    strictEqual(told(500, { message: "m", details: { causes } })[0], "Cannot apply it: m (500)");
  }
});

Deno.test("toldBy() says what may keep the API server from a pod", () => {
  const message = "error trying to reach service: dial tcp 10.0.0.7:8080: i/o timeout";
  ok(
    String(told(503, { message, reason: "ServiceUnavailable" })[0]).startsWith(
      `Cannot apply it: the API server does not get through to it: ${message} (503 ServiceUnavailable). Does a network policy keep`,
    ),
  );
});

Deno.test("toldBy() says of a field that is set once for all what that means", () => {
  const message = 'Invalid value: {"matchLabels":{}}: field is immutable';
  const causes = [{ reason: "FieldValueInvalid", message, field: "spec.selector" }];
  strictEqual(
    told(422, {
      message: `Deployment.apps "shop-api" is invalid: spec.selector: ${message}`,
      reason: "Invalid",
      details: { causes },
    })[0],
    "Cannot apply it: spec.selector cannot be changed: an object of this name is there already, and was made for something else. " +
      "Is it another function's? Give this one, or its child, another name, or delete the other",
  );
});
