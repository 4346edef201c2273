/** A kubeconfig (YAML) with one cluster, one user with the token, and the context that joins them. */
export function kubeconfigText(server: { url: string; token: string; certificate: string | undefined }): string {
  const authority =
    server.certificate === undefined
      ? ""
      : `\n      certificate-authority-data: ${Buffer.from(server.certificate).toString("base64")}`;
  return `apiVersion: v1
kind: Config
clusters:
  - name: kubecast
    cluster:
      server: ${JSON.stringify(server.url)}${authority}
users:
  - name: kubecast
    user:
      token: ${JSON.stringify(server.token)}
contexts:
  - name: kubecast
    context:
      cluster: kubecast
      user: kubecast
current-context: kubecast
`;
}
