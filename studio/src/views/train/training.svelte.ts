// The trainings of the project: what was learned, what learns now, and what could.

import { ask } from "../../api/client";
import type { components } from "../../api/schema";
import { session } from "../../shell/session.svelte";

type Schemas = components["schemas"];
export type TrainState = Schemas["TrainState"];
export type TrainingState = Schemas["TrainingState"];
export type LearningEngine = Schemas["LearningEngine"];
export type CastingState = Schemas["CastingState"];
export type Curves = Schemas["TrainingCurves"];
export type Curve = Schemas["LossCurve"];
export type Start = Schemas["TrainingStart"];

export class Trainings {
  state = $state.raw<TrainState>();
  /** Name of the training that is looked at. */
  chosen = $state<string>();
  curves = $state.raw<Curves>();

  get training(): TrainingState | undefined {
    return this.state?.trainings.find((one) => one.name === this.chosen);
  }

  async fetch(): Promise<void> {
    this.state = await ask<TrainState>("/train");
    if (!this.training) this.chosen = this.state.trainings[0]?.name;
  }

  async fetchCurves(): Promise<void> {
    const name = this.chosen;
    if (name === undefined) {
      this.curves = undefined;
      return;
    }
    const found = await ask<Curves>(`/train/${name}/curves`);
    if (name === this.chosen) this.curves = found;
  }

  async start(wanted: Start): Promise<boolean> {
    const done = await session.attempt(() => ask("/train", "POST", wanted));
    await session.fetchJobs();
    return done;
  }

  async stop(job: number): Promise<void> {
    await session.attempt(() => ask(`/jobs/${job}/cancel`, "POST"));
    await session.fetchJobs();
  }
}

export function lasted(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}
