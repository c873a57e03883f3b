-- SPDX-License-Identifier: Apache-2.0
-- One operation, undivided: https://redis.io/docs/latest/develop/programmability/eval-intro/
-- The rules are those of NumberRecord.swift; besides, several gateways may hold claims, each for the time of its lease.
--
-- KEYS[1]  the claimed numbers, by the end of their lease
-- KEYS[2]  the unknown numbers, by the end of their lifetime
-- KEYS[3]  the number, which Redis forgets when its lifetime is over: its state, 32 bytes of fingerprint, and then
--          the gateway (16 bytes) and the end of the lease while it is claimed, or the answer, as gateways pack it
-- ARGV     the operation, the gateway that asks, and what belongs to the operation
local claimed, unknown, number = KEYS[1], KEYS[2], KEYS[3]
local operation, gateway = ARGV[1], ARGV[2]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local CLAIMED, CLAIMED_AGAIN, UNKNOWN, ANSWERED = 'c', 'C', 'u', 'a'

-- Lua writes large numbers with an exponent.
local function whole(milliseconds) return string.format('%.0f', milliseconds) end

local function read()
  local value = redis.call('GET', number)
  if not value then return {} end
  local record = {state = value:sub(1, 1), content = value:sub(2, 33)}
  if record.state == CLAIMED or record.state == CLAIMED_AGAIN then
    record.gateway, record.leasedUntil = value:sub(34, 49), tonumber(value:sub(50))
  elseif record.state == ANSWERED then
    record.answer = value:sub(34)
  elseif record.state ~= UNKNOWN then
    error({err = 'CORRUPT ' .. number .. ' holds something else'})
  end
  return record
end

-- First of all changes: when there is no room, nothing has been changed, and the error is returned.
local function write(state, content, rest, ...)
  return redis.pcall('SET', number, state .. content .. rest, ...).err
end

-- A claim whose lease is over has lost its gateway. A few at a time: Redis serves nobody meanwhile.
local function sweep(limit)
  for _, lapsed in ipairs(redis.call('ZRANGE', claimed, '-inf', whole(now), 'BYSCORE', 'LIMIT', 0, limit)) do
    local expiry = redis.call('PEXPIRETIME', lapsed)
    redis.call('ZREM', claimed, lapsed)
    if expiry > 0 then redis.call('ZADD', unknown, whole(expiry), lapsed) end
  end
  for _, expired in ipairs(redis.call('ZRANGE', unknown, '-inf', '(' .. whole(now), 'BYSCORE', 'LIMIT', 0, limit)) do
    redis.call('ZREM', unknown, expired)
  end
end

local function claim(content, lifetime, lease)
  local found = read()
  if found.state and found.content ~= content then return {'other_content'} end
  if found.state == ANSWERED then return {'answered', found.answer} end
  -- A gateway joins what it has in flight itself, so a claim of its own that it finds here is an orphan.
  if found.gateway and found.gateway ~= gateway and found.leasedUntil > now then return {'in_flight'} end

  -- Redis keeps a key through the millisecond that it expires at.
  local expiry = now + lifetime - 1
  -- What is known never gets shorter.
  if found.state then expiry = math.max(expiry, redis.call('PEXPIRETIME', number)) end
  local leasedUntil = whole(now + lease)
  local failure =
    write(found.state and CLAIMED_AGAIN or CLAIMED, content, gateway .. leasedUntil, 'PXAT', whole(expiry))
  if failure then
    -- The same content is known already: what is lost is the lease and the longer lifetime.
    return found.state and {'granted_after_unknown'} or {err = failure}
  end
  redis.call('ZREM', unknown, number)
  redis.call('ZADD', claimed, leasedUntil, number)
  sweep(2)
  return {found.state and 'granted_after_unknown' or 'granted'}
end

-- An answer replaces ignorance, whoever holds the claim, and never another answer: the first may have been seen.
local function answered(content, answer)
  local found = read()
  if found.content ~= content then return {'done'} end
  if found.state == ANSWERED then return {'answered', found.answer} end
  local failure = write(ANSWERED, content, answer, 'KEEPTTL')
  if failure then return {err = failure} end
  redis.call('ZREM', claimed, number)
  redis.call('ZREM', unknown, number)
  return {'done'}
end

-- Nothing more is known of a claim; one that another gateway has taken over is that gateway's.
local function ended(wasSent)
  local found = read()
  if found.gateway ~= gateway then return {'done'} end
  if found.state == CLAIMED and not wasSent then
    redis.call('DEL', number)
    redis.call('ZREM', unknown, number)
  else
    local failure = write(UNKNOWN, found.content, '', 'KEEPTTL')
    if failure then return {err = failure} end
    redis.call('ZADD', unknown, whole(redis.call('PEXPIRETIME', number)), number)
  end
  redis.call('ZREM', claimed, number)
  return {'done'}
end

-- Of all numbers: claimed, answered, unknown. Every key that is not one of ours counts as a number.
local function count()
  sweep(1000)
  local held = redis.call('ZCOUNT', claimed, '(' .. whole(now), '+inf')
  local open = redis.call('ZCARD', claimed) + redis.call('ZCARD', unknown)
  local lists = redis.call('EXISTS', claimed, unknown)
  return {held, redis.call('DBSIZE') - open - lists, open - held}
end

if operation == 'claim' then return claim(ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])) end
if operation == 'answered' then return answered(ARGV[3], ARGV[4]) end
if operation == 'count' then return count() end
return ended(operation == 'unknown')
