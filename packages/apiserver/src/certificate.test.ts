import { X509Certificate } from "node:crypto";
import { Client, configFromText } from "@kubecast/kube";
import { expect, test } from "vitest";
import { selfSignedCertificate } from "./certificate.ts";
import { startApi } from "./http/api.test.helper.ts";

test("a certificate is for loopback and the host, and verifies with its own key", () => {
  const { cert } = selfSignedCertificate("192.0.2.7");
  const certificate = new X509Certificate(cert);
  for (const address of ["127.0.0.1", "::1", "192.0.2.7"]) expect(certificate.checkIP(address)).toBe(address);
  expect(certificate.checkIP("192.0.2.8")).toBeUndefined();
  expect(certificate.checkHost("localhost")).toBe("localhost");
  expect(certificate.verify(certificate.publicKey)).toBe(true);
});

test.each([true, false])("a client with the kubeconfig gets in, tls %s", async (tls) => {
  const { server } = await startApi({ tls });
  const client = new Client(await configFromText(server.kubeconfig()));
  const pods = await client.request({ method: "GET", path: "/api/v1/pods" }).finally(() => client.close());
  expect(pods).toMatchObject({ kind: "PodList", items: [] });
});
