import { readdirSync, readFileSync } from "node:fs";

const here = new URL(".", import.meta.url);
const names = readdirSync(here)
  .filter((file) => /^[a-z]+_[a-z]+\.ts$/.test(file))
  .map((file) => file.replace(".ts", ""));
const [name] = process.argv.splice(2, 1);

if (name === undefined) {
  console.log("npm run example NAME [-- ARGUMENTS] [--trace]\n");
  for (const each of names) console.log(`  ${each.padEnd(22)}${description(each)}`);
} else if (names.includes(name)) {
  await import(`./${name}.ts`);
} else {
  console.error(`there is no example ${name}; there are: ${names.join(", ")}`);
  process.exitCode = 2;
}

/** The comment that each example begins with. */
function description(example: string): string {
  const [line = ""] = readFileSync(new URL(`${example}.ts`, here), "utf8").split("\n", 1);
  return line.replace(/^\/\/ /, "");
}
