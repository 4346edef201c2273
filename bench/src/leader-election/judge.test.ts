import { expect, test } from "vitest";
import { judge, type LeaseSeen, type MarkSeen } from "./judge.ts";

const lease = (version: number, holder: string, term: number): LeaseSeen => ({
  version: BigInt(version),
  holder,
  term,
});
const mark = (version: number, identity: string, term: number, believed: number): MarkSeen => ({
  version: BigInt(version),
  identity,
  term,
  believed,
});
const leases = [lease(1, "a", 0), lease(4, "a", 0), lease(10, "b", 1), lease(20, "", 1), lease(21, "c", 2)];
const good = [mark(2, "a", 0, 100), mark(5, "a", 0, 200), mark(11, "b", 1, 300), mark(22, "c", 2, 400)];

test("leaders one after the other are as they should be", () => {
  expect(judge(leases, good, [])).toEqual({ violations: [], late: 0 });
});

test.each([
  ["believed when another did", [...good, mark(9, "a", 0, 301)], /a believed to lead|b believed to lead/],
  ["that came when the Lease was another's", [...good, mark(12, "a", 0, 250)], /a's mark of term 0 came when/],
  ["of one without the Lease", [...good, mark(12, "c", 1, 310)], /c's mark of term 1 came without the Lease/],
  ["that came before the Lease", [mark(9, "b", 1, 300)], /b's mark of term 1 came without the Lease/],
])("a mark %s is a violation", (_, marks, message) => {
  const { violations } = judge(leases, marks, []);
  expect(violations).toHaveLength(1);
  expect(violations[0]).toMatch(message);
});

test("a mark that was on its way when its leader was stopped is late, and no violation", () => {
  const late = mark(12, "a", 0, 250);
  expect(judge(leases, [...good, late], [{ identity: "a", from: 250 }])).toEqual({ violations: [], late: 1 });
  expect(judge(leases, [...good, late], [{ identity: "a", from: 249 }]).violations).toHaveLength(1);
});

test("a Lease with two holders in a term, or one that goes back, is a violation", () => {
  expect(judge([...leases, lease(30, "b", 2)], good, []).violations).toHaveLength(1);
  expect(judge([...leases, lease(30, "b", 1)], good, []).violations).toHaveLength(1);
});
