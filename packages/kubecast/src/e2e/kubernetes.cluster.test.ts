import { startClusterBackend } from "./backends.test.support.ts";
import { survivalSuite } from "./survival.test.support.ts";

survivalSuite(startClusterBackend);
