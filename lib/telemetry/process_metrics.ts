import process from "node:process";
import type { Registry } from "./registry.ts";

/** What is told of the program itself. */
export interface BuildInfo {
  /** The version of Levada. */
  readonly version: string;
  /** The function that it serves. */
  readonly function: string;
}

/** Tells of the process whenever the registry is read: memory, time, processor, and what is running. */
export function watchProcess(registry: Registry, { version, function: fn }: BuildInfo): void {
  const startedMs = performance.timeOrigin;
  registry.gauge("levada_build_info", "What is running; always 1", {
    version,
    deno: Deno.version.deno,
    v8: Deno.version.v8,
    function: fn,
  }).set(1);
  registry.gauge("process_start_time_seconds", "When the process started, in seconds since 1970").set(
    startedMs / 1_000,
  );
  registry.beforeReading(() => {
    const { rss, heapUsed, heapTotal, external } = Deno.memoryUsage();
    registry.gauge("process_resident_memory_bytes", "Memory that the process has").set(rss);
    registry.gauge("levada_heap_used_bytes", "Memory in use by JavaScript").set(heapUsed);
    registry.gauge("levada_heap_total_bytes", "Memory kept for JavaScript").set(heapTotal);
    registry.gauge("levada_external_memory_bytes", "Memory in buffers beside the heap").set(external);
    registry.gauge("levada_uptime_seconds", "Time since the process started").set((Date.now() - startedMs) / 1_000);
    const { user, system } = process.cpuUsage();
    registry.counter("process_cpu_seconds", "Processor time, user and system").value = (user + system) / 1e6;
  });
}
