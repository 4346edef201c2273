// So that no key lies in the repository.
export { selfSigned } from "../../../apiserver/src/certificate.ts";
