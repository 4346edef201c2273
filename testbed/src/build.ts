import { obtainBinaries, obtainKubectl } from "./binaries.ts";
import { obtainCelOracle } from "./cel-oracle.ts";

// Done by hand or before the cluster tests, so that no test waits for a build.
const { etcd, kubeApiserver } = await obtainBinaries();
process.stdout.write(`${etcd}\n${kubeApiserver}\n${await obtainKubectl()}\n`);
const celOracle = await obtainCelOracle();
if (celOracle !== undefined) process.stdout.write(`${celOracle}\n`);
