import { type Resource, resourceName, type Status, type StatusDetails } from "@kubecast/kube";

type Cause = { reason: string; message: string; field: string };
type Named = Pick<Resource, "group" | "plural" | "kind">;

/** An answer of the API that is not the object asked for; the server sends `status` with its code. */
export class StatusError extends Error {
  override readonly name = "StatusError";
  readonly code: number;
  readonly status: Status;

  constructor(
    code: number,
    reason: string | undefined,
    message: string,
    extra: Pick<Status, "details" | "metadata"> = {},
  ) {
    super(message);
    this.code = code;
    this.status = {
      kind: "Status",
      apiVersion: "v1",
      metadata: extra.metadata ?? {},
      status: "Failure",
      message,
      ...(reason !== undefined && { reason }),
      ...(extra.details !== undefined && { details: extra.details }),
      code,
    } as Status;
  }
}

export function badRequest(message: string): StatusError {
  return new StatusError(400, "BadRequest", message);
}

export function unauthorized(): StatusError {
  return new StatusError(401, "Unauthorized", "Unauthorized");
}

export function forbidden(
  attempt: { verb: string; group: string; resource: string; subresource?: string | undefined },
  where: { namespace?: string | undefined; name?: string | undefined },
): StatusError {
  const full = attempt.subresource === undefined ? attempt.resource : `${attempt.resource}/${attempt.subresource}`;
  const qualified = resourceName({ group: attempt.group, plural: attempt.resource });
  const object = where.name === undefined ? qualified : `${qualified} "${where.name}"`;
  const scope = where.namespace === undefined ? "at the cluster scope" : `in the namespace "${where.namespace}"`;
  return new StatusError(
    403,
    "Forbidden",
    `${object} is forbidden: User "kubecast" cannot ${attempt.verb} resource "${full}" in API group "${attempt.group}" ${scope}`,
    { details: details({ group: attempt.group, kind: attempt.resource }, where.name) },
  );
}

export function objectForbidden(resource: Named, name: string, why: string): StatusError {
  return new StatusError(403, "Forbidden", `${resourceName(resource)} "${name}" is forbidden: ${why}`, {
    details: details({ group: resource.group, kind: resource.plural }, name),
  });
}

export function notFound(resource: Pick<Resource, "group" | "plural">, name: string): StatusError {
  return new StatusError(404, "NotFound", `${resourceName(resource)} "${name}" not found`, {
    details: details({ group: resource.group, kind: resource.plural }, name),
  });
}

/** The URL names a resource or subresource that this server does not have. */
export function noSuchResource(): StatusError {
  return new StatusError(404, "NotFound", "the server could not find the requested resource", { details: {} });
}

export function methodNotAllowed(): StatusError {
  const message = "the server does not allow this method on the requested resource";
  return new StatusError(405, "MethodNotAllowed", message, { details: {} });
}

export function notAcceptable(available: readonly string[]): StatusError {
  const message = `only the following media types are accepted: ${available.join(", ")}`;
  return new StatusError(406, "NotAcceptable", message, { details: {} });
}

export function alreadyExists(resource: Named, name: string): StatusError {
  return new StatusError(409, "AlreadyExists", `${resourceName(resource)} "${name}" already exists`, {
    details: details({ group: resource.group, kind: resource.plural }, name),
  });
}

export function conflict(resource: Named, name: string, why: string): StatusError {
  return new StatusError(
    409,
    "Conflict",
    `Operation cannot be fulfilled on ${resourceName(resource)} "${name}": ${why}`,
    {
      details: details({ group: resource.group, kind: resource.plural }, name),
    },
  );
}

export function modified(resource: Named, name: string): StatusError {
  const why = "the object has been modified; please apply your changes to the latest version and try again";
  return conflict(resource, name, why);
}

/** 410: a revision or continue token from before the compaction. */
export function expired(message: string, continueToken?: string): StatusError {
  return new StatusError(
    410,
    "Expired",
    message,
    continueToken === undefined ? {} : { metadata: { continue: continueToken } },
  );
}

/** 429, for a reason that the causes tell. */
export function tooManyRequests(
  message: string,
  causes: NonNullable<StatusDetails["causes"]>,
  retryAfterSeconds?: number,
): StatusError {
  return new StatusError(429, "TooManyRequests", message, {
    details: { causes, ...(retryAfterSeconds !== undefined && { retryAfterSeconds }) },
  });
}

export function tooLarge(limit: number): StatusError {
  return new StatusError(413, "RequestEntityTooLarge", `Request entity too large: limit is ${limit}`);
}

export function unsupportedMediaType(accepted: readonly string[]): StatusError {
  const message = `the body of the request was in an unknown format - accepted media types include: ${accepted.join(", ")}`;
  return new StatusError(415, "UnsupportedMediaType", message);
}

/** 422 with a cause for each field; `kind` may be of the API's own, such as ListOptions. */
export function invalid(of: { group: string; kind: string }, name: string, causes: readonly Cause[]): StatusError {
  const errors = causes.map((cause) => `${cause.field}: ${cause.message}`);
  const list = errors.length === 1 ? errors[0] : `[${errors.join(", ")}]`;
  const kind = of.group === "" ? of.kind : `${of.kind}.${of.group}`;
  return new StatusError(422, "Invalid", `${kind} "${name}" is invalid: ${list}`, {
    details: { ...details(of, name === "" ? undefined : name), causes: [...causes] },
  });
}

export function required(field: string, hint = ""): Cause {
  return { reason: "FieldValueRequired", message: hint === "" ? "Required value" : `Required value: ${hint}`, field };
}

export function invalidValue(field: string, value: unknown, why: string): Cause {
  return { reason: "FieldValueInvalid", message: `Invalid value: ${JSON.stringify(value)}: ${why}`, field };
}

export function duplicate(field: string, value: unknown): Cause {
  return { reason: "FieldValueDuplicate", message: `Duplicate value: ${JSON.stringify(value)}`, field };
}

export function forbiddenField(field: string, why: string): Cause {
  return { reason: "FieldValueForbidden", message: `Forbidden: ${why}`, field };
}

export function unsupportedValue(field: string, value: string, supported: readonly string[]): Cause {
  const values = supported.map((each) => JSON.stringify(each)).join(", ");
  const message = `Unsupported value: ${JSON.stringify(value)}: supported values: ${values}`;
  return { reason: "FieldValueNotSupported", message, field };
}

/** The client asks for a state that this server has not reached. */
export function tooNew(revision: number, current: number): StatusError {
  return new StatusError(504, "Timeout", `Timeout: Too large resource version: ${revision}, current: ${current}`, {
    details: {
      causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
      retryAfterSeconds: 1,
    },
  });
}

function details(of: { group: string; kind: string }, name: string | undefined): NonNullable<Status["details"]> {
  return { ...(name !== undefined && { name }), ...(of.group !== "" && { group: of.group }), kind: of.kind };
}
