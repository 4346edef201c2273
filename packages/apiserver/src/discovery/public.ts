import type { ServerResponse } from "node:http";
import { sendJson, sendText } from "../http/respond.ts";

const version = {
  major: "1",
  minor: "37",
  gitVersion: "v1.37.2+kubecast",
  gitCommit: "",
  gitTreeState: "",
  buildDate: "1970-01-01T00:00:00Z",
  goVersion: "",
  compiler: "",
  platform: `${process.platform}/${process.arch}`,
};

/** What anybody may read: health and version. False for other paths. */
export function servePublic(path: string, response: ServerResponse): boolean {
  switch (path) {
    case "/healthz":
    case "/livez":
    case "/readyz":
      sendText(response, 200, "ok");
      return true;
    case "/version":
      sendJson(response, 200, version);
      return true;
    default:
      return false;
  }
}
