import { posix } from "node:path";
import { Readable } from "node:stream";
import { packTar, type TarEntry, unpackTar } from "modern-tar";
import type { ContainerFiles } from "./container-files.ts";
import { type Execution, print } from "./execution.ts";

interface Invocation {
  readonly mode: "c" | "x";
  /** Where members are read from and go to. */
  readonly directory: string;
  readonly members: readonly string[];
}

/** `tar`, as `kubectl cp` uses it: creates an archive on stdout, or extracts one from stdin, without compression. */
export async function tar(execution: Execution): Promise<number> {
  const invocation = parse(execution.argv.slice(1));
  if (typeof invocation === "string") return fail(execution, invocation);
  const { directory } = invocation;
  if (!execution.files.isDirectory(directory)) {
    return fail(execution, `${directory}: Cannot open: No such file or directory`);
  }
  return invocation.mode === "x" ? extract(execution, directory) : create(execution, invocation);
}

async function fail({ stderr }: Execution, why: string): Promise<number> {
  await print(stderr, `tar: ${why}\n`);
  return 2;
}

/** Options in one word with or without a dash, `-C`, and the long ones that say what holds here anyway. */
function parse(args: readonly string[]): Invocation | string {
  const members: string[] = [];
  let [mode, file, directory]: [Invocation["mode"] | undefined, string, string] = [undefined, "", "/"];
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? "";
    if (arg === "--no-same-permissions" || arg === "--no-same-owner") continue;
    if (at > 0 && !arg.startsWith("-")) {
      members.push(arg);
      continue;
    }
    for (const option of arg.replace(/^-/, "")) {
      if (option === "c" || option === "x") mode = option;
      else if (option === "f") file = args[++at] ?? "";
      else if (option === "C") directory = args[++at] ?? "";
      else if (option !== "m" && option !== "p") return `${option}: this option is not simulated`;
    }
  }
  if (mode === undefined) return "You must specify one of the options -c and -x";
  return file === "-" ? { mode, directory, members } : "only archives on stdin and stdout (-f -) are simulated";
}

async function extract(execution: Execution, directory: string): Promise<number> {
  const { files, stdin } = execution;
  // The types of Node's streams and of the Web's are not the same in every release.
  const archive = Readable.toWeb(stdin) as ReadableStream<Uint8Array>;
  let entries: Awaited<ReturnType<typeof unpackTar>>;
  try {
    entries = await unpackTar(archive, { strict: true });
  } catch (error) {
    return fail(execution, `This does not look like a tar archive: ${error instanceof Error ? error.message : error}`);
  }
  for (const { header, data } of entries) {
    if (header.name.split("/").includes("..")) return fail(execution, `${header.name}: Member name contains '..'`);
    const path = posix.join(directory, header.name);
    if (header.type === "directory") files.makeDirectory(path, header.mode);
    else if (header.type === "symlink") files.link(path, header.linkname ?? "");
    else files.write(path, data ?? new Uint8Array(), header.mode);
  }
  return 0;
}

async function create(execution: Execution, { directory, members }: Invocation): Promise<number> {
  const { files, stdout, stderr } = execution;
  if (members.length === 0) return fail(execution, "Cowardly refusing to create an empty archive");
  const entries: TarEntry[] = [];
  let missing = false;
  for (const member of members) {
    const found = [...membersBelow(files, directory, member)];
    if (found.length === 0) {
      missing = true;
      await print(stderr, `tar: ${member}: Cannot stat: No such file or directory\n`);
    } else if (member.startsWith("/")) {
      await print(stderr, "tar: Removing leading `/' from member names\n");
    }
    entries.push(...found);
  }
  const archive = await packTar(entries);
  const piece = 64 * 1024;
  for (let at = 0; at < archive.length && !stdout.destroyed; at += piece) {
    await print(stdout, archive.subarray(at, at + piece));
  }
  return missing ? fail(execution, "Exiting with failure status due to previous errors") : 0;
}

/** The file or folder, and what is below it. */
function* membersBelow(files: ContainerFiles, directory: string, member: string): Generator<TarEntry> {
  const path = posix.resolve(directory, member);
  const file = files.get(path);
  if (file === undefined) return;
  const { type, mode, modified: mtime, data, target } = file;
  const name = member.replace(/^\/+/, "").replace(/\/+$/, "") || ".";
  if (type === "file") yield { header: { name, type, mode, mtime, size: data.length }, body: data };
  else if (type === "symlink") yield { header: { name, type, mode, mtime, size: 0, linkname: target } };
  else {
    yield { header: { name: `${name}/`, type, mode, mtime, size: 0 } };
    for (const below of files.names(path)) yield* membersBelow(files, directory, posix.join(member, below));
  }
}
