import { match, throws } from "node:assert/strict";
import { checkPlace } from "../../../../../lib/deploy/kubernetes/check_place.ts";

Deno.test("checkPlace() refuses a namespace and a name that nothing can have, before anybody is asked", () => {
  checkPlace("delete", { name: "shop", namespace: "market" });
  checkPlace("delete", { namespace: "0-market" });
  for (const namespace of ["", "Shop Ns", "../kube-system", "a".repeat(64)]) {
    throws(() => checkPlace("delete", { name: "shop", namespace }), (error: Error) => {
      match(error.message, /^Cannot delete: namespace is ".*", and must be small letters, digits and "-", 63 at most/);
      return true;
    });
  }
  for (const name of ["../x", "Shop", "a".repeat(51)]) {
    throws(() => checkPlace("delete", { name, namespace: "market" }), /^DeployError: Cannot delete: there is no such/);
  }
});
