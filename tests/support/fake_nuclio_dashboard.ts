/**
 * A FAKE of Nuclio's dashboard and controller, for tests: CI has no real one, since Nuclio's module is in no registry. It answers as a real
 * dashboard and controller (development version of 2 January 2025, commit 9e837f6a07fc) were recorded to answer on a real API server: the
 * states with their order, 202 with an empty body, 409 for a name that exists and for a version that is stale, 412 while a function is being
 * made ready, 412 for a project that is not there, 500 for an image without a runtime, 404 and 204 for functions that are not there, what it adds to a
 * specification, and where it hides why a pod is not ready. What is otherwise: its times are short, and it runs nothing.
 * `tests/support/nuclio_contract.ts` runs against it, and by URL (LEVADA_NUCLIO_DASHBOARD) against a real one.
 */

import type { NuclioFunction } from "../../lib/deploy/nuclio/nuclio_function.ts";
import { type Got, type Loopback, serveLoopback } from "./loopback.ts";

/** What becomes of a pod of an image. */
export type ImageFate = "serves" | "crashes" | "hangs";

// deno-lint-ignore no-explicit-any -- what others have sent, of any shape
type Kept = any;

const STACK = "    .../pkg/platform/kube/platform.go:233\n";
const PROVISIONED = ["ready", "error", "unhealthy", "scaledToZero", "imported"];

/** What the fake keeps, and how it behaves. */
export class FakeNuclioDashboard {
  readonly functions = new Map<string, Kept>();
  readonly projects = new Set(["default"]);
  /** What becomes of each image; others cannot be pulled. */
  readonly images: Record<string, ImageFate> = {
    "levada/good:1": "serves",
    "levada/good:2": "serves",
    "levada/crash:1": "crashes",
  };
  /** How long a good pod takes, in milliseconds; a real one takes 7,400. */
  readyMs = 30;
  /** How long Nuclio waits for a pod of which it knows nothing bad; a real one takes readinessTimeoutSeconds. */
  patienceMs = 120;
  /** How long after that it says why; a real one takes up to a second. */
  tellMs = 40;
  /** Answers a request in another way, where it gives an answer. */
  hinder: ((got: Got) => Response | undefined | Promise<Response | undefined>) | undefined;
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  #version = 100;

  /** Listens, until it is ended. */
  serve(): Loopback {
    const server = serveLoopback(async (got) => await this.hinder?.(got) ?? this.#answer(got));
    return {
      ...server,
      [Symbol.asyncDispose]: async () => {
        for (const timer of this.#timers) clearTimeout(timer);
        await server[Symbol.asyncDispose]();
      },
    };
  }

  /** Changes a function as a person does by `kubectl edit`. */
  edit(name: string, change: (fn: Kept) => void): void {
    change(this.functions.get(name));
    this.#touch(name);
  }

  #answer({ method, path, headers, body }: Got): Response {
    const { pathname, searchParams } = new URL(path, "http://fake");
    const [, , kind, id, part, replica] = pathname.split("/").map(decodeURIComponent);
    if (pathname === "/api/versions") {
      return Response.json({ dashboard: { arch: "amd64", gitCommit: "", label: "latest", os: "linux" } });
    }
    if (kind === "projects") {
      return this.projects.has(id!) ? Response.json({ metadata: { name: id } }) : refuse(404, "Project not found");
    }
    if (kind === "function_invocations") { // it stands outside of the cluster
      const error = `Failed to invoke function: Post 'http://${
        headers.get("x-nuclio-invoke-url")
      }': dial tcp: lookup: no such host`;
      return Response.json({ error }, { status: 500 });
    }
    if (kind !== "functions") return new Response("404 page not found\n", { status: 404 });
    if (method === "POST") return this.#write(body, "create");
    if (method === "PUT") return this.#write(body, "replace");
    if (method === "DELETE") return this.#delete(body, headers);
    if (id === undefined || id === "") return this.#list(headers.get("x-nuclio-project-name"));
    const fn = this.functions.get(id);
    if (fn === undefined) return refuse(404, "Function not found");
    if (part === "replicas") return Response.json({ names: [`nuclio-${id}-5648c5bddd-9jhl8`] });
    if (part !== "logs") return Response.json(fn);
    if (replica !== `nuclio-${id}-5648c5bddd-9jhl8`) {
      return refuse(400, `${replica} replica does not belong to function ${id}`);
    }
    return logOf(fn, { tail: searchParams.get("tailLines"), follows: searchParams.get("follow") !== "false" });
  }

  #list(project: string | null): Response {
    const listed = [...this.functions].filter(([, fn]) =>
      project === null || fn.metadata.labels["nuclio.io/project-name"] === project
    );
    return Response.json(Object.fromEntries(listed));
  }

  #write(body: string, verb: "create" | "replace"): Response {
    const given = parsed(body);
    if (given === undefined) return refuse(400, "unexpected end of JSON input");
    const { metadata: { name, labels = {}, resourceVersion, ...metadata } = {} as Kept, spec = {} } = given;
    const there = this.functions.get(name);
    if (verb === "create" && there !== undefined) return refuse(409, "Cannot create two functions with the same name");
    if (!/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(name ?? "")) {
      return refuse(500, `NuclioFunction.nuclio.io "${name}" is invalid: metadata.name`);
    }
    if (spec.runtime === undefined) return refuse(500, "If image is passed, runtime must be specified");
    const project = labels["nuclio.io/project-name"] ?? "default";
    if (!this.projects.has(project)) return refuse(412, "Project does not exist");
    if (spec.minReplicas > spec.maxReplicas) {
      return refuse(400, "Min replicas must be less than or equal to max replicas");
    }
    if (there !== undefined && resourceVersion !== undefined && resourceVersion !== there.metadata.resourceVersion) {
      return refuse(409, "Function resource version is stale");
    }
    if (there !== undefined && !PROVISIONED.includes(there.status.state)) {
      return refuse(412, "Function cannot be updated when existing function is being provisioned");
    }
    this.functions.set(name, {
      metadata: { name, namespace: "nuclio", ...metadata, labels: { ...labels, "nuclio.io/project-name": project } },
      spec: enriched(spec, this.#version),
      status: {
        state: "waitingForResourceConfiguration",
        logs: [{ level: "info", message: "Deploying function", name }],
      },
    });
    this.#touch(name);
    this.#run(name);
    return new Response(null, { status: 202 });
  }

