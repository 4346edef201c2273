/** A yes-or-no question about something; predicates and conditions are such. */
export type Test<T> = (subject: T) => boolean;

/** Whether it does not hold. */
export function not<T>(test: Test<T>): Test<T> {
  return (subject) => !test(subject);
}

/** Whether all hold. */
export function and<T>(...tests: Test<T>[]): Test<T> {
  return (subject) => tests.every((test) => test(subject));
}

/** Whether any holds. */
export function or<T>(...tests: Test<T>[]): Test<T> {
  return (subject) => tests.some((test) => test(subject));
}
