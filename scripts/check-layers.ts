import { fileURLToPath } from "node:url";
import { violations } from "./layers.ts";

const found = violations(fileURLToPath(new URL("..", import.meta.url)));
for (const line of found) process.stderr.write(`${line}\n`);
process.exitCode = found.length > 0 ? 1 : 0;