  #delete(body: string, headers: Headers): Response {
    const { metadata: { name, resourceVersion } } = parsed(body);
    const fn = this.functions.get(name);
    if (fn === undefined) return new Response(null, { status: 204 });
    if (resourceVersion !== undefined && resourceVersion !== fn.metadata.resourceVersion) {
      return refuse(409, "Function resource version is stale");
    }
    const isForced = headers.get("x-nuclio-delete-function-ignore-state-validation") === "true";
    if (!isForced && !PROVISIONED.includes(fn.status.state)) {
      return refuse(412, "Function is being provisioned and cannot be deleted");
    }
    this.functions.delete(name);
    return new Response(null, { status: 204 });
  }

  /** What the controller makes of it, with time. */
  #run(name: string): void {
    const fn = this.functions.get(name);
    const fate = this.images[fn.spec.image];
    const set = (ms: number, status: NuclioFunction["status"]) =>
      this.#after(ms, () => {
        if (this.functions.get(name) !== fn) return;
        fn.status = { ...fn.status, ...status };
        this.#touch(name);
      });
    if (fate === "serves") {
      set(this.readyMs, {
        state: "ready",
        internalInvocationUrls: [`nuclio-${name}.nuclio.svc.cluster.local:8080`],
        ...fn.spec.triggers.http.attributes?.serviceType === "NodePort" &&
          { externalInvocationUrls: ["127.0.0.1:31234"] },
      });
    } else if (fate === "crashes") {
      set(this.readyMs, {
        state: "unhealthy",
        message: stackOf(`NuclioFunction pod (nuclio-${name}-5648c5bddd-9jhl8) is in a crash loop`),
      });
      set(this.readyMs + this.tellMs, { message: "Back-off restarting failed container nuclio\n" });
    } else if (fate === undefined) {
      const warning = `Failed to pull image "${fn.spec.image}": no image of that name on this node`;
      set(this.patienceMs, { state: "unhealthy", message: stackOf("context deadline exceeded") });
      set(this.patienceMs + this.tellMs, {
        logs: [...fn.status.logs, {
          level: "warn",
          message:
            "Function deployment failed, setting state to unhealthy. The issue might be transient or require manual redeployment",
          err:
            `${
              stackOf("context deadline exceeded")
            }Failed to wait for function readiness.\n\nPod logs:\n\n* nuclio-${name}-5648c5bddd-9jhl8\n\n` +
            `* Warning events:\n${warning}\n\n${STACK}`,
        }],
      });
    }
  }

  #after(ms: number, act: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, ms);
    this.#timers.add(timer);
  }

  #touch(name: string): void {
    this.functions.get(name).metadata.resourceVersion = String(++this.#version);
  }
}

/** What a real one adds to what it is told. */
function enriched(spec: Kept, version: number): Kept {
  const given = spec.triggers ?? {};
  const told = Object.values(given).some(({ kind }: Kept) => kind === "http")
    ? given
    : { ...given, http: { kind: "http", name: "http" } };
  const triggers = Object.entries(told).map(([name, trigger]: [string, Kept]) => [name, {
    class: "",
    ...trigger,
    ...trigger.kind === "http" && { numWorkers: 1 },
    ...trigger.kind === "kafka-cluster" && { workerTerminationTimeout: "10s", explicitAckMode: "disable" },
  }]);
  const { limits, requests } = spec.resources ?? {};
  return {
    ...spec,
    resources: { ...limits === undefined ? {} : { limits }, requests: { cpu: "25m", memory: "1Mi", ...requests } },
    imageHash: String(version),
    triggers: Object.fromEntries(triggers),
    version: -1,
    alias: "latest",
    build: { ...spec.build, registry: "registry.test", noBaseImagesPull: true, offline: true },
    platform: {},
    securityContext: {},
    disableDefaultHTTPTrigger: false,
    eventTimeout: "",
  };
}

function logOf(fn: Kept, { tail, follows }: { readonly tail: string | null; readonly follows: boolean }): Response {
  const lines = [`{"message":"serving ${fn.metadata.name}"}`, `{"message":"listening"}`];
  const text = lines.slice(tail === null ? 0 : -Number(tail)).map((line) => `${line}\n`).join("");
  if (!follows) return new Response(text);
  return new Response(new ReadableStream({ start: (stream) => stream.enqueue(new TextEncoder().encode(text)) })); // never ends
}

function stackOf(cause: string): string {
  return `\nError - ${cause}\n${STACK}\nCall stack:\nFailed to wait for function resources to be available\n${STACK}`;
}

function refuse(status: number, error: string): Response {
  return Response.json({ error, errorStackTrace: `\nError - ${error}\n${STACK}\nCall stack:\n${error}\n` }, { status });
}

function parsed(body: string): Kept {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
