"""The scripts of a shared rate limit. They run in the store, whose clock counts.

A window of a limit is counted in `BUCKETS` parts, and a place is granted where no window, taken in
whole parts, would exceed its limit: so no span of the window's length does.
"""

from typing import Final

BUCKETS: Final = 100

# KEYS: the target's state, its processes, the ticket, then one hash for each window.
# ARGV: 1 to count without a check, the process, the seconds in microseconds after which a silent
# process is forgotten, then limit, microseconds and cost of each window.
# Returns: microseconds to wait, processes seen, the age of the state, and when it was made.
RESERVE: Final = (
    f"local BUCKETS = {BUCKETS}"
    + """
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local forced, process, silence = ARGV[1] == '1', ARGV[2], tonumber(ARGV[3])
local made = tonumber(redis.call('HGET', KEYS[1], 'made'))
if not made then
  made = now
  redis.call('HSET', KEYS[1], 'made', string.format('%d', now))
end
redis.call('PEXPIRE', KEYS[1], 86400000)
redis.call('ZADD', KEYS[2], now + silence, process)
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
redis.call('PEXPIRE', KEYS[2], math.ceil(silence / 1000))
local processes = redis.call('ZCARD', KEYS[2])

local windows = {}
local longest = 0
for index = 1, #KEYS - 3 do
  local window = {
    key = KEYS[3 + index],
    limit = tonumber(ARGV[1 + 3 * index]),
    span = tonumber(ARGV[2 + 3 * index]),
    cost = tonumber(ARGV[3 + 3 * index]),
    used = {}, last = -1,
  }
  window.width = window.span / BUCKETS
  longest = math.max(longest, window.span)
  local first = math.floor(now / window.width) - BUCKETS
  local fields, old = redis.call('HGETALL', window.key), {}
  for position = 1, #fields, 2 do
    local bucket, count = tonumber(fields[position]), tonumber(fields[position + 1])
    if bucket < first then
      if #old < 1000 then old[#old + 1] = fields[position] end
    elseif count > 0 then
      window.used[bucket] = count
      window.last = math.max(window.last, bucket)
    end
  end
  if #old > 0 then redis.call('HDEL', window.key, unpack(old)) end
  windows[index] = window
end

local ticket = redis.call('GET', KEYS[3])
if ticket then
  local fields = cjson.decode(ticket)
  local place = fields[1]
  if place <= now then return {0, processes, now - made, made} end
  for index, window in ipairs(windows) do
    local bucket, cost = math.floor(place / window.width), fields[1 + index] or 0
    if cost > 0 then
      redis.call('HINCRBY', window.key, bucket, -cost)
      window.used[bucket] = (window.used[bucket] or 0) - cost
    end
  end
end

local function earliest(window, from)
  if window.cost == 0 then return from end
  local bucket = math.floor(from / window.width)
  local used, total = window.used, 0
  for position = bucket - BUCKETS, bucket do total = total + (used[position] or 0) end
  local ending, candidate = bucket, bucket
  while true do
    if total + window.cost > window.limit then
      candidate = ending + 1
    elseif ending >= window.last or ending >= candidate + BUCKETS then
      break
    end
    ending = ending + 1
    total = total + (used[ending] or 0) - (used[ending - 1 - BUCKETS] or 0)
  end
  if candidate == bucket then return from end
  return math.ceil(candidate * window.width)
end

local place = math.max(now, tonumber(redis.call('HGET', KEYS[1], 'paused_until') or '0'))
if forced then
  place = now
else
  local moved = true
  while moved do
    moved = false
    for _, window in ipairs(windows) do
      local free = earliest(window, place)
      if free > place then
        place, moved = free, true
      end
    end
  end
end

local record = {place}
for index, window in ipairs(windows) do
  record[1 + index] = window.cost
  if window.cost > 0 then
    redis.call('HINCRBY', window.key, math.floor(place / window.width), window.cost)
  end
  local last = math.max(place, window.last * window.width)
  redis.call('PEXPIRE', window.key, math.ceil((last - now + 2 * window.span) / 1000))
end
for index = 1, #record do record[index] = string.format('%d', record[index]) end
local lifetime = math.ceil((place - now + longest) / 1000) + 1
redis.call('SET', KEYS[3], '[' .. table.concat(record, ',') .. ']', 'PX', lifetime)
return {place - now, processes, now - made, made}
"""
)

# KEYS: the ticket, then one hash for each window. ARGV: microseconds and real cost of each window.
# Returns what was given back, in all windows.
SETTLE: Final = (
    f"local BUCKETS = {BUCKETS}"
    + """
local ticket = redis.call('GET', KEYS[1])
if not ticket then return {0} end
redis.call('DEL', KEYS[1])
local record, freed = cjson.decode(ticket), 0
for index = 1, #KEYS - 1 do
  local reserved = record[1 + index] or 0
  local used = tonumber(ARGV[2 * index])
  if used < 0 then used = reserved end
  if used ~= reserved and redis.call('EXISTS', KEYS[1 + index]) == 1 then
    local bucket = math.floor(record[1] / (tonumber(ARGV[2 * index - 1]) / BUCKETS))
    redis.call('HINCRBY', KEYS[1 + index], bucket, used - reserved)
    freed = freed + math.max(0, reserved - used)
  end
end
return {freed}
"""
)

# KEYS: the target's state. ARGV: microseconds.
PAUSE: Final = """
local clock = redis.call('TIME')
local ending = clock[1] * 1000000 + clock[2] + tonumber(ARGV[1])
local known = tonumber(redis.call('HGET', KEYS[1], 'paused_until') or '0')
if ending > known then
  redis.call('HSET', KEYS[1], 'paused_until', string.format('%d', ending))
end
return {0}
"""
