// A small Redis client in a process of its own, to see what kubecast wrote with
// eyes that share no code with it. RESP2 over a plain socket.
//
//   node resp-cli.mjs redis://[[user]:password@]host:port COMMAND [ARGUMENT...]
//
// SUBSCRIBE, PSUBSCRIBE and SSUBSCRIBE print each message as a line of JSON,
// {"channel", "message"}, until the connection ends; "subscribed to N" goes to
// stderr. Any other command prints its reply as JSON; HGETALL's as an object.
import { connect } from "node:net";

const [address = "", ...command] = process.argv.slice(2);
const url = new URL(address);
const name = (command[0] ?? "").toUpperCase();

const socket = connect(Number(url.port || 6379), url.hostname);
const send = (words) => {
  const parts = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
  socket.write(`*${words.length}\r\n${parts.join("")}`);
};

class RedisError extends Error {}

/** One reply that starts at `at`: [value, where it ends], or undefined while it is not all there. */
function parse(bytes, at) {
  const lineEnd = bytes.indexOf("\r\n", at);
  if (lineEnd < 0) return undefined;
  const line = bytes.toString("utf8", at + 1, lineEnd);
  const next = lineEnd + 2;
  switch (String.fromCharCode(bytes[at])) {
    case "+":
      return [line, next];
    case "-":
      return [new RedisError(line), next];
    case ":":
      return [Number(line), next];
    case "$": {
      const length = Number(line);
      if (length < 0) return [null, next];
      if (bytes.length < next + length + 2) return undefined;
      return [bytes.toString("utf8", next, next + length), next + length + 2];
    }
    case "*": {
      if (Number(line) < 0) return [null, next];
      const values = [];
      let end = next;
      for (let i = 0; i < Number(line); i++) {
        const item = parse(bytes, end);
        if (!item) return undefined;
        values.push(item[0]);
        end = item[1];
      }
      return [values, end];
    }
    default:
      throw new Error(`not RESP2: ${JSON.stringify(bytes.toString("utf8", at, at + 20))}`);
  }
}

async function* replies() {
  let bytes = Buffer.alloc(0);
  for await (const chunk of socket) {
    bytes = Buffer.concat([bytes, chunk]);
    let at = 0;
    for (let reply = parse(bytes, at); at < bytes.length && reply; reply = parse(bytes, at)) {
      yield reply[0];
      at = reply[1];
      if (at === bytes.length) break;
    }
    bytes = bytes.subarray(at);
  }
}

/** JSON on one line for every reader: some end a line at Unicode's separators too, which JSON leaves as they are. */
function line(value) {
  return JSON.stringify(value).replace(/[\u2028\u2029]/g, (separator) => `\\u${separator.charCodeAt(0).toString(16)}`);
}

async function next(stream) {
  const { value, done } = await stream.next();
  if (done) throw new Error("the server closed the connection");
  if (value instanceof RedisError) throw value;
  return value;
}

async function main() {
  const stream = replies();
  if (url.password) {
    const login = url.username ? [decodeURIComponent(url.username)] : [];
    send(["AUTH", ...login, decodeURIComponent(url.password)]);
    await next(stream);
  }
  send(command);
  if (!/^[PS]?SUBSCRIBE$/.test(name)) {
    const reply = await next(stream);
    const pairs = (flat) => Object.fromEntries(flat.flatMap((word, i) => (i % 2 ? [] : [[word, flat[i + 1]]])));
    process.stdout.write(`${line(name === "HGETALL" ? pairs(reply) : reply)}\n`);
    socket.destroy();
    return;
  }
  for (let subscribed = 0; ; ) {
    const push = await next(stream);
    if (String(push[0]).endsWith("message")) {
      const [channel, message] = push.slice(-2);
      process.stdout.write(`${line({ channel, message })}\n`);
    } else if (++subscribed === command.length - 1) process.stderr.write(`subscribed to ${subscribed}\n`);
  }
}

main().catch((error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
