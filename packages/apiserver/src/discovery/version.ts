/** What /version answers: the release whose API this is. */
export const version = {
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
