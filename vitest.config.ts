import { defineConfig } from "vitest/config";

const source = {
  resolve: { conditions: ["@kubecast/source"] },
  ssr: { resolve: { conditions: ["@kubecast/source"] } },
};
const unit = ["{packages/*,testbed,bench,examples/*}/src/**/*.test.ts", "scripts/*.test.ts"];
const redis = ["{packages/*,testbed,bench,examples/*}/src/**/*.redis.test.ts", "examples/*.redis.test.ts"];
const cluster = ["{packages/*,testbed,bench,examples/*}/src/**/*.cluster.test.ts", "examples/*.cluster.test.ts"];

// Three kinds of test by file name: pure ones; those that start a Redis (and the
// in-memory API server); those that also start a real kube-apiserver.
export default defineConfig({
  test: {
    projects: [
      // A loaded machine may take long over what is fast.
      { ...source, test: { name: "unit", include: unit, exclude: [...redis, ...cluster], testTimeout: 20_000 } },
      { ...source, test: { name: "redis", include: redis, testTimeout: 60_000, hookTimeout: 120_000 } },
      {
        ...source,
        test: {
          name: "cluster",
          include: cluster,
          testTimeout: 120_000,
          hookTimeout: 1_800_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
