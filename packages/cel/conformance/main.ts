import { conformance, lines } from "./report.ts";

// npm run conformance -w @kubecast/cel [-- file...]: the official tests, and how many pass.

const report = conformance(process.argv.slice(2));
for (const line of lines(report)) process.stdout.write(`${line}\n`);
process.exitCode = report.totals.failed === 0 && report.totals.passed > 0 ? 0 : 1;
