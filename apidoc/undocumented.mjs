// What the reference may hold without a docstring of its own, and why. All else must have one.
import { Converter, ReflectionKind } from "typedoc";

const exceptions = [
  // Members of a type without a name: the docstring of what has the type tells them.
  /\.__type\./,
  // `Api.v1Pod` and the like: one for each common kind, and the name is the kind's.
  /\.(Raw)?Api\.v1[A-Z]\w+$/,
  // Generated, as Kubernetes has it.
  /\.Scale(Spec|Status)?(\.\w+)?$/,
  // The keywords of OpenAPI and Kubernetes' own, by their names there.
  /(^|\.)StructuralSchema\./,
  // The name of an error's class.
  /Error\.name$/,
  // For the type checker alone.
  /\.\[objectOf\]$/,
];

const kinds = ReflectionKind.Property | ReflectionKind.CallSignature | ReflectionKind.Interface;

function isBelow(reflection, kind) {
  for (let above = reflection.parent; above !== undefined; above = above.parent) if (above.kindOf(kind)) return true;
  return false;
}

function isDocumented(reflection) {
  return reflection.hasComment() || (reflection.isSignature() && reflection.parent.hasComment());
}

export function load(app) {
  app.converter.on(Converter.EVENT_END, ({ project }) => {
    const names = project
      .getReflectionsByKind(kinds)
      .filter((each) => !isDocumented(each) && !isBelow(each, ReflectionKind.Parameter))
      .map((each) => each.getFriendlyFullName())
      .filter((name) => exceptions.some((exception) => exception.test(name)));
    app.options.setValue("intentionallyNotDocumented", [...new Set(names)]);
  });
}
