-- SPDX-License-Identifier: Apache-2.0
-- One operation on one request number, undivided: https://redis.io/docs/latest/develop/interact/programmability/
-- The rules are those of NumberRecord.swift; besides, several gateways may hold claims, each for the time of its lease.
--
-- KEYS[1]  the number: a hash that Redis forgets when the number's lifetime is over
-- KEYS[2]  the claimed numbers, by the end of their lease
-- KEYS[3]  the unknown numbers, by the end of their lifetime
-- ARGV     the operation, the gateway that asks, and what belongs to the operation
local number, claimed, unknown = KEYS[1], KEYS[2], KEYS[3]
local operation, gateway = ARGV[1], ARGV[2]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

-- Lua writes large numbers with an exponent.
local function whole(milliseconds) return string.format('%.0f', milliseconds) end

local function claim(content, lifetime, lease)
  local state, known, owner, leasedUntil =
    unpack(redis.call('HMGET', number, 'state', 'content', 'gateway', 'leased_until'))
  if state and known ~= content then return {'other_content'} end
  if state == 'answered' then
    return {'answered', unpack(redis.call('HMGET', number, 'status', 'type', 'body', 'request_id', 'recovered'))}
  end
  -- A gateway joins what it has in flight itself, so a claim of its own that it finds here is an orphan.
  if owner and owner ~= gateway and tonumber(leasedUntil) > now then return {'in_flight'} end

  -- Redis keeps a key through the millisecond that it expires at.
  local expiry = now + lifetime - 1
  -- What is known never gets shorter.
  if state then expiry = math.max(expiry, redis.call('PEXPIRETIME', number)) end
  redis.call('HSET', number, 'state', state and 'claimed_again' or 'claimed', 'content', content,
    'gateway', gateway, 'leased_until', whole(now + lease))
  redis.call('PEXPIREAT', number, whole(expiry))
  redis.call('ZREM', unknown, number)
  redis.call('ZADD', claimed, whole(now + lease), number)
  return {state and 'granted_after_unknown' or 'granted'}
end

-- An answer replaces ignorance, whoever holds the claim, and never another answer: the first may have been seen.
local function answered(status, body, recovered, optional)
  local state = redis.call('HGET', number, 'state')
  if not state or state == 'answered' then return end
  redis.call('HSET', number, 'state', 'answered', 'status', status, 'body', body, 'recovered', recovered, unpack(optional))
  redis.call('HDEL', number, 'gateway', 'leased_until')
  redis.call('ZREM', claimed, number)
  redis.call('ZREM', unknown, number)
end

-- Nothing more is known of a claim; one that another gateway has taken over is that gateway's.
local function ended(wasSent)
  local state, owner = unpack(redis.call('HMGET', number, 'state', 'gateway'))
  if owner ~= gateway then return end
  redis.call('ZREM', claimed, number)
  if state == 'claimed' and not wasSent then
    redis.call('DEL', number)
  else
    redis.call('HSET', number, 'state', 'unknown')
    redis.call('HDEL', number, 'gateway', 'leased_until')
    redis.call('ZADD', unknown, whole(redis.call('PEXPIRETIME', number)), number)
  end
end

if operation == 'claim' then return claim(ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])) end
if operation == 'answered' then
  answered(ARGV[3], ARGV[4], ARGV[5], {unpack(ARGV, 6)})
else
  ended(operation == 'unknown')
end
return {'done'}
