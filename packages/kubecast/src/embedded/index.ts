export { cacheFolder } from "./cache.ts";
export { atExit, type Child, notAtExit, onFreePort, PortTaken, startChild } from "./child.ts";
export {
  type ObtainOptions,
  obtainRedisServer,
  type RedisBinary,
  type RedisServer,
  type RedisServerOptions,
  startRedisServer,
} from "./redis-server.ts";
