import { type Command, type Execution, print } from "./execution.ts";
import { tar } from "./tar.ts";

/** There is no such program in the container. */
export class CommandNotFound extends Error {
  constructor(name: string) {
    super(`exec: ${JSON.stringify(name)}: executable file not found in $PATH: unknown`);
  }
}

/** The programs that every simulated container has. */
export const builtinCommands: Readonly<Record<string, Command>> = {
  true: async () => 0,
  false: async () => 1,
  async echo({ argv, stdout }) {
    await print(stdout, `${argv.slice(1).join(" ")}\n`);
    return 0;
  },
  async cat({ argv, files, stdin, stdout, stderr }) {
    if (argv.length === 1) for await (const chunk of stdin) await print(stdout, chunk);
    let code = 0;
    for (const path of argv.slice(1)) {
      const data = files.read(path);
      if (data !== undefined) await print(stdout, data);
      else {
        await print(stderr, `cat: ${path}: No such file or directory\n`);
        code = 1;
      }
    }
    return code;
  },
  async ls({ argv: [, path = "/"], files, stdout, stderr }) {
    if (files.get(path) === undefined) {
      await print(stderr, `ls: ${path}: No such file or directory\n`);
      return 1;
    }
    const names = files.isDirectory(path) ? files.names(path) : [path];
    await print(stdout, names.map((name) => `${name}\n`).join(""));
    return 0;
  },
  /** Only whether something is there (`-e`), and whether it is a file (`-f`) or a folder (`-d`). */
  async test({ argv: [, flag, path = ""], files }) {
    const type = files.get(path)?.type;
    switch (flag) {
      case "-e":
        return type === undefined ? 1 : 0;
      case "-f":
        return type === "file" ? 0 : 1;
      case "-d":
        return type === "directory" ? 0 : 1;
      default:
        return 2;
    }
  },
  tar,
};

/**
 * `sh -c SCRIPT`, for scripts of simple commands in a row: words, quoted or not,
 * `exit N`, `>&2`, and `;` between commands. No variables, pipes or conditions.
 */
export async function shell(execution: Execution, run: Command): Promise<number> {
  const [, flag, script = ""] = execution.argv;
  if (flag !== "-c") {
    await print(execution.stderr, "sh: only sh -c SCRIPT is simulated\n");
    return 2;
  }
  let code = 0;
  for (const command of parse(script)) {
    const argv = command.filter((word) => word !== ">&2");
    if (argv[0] === "exit") return Number(argv[1] ?? code) & 0xff;
    const stdout = argv.length === command.length ? execution.stdout : execution.stderr;
    try {
      code = await run({ ...execution, argv, stdout });
    } catch (error) {
      if (!(error instanceof CommandNotFound)) throw error;
      await print(execution.stderr, `sh: ${argv[0]}: not found\n`);
      code = 127;
    }
  }
  return code;
}

function parse(script: string): string[][] {
  const commands: string[][] = [[]];
  for (const token of script.match(/'[^']*'|"[^"]*"|[;\n]|[^\s;'"]+/g) ?? []) {
    if (token === ";" || token === "\n") commands.push([]);
    else commands.at(-1)?.push(/^['"]/.test(token) ? token.slice(1, -1) : token);
  }
  return commands.filter((command) => command.length > 0);
}
