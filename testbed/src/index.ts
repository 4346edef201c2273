export { type RedisServer, type RedisServerOptions, startRedisServer } from "kubecast/embedded";
export { type CelAnswer, type CelOracle, type CelQuestion, type CelWritten, startCelOracle } from "./cel-oracle.ts";
export { type KubeApiserver, type KubeApiserverOptions, startKubeApiserver, type User } from "./kube-apiserver.ts";
export { type Kubectl, type KubectlResult, type KubectlRun, startKubectl } from "./kubectl.ts";
export { type FaultProxy, type ProxyOptions, startProxy } from "./proxy.ts";
export { redisCommand, redisSubscribe, type Subscriber } from "./resp.ts";
export { obtainRuntime } from "./runtimes.ts";
