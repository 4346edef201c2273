import { posix } from "node:path";

/** A file, folder or symbolic link. */
export interface ContainerFile {
  /** Which of the fields below mean something. */
  readonly type: "file" | "directory" | "symlink";
  /** Of a file. */
  readonly data: Uint8Array;
  /** Of a symbolic link. */
  readonly target: string;
  /** Permissions, such as 0o644. */
  readonly mode: number;
  /** By the server's clock. */
  readonly modified: Date;
}

/** The files of one container, from its start to its end. Paths are absolute, or relative to `/`. */
export class ContainerFiles {
  readonly #clock: () => number;
  readonly #files = new Map<string, ContainerFile>();

  /** @param clock milliseconds since 1970. */
  constructor(clock: () => number) {
    this.#clock = clock;
    this.makeDirectory("/tmp");
  }

  /** Undefined where there is none. Links are not followed. */
  get(path: string): ContainerFile | undefined {
    return this.#files.get(absolute(path));
  }

  /** The bytes of a file; undefined where there is none. */
  read(path: string): Buffer | undefined {
    const file = this.get(path);
    return file?.type === "file" ? Buffer.from(file.data) : undefined;
  }

  /** False where there is nothing; links are not followed. */
  isDirectory(path: string): boolean {
    return this.get(path)?.type === "directory";
  }

  /** Puts a file in place, with the folders above it. */
  write(path: string, data: string | Uint8Array, mode = 0o644): void {
    this.#put(path, { type: "file", data: typeof data === "string" ? Buffer.from(data) : data, mode });
  }

  /** With the folders above it; nothing happens where it is there. */
  makeDirectory(path: string, mode = 0o755): void {
    if (!this.isDirectory(path)) this.#put(path, { type: "directory", mode });
  }

  /** A symbolic link, to a target that need not exist. */
  link(path: string, target: string): void {
    this.#put(path, { type: "symlink", target, mode: 0o777 });
  }

  /** The names in a folder, in order. */
  names(path: string): string[] {
    const folder = absolute(path);
    return [...this.#files.keys()]
      .filter((each) => each !== "/" && posix.dirname(each) === folder)
      .map(nameOf)
      .sort();
  }

  #put(path: string, file: Partial<ContainerFile> & Pick<ContainerFile, "type" | "mode">): void {
    const full = absolute(path);
    if (full !== "/") this.makeDirectory(posix.dirname(full));
    this.#files.set(full, { data: new Uint8Array(), target: "", modified: new Date(this.#clock()), ...file });
  }
}

/** Without `.` and `..`, and without a slash at the end; nothing leads out of `/`. */
function absolute(path: string): string {
  const resolved = posix.resolve("/", path);
  return resolved === "" ? "/" : resolved;
}

function nameOf(path: string): string {
  return posix.basename(path);
}
