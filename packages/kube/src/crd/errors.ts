/** A zod schema that has no form in a CustomResourceDefinition; names the path in it, such as `spec.when`. */
export class SchemaError extends TypeError {
  override readonly name = "SchemaError";
  /** Such as `spec.items[].when`. */
  readonly path: string;

  constructor(path: string, message: string) {
    super(`${path}: ${message}`);
    this.path = path;
  }
}

/** An object that is not what its schema says; all that is wrong is in the message. */
export class InvalidObjectError extends TypeError {
  override readonly name = "InvalidObjectError";
  /** All that is wrong; paths such as `spec.items[0].when`, empty for the object itself. */
  readonly issues: readonly { readonly path: string; readonly message: string }[];

  /** @param object for the message, such as `Document shop/lorem`. */
  constructor(object: string, issues: InvalidObjectError["issues"]) {
    super(`${object}: ${issues.map(({ path, message }) => `${path}: ${message}`).join("; ")}`);
    this.issues = issues;
  }
}
