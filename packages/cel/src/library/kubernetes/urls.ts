import { Failure } from "../../values/value.ts";
import { scanOnly } from "../cost.ts";
import { fn, type Library, method } from "../overload.ts";
import { isUrl, parseUrl, type Url } from "./url-value.ts";

const U = "kubernetes.URL";

/** Kubernetes' urls library: absolute URIs and absolute paths. */
export const urls: Library = {
  name: "kubernetes.urls",
  overloads: [
    fn(
      "url",
      `(string) -> ${U}`,
      (text: string) => parseUrl(text) ?? new Failure(`${JSON.stringify(text)} is no URL`),
      scanOnly,
    ),
    fn("isURL", "(string) -> bool", isUrl),
    method("getScheme", `(${U}) -> string`, ({ $scheme }: Url) => $scheme),
    method("getHost", `(${U}) -> string`, ({ $host }: Url) => $host),
    method("getHostname", `(${U}) -> string`, ({ $hostname }: Url) => $hostname),
    method("getPort", `(${U}) -> string`, ({ $port }: Url) => $port),
    method("getEscapedPath", `(${U}) -> string`, ({ $escapedPath }: Url) => $escapedPath),
    method("getQuery", `(${U}) -> map<string, list<string>>`, ({ $query }: Url) => $query),
  ],
};
