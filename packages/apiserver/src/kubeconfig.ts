/** A kubeconfig (YAML) with one cluster, one user with the token, and the context that joins them. */
export function kubeconfigText(url: string, token: string): string {
  return `apiVersion: v1
kind: Config
clusters:
  - name: kubecast
    cluster:
      server: ${JSON.stringify(url)}
users:
  - name: kubecast
    user:
      token: ${JSON.stringify(token)}
contexts:
  - name: kubecast
    context:
      cluster: kubecast
      user: kubecast
current-context: kubecast
`;
}
