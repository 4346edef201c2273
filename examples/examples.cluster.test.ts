import { startKubeApiserver } from "@kubecast/testbed";
import { testExamples } from "./examples.test.support.ts";

testExamples(() => startKubeApiserver());
