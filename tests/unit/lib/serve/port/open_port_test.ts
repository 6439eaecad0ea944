import { SELF_SIGNED } from "../../../../support/loopback.ts";
import { testPort } from "./_port_contract.ts";

testPort("Deno.serve", { tls: undefined });
testPort("Deno.serve over TLS", { tls: SELF_SIGNED });
