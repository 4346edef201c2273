/**
 * What controllers are made of: reconciling, a work queue, finalizers, Events, leader election.
 *
 * @module @kubecast/kube/runtime
 */
export { Controller, type ControllerSettings, type WarmUpOptions } from "./controller.ts";
export { type NewEvent, Recorder, type RecorderOptions } from "./events.ts";
export { type Finalization, finalizer } from "./finalizer.ts";
export { type LeaderElectionOptions, LeaderElector, LeadershipLostError } from "./leader-election.ts";
export { ownerReference } from "./owner.ts";
export {
  annotationsChanged,
  finalizersChanged,
  generationChanged,
  labelsChanged,
  type Predicate,
} from "./predicates.ts";
export { type Priority, type QueueOptions, WorkQueue } from "./queue.ts";
export {
  type Context,
  type ControllerStats,
  type ErrorPolicy,
  type OnWatchError,
  type Outcome,
  type Reconcile,
  type RunOptions,
  StuckError,
} from "./reconcile.ts";
export type { Mapper, Request } from "./request.ts";
export type { SourceSettings, Watched } from "./source.ts";
