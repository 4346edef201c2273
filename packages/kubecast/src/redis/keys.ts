/**
 * The names of everything that kubecast has in Redis for one cluster. They share
 * the hash tag `{cluster}`, so that a Redis Cluster keeps them on one node.
 */
export interface Keys {
  /** Hash: condition id -> the message that says it fires. */
  readonly conditions: string;
  /** Hash: condition id -> its running hold time (JSON), so that `for` survives a restart. */
  readonly pending: string;
  /** Stream: every transition's message in the field `event`. */
  readonly log: string;
  /** Hash: `epoch` and `batch` of the publisher in charge, `holder`, its name. */
  readonly epoch: string;
  /** Number of the last transition. */
  readonly seq: string;
}

export function keysOf(cluster: string): Keys {
  const prefix = `kubecast:{${cluster}}`;
  return {
    conditions: `${prefix}:conditions`,
    pending: `${prefix}:pending`,
    log: `${prefix}:log`,
    epoch: `${prefix}:epoch`,
    seq: `${prefix}:seq`,
  };
}

/** Stands for the namespace in the channel of an object that has none; no namespace can be called so. */
const clusterScope = "_cluster";

export function channelOf(cluster: string, namespace: string | undefined, rule: string): string {
  return `kubecast:{${cluster}}:${namespace ?? clusterScope}:${rule}`;
}

/** The pattern of all of a cluster's channels, for PSUBSCRIBE. */
export function allChannels(cluster: string): string {
  return `kubecast:{${cluster}}:*`;
}
