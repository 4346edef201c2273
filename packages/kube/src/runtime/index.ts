export {
  type Context,
  Controller,
  type ControllerSettings,
  type ControllerStats,
  type ErrorPolicy,
  type Outcome,
  type Reconcile,
  type RunOptions,
} from "./controller.ts";
export { type NewEvent, Recorder, type RecorderOptions } from "./events.ts";
export { type Finalization, finalizer } from "./finalizer.ts";
export { type LeaderElectionOptions, LeaderElector, LeadershipLostError } from "./leader-election.ts";
export {
  annotationsChanged,
  finalizersChanged,
  generationChanged,
  labelsChanged,
  type Predicate,
} from "./predicates.ts";
export { type Priority, type QueueOptions, WorkQueue } from "./queue.ts";
export type { Mapper, Request } from "./request.ts";
export type { SourceSettings, Watched } from "./source.ts";
