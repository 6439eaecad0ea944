import type { StepPlace } from "../../lib/graph/step_place.ts";

/** A step that stands alone. */
export const ALONE: StepPlace = {
  outlets: [],
  inlets: [],
  droppers: [],
  regroupers: [],
  streamers: [],
};
