/** What routers read of an event before they choose. */

import { type Fault, StatusError } from "../errors.ts";
import type { FlowEvent } from "../graph/event.ts";
import { isGenerator } from "../graph/generator.ts";
import { type Operator, type Reaction, type StepScope, type StepSpec, Streamed } from "../graph/operator.ts";
import type { ServedModel } from "../graph/served_model.ts";
import { declaredSignature, type StepSignature } from "../graph/signature.ts";
import type { Maybe } from "../graph/typing.ts";
import { andThen } from "../graph/later.ts";
import { writeChunks } from "../graph/write_chunks.ts";
import type { ModelAddress } from "../protocol/model_path.ts";
import { bodyField, decodeBody } from "../protocol/request_body.ts";
import { mechanismFaults } from "./hosting.ts";
import { closeRoutes, type RouteTable } from "./route.ts";

const READ = ["GET", "HEAD"];

/** Tells whether an event only asks to be told something. */
export function isRead(event: FlowEvent): boolean {
  return READ.includes(event.method);
}

/**
 * The operator of a router: it answers the part of the event that the step reads, and writes what was answered. It serves the models of its
 * routes, and `own`.
 */
export function routerOperator(
  scope: StepScope,
  routes: RouteTable,
  answer: (event: FlowEvent) => Maybe<unknown>,
  own: readonly ServedModel[] = [],
): Operator {
  return {
    process(event) {
      return andThen<unknown, Reaction>(answer(decoded(event, scope.read(event))), (reply) => {
        if (isGenerator(reply)) return new Streamed(event, writeChunks(reply, event, scope.write));
        scope.write(event, reply);
        return event;
      });
    },
    close: () => closeRoutes(routes),
    signatures: () => [...routes.values()].map((route) => ({ ...route.takesAndGives(), route: route.key })),
    models: () => [...[...routes.values()].flatMap(({ served }) => served ?? []), ...own],
  };
}

/** What a router calls itself: its own `name`, the step's name, or, where a function is only this router, its class in MLRun. */
export function routerName(spec: StepSpec, { kind, className }: { kind: string; className: string }): string {
  if (typeof spec.options.name === "string") return spec.options.name;
  return spec.name === kind ? className : spec.name;
}

/** The operation that is asked for: the body's, else the path's. */
export function askedOperation(body: unknown, pathOperation = ""): string {
  const given = bodyField(body, "operation") ?? "";
  if (typeof given !== "string") {
    throw new StatusError(400, 'Cannot read "operation" of the request: text such as "infer" is needed');
  }
  return given || pathOperation;
}

/** The key of the route that an address names: `iris:v2`. */
export function addressKey({ name, version }: ModelAddress): string {
  return version === undefined ? name : `${name}:${version}`;
}

/** What the routes of a router declare of their tensors before they are open: each may be asked with whatever comes. */
export function routeSignatures(spec: StepSpec): StepSignature[] {
  return spec.routes.map(({ key, model, args }) => ({ ...declaredSignature(model, args), route: key }));
}

/** The faults that all routers can have. */
export function routeFaults(spec: StepSpec): Fault[] {
  if (spec.routes.length > 0) return mechanismFaults(spec);
  return [{ cause: "it is a router without routes", cure: "Add one with addRoute(key, model)", severity: "error" }];
}

function decoded(event: FlowEvent, input: unknown): FlowEvent {
  const body = decodeBody(input);
  return body === event.body || body === event ? event : event.with(body);
}
