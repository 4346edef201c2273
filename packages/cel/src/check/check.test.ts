import { describe, expect, test } from "vitest";
import { compileError } from "../errors.test.helper.ts";
import { compile, type Environment, formatType } from "../index.ts";

const environment: Environment = {
  variables: { object: "dyn", n: "int", s: "string", now: "timestamp", wait: "duration", list: "list" },
};

const errorOf = (source: string) => compileError(source, environment);

describe("the type of an expression", () => {
  test.each([
    ["1", "int"],
    ["1u", "uint"],
    ["1.0", "double"],
    ["'a'", "string"],
    ["b'a'", "bytes"],
    ["null", "null_type"],
    ["[1]", "list(int)"],
    ["{'a': 1}", "map(string, int)"],
    ["string", "type(string)"],
    ["type(n)", "type(int)"],
    ["google.protobuf.Timestamp", "type(google.protobuf.Timestamp)"],
    ["n == 1 && s == 'a'", "bool"],
    ["object.a == 1", "bool"],
    ["object.a < object.b", "bool"],
    ["!object.a", "bool"],
    ["has(object.a)", "bool"],
    ["object.list.exists(x, x.a)", "bool"],
    ["object.list.all(x, x.a)", "bool"],
    ["object.list.exists_one(x, x.a == 1)", "bool"],
    ["object.list.filter(x, x.a)", "list(dyn)"],
    ["object.list.map(x, x.a)", "list(dyn)"],
    ["'a' + object.name", "string"],
    ["'a' + object.name + 'b'", "string"],
    ["string(object.a)", "string"],
    ["size(object.a)", "int"],
    ["object.a.size()", "int"],
    ["object.a.split(',')", "list(string)"],
    ["-n", "int"],
    ["n + 1", "int"],
    ["now - now", "google.protobuf.Duration"],
    ["now + wait", "google.protobuf.Timestamp"],
    ["timestamp(object.a)", "google.protobuf.Timestamp"],
    ["object.a ? 'x' : 'y'", "string"],
    ["object.a ? 'x' : dyn(1)", "dyn"],
    ["object", "dyn"],
    ["object.a", "dyn"],
    ["object.a + object.b", "dyn"],
    ["list[0]", "dyn"],
    ["dyn(1)", "dyn"],
  ])("%s is %s", (source, type) => {
    expect(formatType(compile(source, environment).type)).toBe(type);
  });
});

describe("undeclared names", () => {
  test.each([
    ["objct.a == 1", 1, 1, "there is no variable objct; did you mean object?"],
    ["n == 1 &&\n  x.y", 2, 3, "there is no variable x"],
    ["list.exists(x, y == 1)", 1, 16, "there is no variable y"],
    ["list.exists(x, true) && x == 1", 1, 25, "there is no variable x"],
    ["s.startswith('a')", 1, 3, "there is no function startswith; did you mean startsWith?"],
    ["foo(n)", 1, 1, "there is no function foo"],
    ["startsWith(s, 'a')", 1, 1, "startsWith is a method: value.startsWith(...)"],
    ["s.string()", 1, 3, "string is a function: string(value)"],
    ["Pod{}", 1, 1, "there is no type Pod"],
    ["authorizer.path('/').check('get')", 1, 1, "the authorizer is not available here"],
    ["constructor", 1, 1, "there is no variable constructor"],
    ["toString(n)", 1, 1, "there is no function toString; did you mean string?"],
  ])("%s", (source, line, column, message) => {
    expect(errorOf(source)).toMatchObject({ kind: "undeclared", line, column, message, source });
  });
});

describe("operations that cannot succeed", () => {
  test.each([
    ["'restarts: ' + n", 14, "there is no + for a string and an int"],
    ["n == 'a'", 3, "an int never equals a string"],
    ["s && true", 1, "&& takes bools, not a string"],
    ["true || n", 9, "|| takes bools, not an int"],
    ["!n", 1, "there is no ! for an int"],
    ["n ? 1 : 2", 1, "the condition before ? must be a bool, not an int"],
    ["s.length", 3, "a string has no field length"],
    ["n[0]", 2, "an int has no elements"],
    ["n.exists(x, true)", 3, "an int has no elements"],
    ["s.startsWith(1)", 3, "there is no startsWith of a string with an int"],
    ["s.startsWith('a', 'b')", 3, "startsWith takes 1 argument, not 2"],
    ["now + now", 5, "there is no + for a timestamp and a timestamp"],
    ["1 + 1.0", 3, "there is no + for an int and a double"],
    ["'a' in s", 5, "there is no in for a string and a string"],
    ["{1.5: 1}", 2, "a map's key cannot be a double"],
    ["timestamp('soon')", 11, 'not a timestamp, such as "2026-01-31T12:00:00Z"'],
    ["duration('1 day')", 10, 'not a duration, such as "1h30m"'],
    ["quantity('12 apples')", 10, 'not a quantity, such as "1.5Gi"'],
    ["ip('10.0.0.256')", 4, 'not an IP address, such as "10.0.0.1"'],
    ["cidr(s).containsCIDR('10.0.0.0')", 22, 'not a CIDR, such as "10.0.0.0/8"'],
    ["semver('v1')", 8, 'not a semantic version, such as "1.2.3"'],
    ["url('../a')", 5, 'not a URL, such as "https://example.com/"'],
    ["s.findAll('(', 1)", 11, "error parsing regexp: missing closing ): `(`"],
    ["s.matches('(')", 11, "error parsing regexp: missing closing ): `(`"],
    ["s.matches('(?=a)')", 11, "error parsing regexp: invalid or unsupported Perl syntax: `(?=`"],
  ])("%s", (source, column, message) => {
    expect(errorOf(source)).toMatchObject({ kind: "type", line: 1, column, message });
  });

  test("numbers of different types have an order, and messages may be null", () => {
    for (const source of ["n < 1.5", "1u <= 1", "null != now", "dyn(s) == 1", "object.a == null"]) {
      expect(formatType(compile(source, environment).type)).toBe("bool");
    }
  });
});
