import { createHash } from "node:crypto";

/** A Lua script that Redis runs atomically. */
export interface Script {
  readonly source: string;
  readonly sha1: string;
}

function script(source: string): Script {
  return { source, sha1: createHash("sha1").update(source).digest("hex") };
}

/**
 * Takes the next epoch, which shuts out every earlier publisher. Epochs are times
 * of Redis' clock in milliseconds: so they grow, and none comes twice, even where
 * Redis has lost the one before.
 * KEYS: conditions pending log epoch seq. ARGV: holder, a channel, the epoch that
 * the caller had, 0 at its start.
 * Answers [epoch, seq]; or ["fenced"] where another publisher took over since the
 * caller's epoch, for only a start may do that; or ["denied", command, ...] with
 * the commands that the user's ACL rights lack: better known now than at the first
 * incident. (`acl_check_cmd` is there since Redis 7.0.)
 */
export const claimScript = script(`
local conditions, pending, log, epoch, seq = unpack(KEYS)
local denied = {"denied"}
local function need(...)
  if redis.acl_check_cmd and not redis.acl_check_cmd(...) then
    denied[#denied + 1] = table.concat({...}, " ", 1, math.min(2, select("#", ...)))
  end
end
need("PUBLISH", ARGV[2], "")
need("HSET", conditions, "f", "v")
need("HDEL", conditions, "f")
need("HLEN", conditions)
need("HGETALL", conditions)
need("HSET", pending, "f", "v")
need("HDEL", pending, "f")
need("HLEN", pending)
need("HGETALL", pending)
need("XADD", log, "*", "f", "v")
need("XREVRANGE", log, "+", "-")
need("HSET", epoch, "f", "v")
need("HMGET", epoch, "f")
need("GET", seq)
need("SET", seq, "0")
need("TIME")
if #denied > 1 then return denied end
local state = redis.call("HMGET", epoch, "epoch", "holder")
local mine, theirs = tonumber(ARGV[3]), tonumber(state[1] or "0")
if mine > 0 and theirs > mine and state[2] ~= ARGV[1] then return {"fenced"} end
local time = redis.call("TIME")
local number = math.max(mine + 1, theirs + 1, tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000))
redis.call("HSET", epoch, "epoch", string.format("%.0f", number), "batch", 0, "holder", ARGV[1])
return {number, tonumber(redis.call("GET", seq) or "0")}
`);

/**
 * Applies one batch of changes, all of it or nothing.
 *
 * KEYS: conditions pending log epoch seq.
 * ARGV: epoch, batch, holder, trim strategy (MAXLEN or MINID), trim argument, then for each change
 *   "F" id channel head tail      begins to fire
 *   "R" id channel head tail      resolved
 *   "T" id timer                  a hold time runs
 *   "C" id                        it runs no more
 *
 * Batches of an epoch are numbered from 1. A batch that was applied already is
 * not applied again (the reply was lost), so sending it again is always safe.
 * A batch that does not follow the last one applied says that Redis lost
 * something. A batch without changes carries the last number: a probe.
 *
 * Answers [outcome, seq, conditions, pending], the last two being lengths, and
 * outcome "applied", "duplicate", "fenced" (another publisher took over) or
 * "lost" (what was published is not there any more).
 */
export const applyScript = script(`
local conditions, pending, log, epoch, seq = unpack(KEYS)
local state = redis.call("HMGET", epoch, "epoch", "batch", "holder")
local number = tonumber(redis.call("GET", seq) or "0")
local function answer(outcome)
  return {outcome, number, redis.call("HLEN", conditions), redis.call("HLEN", pending)}
end
local mine, batch = tonumber(ARGV[1]), tonumber(ARGV[2])
local theirs = tonumber(state[1] or "0")
-- A later epoch of the same holder is one that it took without hearing of it.
if theirs >= mine and state[3] ~= ARGV[3] then return answer("fenced") end
if theirs ~= mine then return answer("lost") end
local last = tonumber(state[2] or "0")
if #ARGV == 5 then
  return answer(last == batch and "applied" or "lost")
end
if last == batch then return answer("duplicate") end
if last ~= batch - 1 then return answer("lost") end

local trim = ARGV[5]
if ARGV[4] == "MINID" then
  trim = string.format("%.0f", math.max(0, tonumber(redis.call("TIME")[1]) * 1000 - tonumber(trim)))
end
local i = 6
while i <= #ARGV do
  local op, id = ARGV[i], ARGV[i + 1]
  if op == "F" or op == "R" then
    number = number + 1
    local message = ARGV[i + 3] .. string.format("%.0f", number) .. ARGV[i + 4]
    if op == "F" then
      redis.call("HSET", conditions, id, message)
    else
      redis.call("HDEL", conditions, id)
    end
    redis.call("HDEL", pending, id)
    redis.call("XADD", log, ARGV[4], "~", trim, "*", "event", message)
    -- Last: what Redis refuses to write (no memory left, a replica) nobody may hear.
    redis.call("PUBLISH", ARGV[i + 2], message)
    i = i + 5
  elseif op == "T" then
    redis.call("HSET", pending, id, ARGV[i + 2])
    i = i + 3
  else
    redis.call("HDEL", pending, id)
    i = i + 2
  end
end
redis.call("SET", seq, string.format("%.0f", number))
redis.call("HSET", epoch, "batch", batch)
return answer("applied")
`);
