-- SPDX-License-Identifier: Apache-2.0
--
-- What wrk sends: uploads of coupon codes, each with a request number.
--
-- Arguments after "--": CODES PREFIX NUMBERS PAUSE TOKEN MERCHANT MERCHANTS
--   CODES    codes in each upload
--   PREFIX   what every request number of this run begins with
--   NUMBERS  0: a new number for each request; else that many numbers in turn
--   PAUSE    mean pause in milliseconds of a connection before each request; 0: none
--   TOKEN    of the calling service
--   MERCHANT, MERCHANTS  the requests are for so many merchants in turn, whose numbers follow
--            each other from MERCHANT on

local threads = 0

function setup(thread)
  threads = threads + 1
  thread:set("thread_number", threads)
end

local head, rest, tail, prefix, numbers, pause, merchant, merchants
local sent = 0

function init(arguments)
  local codes = {}
  for index = 1, tonumber(arguments[1]) do
    codes[index] = string.format('"ABC95882%05d"', index)
  end
  prefix = string.format("%s%02d", arguments[2], thread_number)
  numbers = tonumber(arguments[3])
  pause = tonumber(arguments[4])
  merchant, merchants = tonumber(arguments[6]), tonumber(arguments[7])
  tail = '","coupon_code_list":[' .. table.concat(codes, ",") .. "]}"
  -- The number has a fixed width, so that the length of the body is known beforehand.
  local before = '{"upload_request_no":"'
  local length = #before + #prefix + 10 + #tail
  head = "POST /v3/marketing/busifavor/stocks/98065001/couponcodes HTTP/1.1\r\n"
    .. "Host: 127.0.0.1\r\nAuthorization: Bearer " .. arguments[5] .. "\r\nX-Merchant-Id: "
  rest = "\r\nContent-Type: application/json\r\nContent-Length: " .. length .. "\r\n\r\n" .. before
  math.randomseed(thread_number)
  if pause <= 0 then delay = nil end
end

function request()
  sent = sent + 1
  local number = sent
  if numbers > 0 then number = sent % numbers end
  -- A prime, so that neighbours in time are no neighbours in memory.
  local who = merchant + sent * 7919 % merchants
  return string.format("%s%.0f%s%s%010d%s", head, who, rest, prefix, number, tail)
end

-- Exponential, so that requests come at random as from many independent callers.
function delay()
  return math.floor(-pause * math.log(1 - math.random()) + 0.5)
end

function done(summary, latency, _)
  io.write(string.format(
    '\nRESULT {"requests":%d,"microseconds":%d,"refused":%d,"broken":%d,"p50":%d,"p99":%d}\n',
    summary.requests, summary.duration, summary.errors.status,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
