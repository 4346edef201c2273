import { startApiServer } from "@kubecast/apiserver";
import { answerQuestions } from "./child.ts";

/** The in-memory API server in a process of its own; any question starts it. */
answerQuestions(async () => {
  const server = await startApiServer();
  return { url: server.url, token: server.token, kubeconfig: server.kubeconfig() };
});
