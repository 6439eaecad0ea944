import { type Bundle, manifestOf } from "../../bundle/bundle.ts";
import type { UnitFeed } from "../../bundle/described_units.ts";
import { plainPath } from "../../streams/plain_path.ts";
import { isSchedule, type ScheduleTrigger } from "../../triggers/trigger.ts";
import { documentOf, functionsOfBundle } from "../settings/deployed_functions.ts";
import type { NuclioTrigger } from "./nuclio_function.ts";

/** What Nuclio is told of what starts a function, so that its dashboard shows it; the function reads its streams itself. */
export interface MirroredTriggers {
  readonly triggers: Readonly<Record<string, NuclioTrigger>>;
  /** What its dashboard cannot show, and what else to know: a line each. */
  readonly notes: readonly string[];
}

type Attributes = Readonly<Record<string, unknown>>;

/** How streams of a kind stand in Nuclio, by how their paths begin; undefined where Nuclio has no such kind. */
const KINDS: Readonly<Record<string, (feed: UnitFeed) => Omit<NuclioTrigger, "name"> | undefined>> = {
  kafka: ({ path, group, from }) => {
    const [, hosts = "", topic = ""] = /^kafka:\/\/([^/]*)\/(.*)$/i.exec(plainPath(path)) ?? [];
    return {
      kind: "kafka-cluster",
      attributes: {
        brokers: hosts.split(",").map((host) => /:\d+$/.test(host) ? host : `${host}:9092`),
        topics: [topic],
        consumerGroup: group,
        initialOffset: from === "end" ? "latest" : "earliest",
      },
    };
  },
  nats: ({ path, group }) => {
    const [, url, topic] = /^(nats:\/\/[^/]*)\/(.*)$/i.exec(plainPath(path)) ?? [];
    return { kind: "nats", url: url!, attributes: { topic, queueName: group } };
  },
  v3io: ({ path, group, from }) => {
    const [, host = "", container, stream] = /^v3ios?:\/\/([^/]*)\/+([^/]+)\/+(.*)$/i.exec(plainPath(path)) ?? [];
    const scheme = /^v3ios/i.test(path) ? "https" : "http";
    return {
      kind: "v3ioStream",
      ...host === "" ? {} : { url: `${scheme}://${host}` },
      attributes: {
        containerName: container,
        streamPath: stream,
        consumerGroup: group,
        seekTo: from === "end" ? "latest" : "earliest",
      },
    };
  },
};

/** What starts a function of a bundle besides its callers, as Nuclio has it. */
export function mirroredTriggers(bundle: Pick<Bundle, "files">, name: string): MirroredTriggers {
  const { feeds = [] } = manifestOf(bundle);
  const triggers: Record<string, NuclioTrigger> = {};
  const notes: string[] = [];
  const add = (called: string, trigger: Omit<NuclioTrigger, "name">) => {
    const free = freeName(called, triggers);
    triggers[free] = { ...trigger, name: free };
  };
  for (const feed of feeds.filter((one) => one.function === name)) {
    const scheme = /^[a-z0-9]+/i.exec(feed.path)?.[0].toLowerCase().replace(/^v3ios$/, "v3io") ?? "";
    const trigger = KINDS[scheme]?.(feed);
    if (trigger !== undefined) add(feed.trigger ?? streamName(feed.path), trigger);
    else {
      const path = plainPath(feed.path);
      notes.push(
        `function ${name}: Nuclio has no kind of trigger for ${path}; the function reads it, and no dashboard shows it`,
      );
    }
  }
  for (const [called, schedule] of schedulesOf(bundle, name)) {
    add(called, { kind: "cron", attributes: cronAttributes(schedule) });
    notes.push(
      `function ${name}: goes by schedule "${called}" itself, and is shown with a cron trigger. Where the platform makes CronJobs of those ` +
        `(cronTriggerCreationMode: kube; Nuclio's default is not to), say mirrorSchedules: false, or it starts twice`,
    );
  }
  return { triggers, notes };
}

/** The schedules of the function where the graph begins. */
export function schedulesOf(
  bundle: Pick<Bundle, "files">,
  name: string,
): readonly (readonly [name: string, schedule: ScheduleTrigger])[] {
  if (functionsOfBundle(bundle)[0]?.name !== name) return [];
  return Object.entries(documentOf(bundle).triggers ?? {}).flatMap(([called, trigger]) =>
    isSchedule(trigger) ? [[called, trigger] as const] : []
  );
}

function cronAttributes(
  { schedule, timeZone = "UTC", body, headers = {}, overlap = "skip" }: ScheduleTrigger,
): Attributes {
  return {
    ...typeof schedule === "string"
      ? { schedule: timeZone === "UTC" ? schedule : `CRON_TZ=${timeZone} ${schedule}` }
      : { interval: `${schedule.everyMs}ms` },
    concurrencyPolicy: overlap === "skip" ? "Forbid" : "Allow",
    event: { body: body === undefined ? "" : JSON.stringify(body), headers },
  };
}

function streamName(path: string): string {
  return plainPath(path).split("/").at(-1) || "stream";
}

/** As labels of Kubernetes take it, and nobody else is called: `http` is the one that Nuclio makes. */
function freeName(called: string, taken: Readonly<Record<string, unknown>>): string {
  const plain = called.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-").replaceAll(/^-+|-+$/g, "").slice(0, 50) ||
    "trigger";
  const name = plain === "http" ? "http-trigger" : plain;
  for (let number = 1;; number++) {
    const free = number === 1 ? name : `${name}-${number}`;
    if (!Object.hasOwn(taken, free)) return free;
  }
}
