-- SPDX-License-Identifier: Apache-2.0
-- How many numbers are claimed, answered and unknown.
--
-- KEYS[1]  the claimed numbers, by the end of their lease
-- KEYS[2]  the unknown numbers, by the end of their lifetime
-- ARGV[1]  what the keys of numbers begin with
local claimed, unknown = KEYS[1], KEYS[2]
local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))

-- A claim whose lease is over has lost its gateway: a few at a time, Redis serves nobody meanwhile.
for _, number in ipairs(redis.call('ZRANGE', claimed, '-inf', now, 'BYSCORE', 'LIMIT', 0, 1000)) do
  local expiry = redis.call('PEXPIRETIME', number)
  redis.call('ZREM', claimed, number)
  if expiry > 0 then redis.call('ZADD', unknown, string.format('%.0f', expiry), number) end
end
redis.call('ZREMRANGEBYSCORE', unknown, '-inf', '(' .. now)

local open = {redis.call('ZCOUNT', claimed, '(' .. now, '+inf'), redis.call('ZCARD', unknown)}
local others = redis.call('EXISTS', claimed) + redis.call('EXISTS', unknown)
return {open[1], redis.call('DBSIZE') - open[1] - open[2] - others, open[2]}
