"""The scripts of a shared budget: sums in billionths of a unit of money, leases by deadline."""

from typing import Final

_PRELUDE: Final = """
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local span = tonumber(ARGV[1])
local period = 0
if span > 0 then period = math.floor(now / span) end
if tonumber(redis.call('HGET', KEYS[1], 'period') or '-1') ~= period then
  redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])
  redis.call('HSET', KEYS[1], 'period', period, 'spent', 0, 'reserved', 0, 'unpriced', 0)
end
-- A store that lost its data learns what was spent from any process that knows more.
if tonumber(ARGV[2]) == period then
  local known = tonumber(ARGV[3])
  if tonumber(redis.call('HGET', KEYS[1], 'spent')) < known then
    redis.call('HSET', KEYS[1], 'spent', string.format('%d', known))
  end
end
-- What was not settled in time belongs to a process that is gone, and may have been paid for.
local gone = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now)
for _, ticket in ipairs(gone) do
  local amount = redis.call('HGET', KEYS[3], ticket) or '0'
  redis.call('HINCRBY', KEYS[1], 'reserved', '-' .. amount)
  redis.call('HINCRBY', KEYS[1], 'spent', amount)
  redis.call('ZREM', KEYS[2], ticket)
  redis.call('HDEL', KEYS[3], ticket)
end
local function reply(granted)
  if span > 0 then
    for index = 1, 3 do redis.call('PEXPIRE', KEYS[index], math.ceil(2 * span / 1000)) end
  end
  local sums = redis.call('HMGET', KEYS[1], 'spent', 'reserved', 'unpriced')
  local processes = redis.call('ZCARD', KEYS[4])
  return {granted, period, tonumber(sums[1]), tonumber(sums[2]), tonumber(sums[3]), processes}
end
"""

# KEYS: the account's sums, deadlines of its leases, amounts of its leases, its processes.
# ARGV: microseconds of the window (0: none), the known period and what was spent in it,
# the limit, the ticket, the amount (-1: unknown), microseconds of the lease, the process.
# Returns: 1 when it was granted, the period, the sums spent, reserved, and of unknown price, and
# how many processes took something within ten minutes.
TAKE: Final = (
    _PRELUDE
    + """
local limit, ticket, amount = tonumber(ARGV[4]), ARGV[5], tonumber(ARGV[6])
redis.call('ZADD', KEYS[4], now + 600000000, ARGV[8])
redis.call('ZREMRANGEBYSCORE', KEYS[4], '-inf', now)
redis.call('PEXPIRE', KEYS[4], 600000)
if redis.call('HEXISTS', KEYS[3], ticket) == 1 then return reply(1) end
if amount < 0 then
  redis.call('HINCRBY', KEYS[1], 'unpriced', 1)
  amount = 0
elseif tonumber(redis.call('HGET', KEYS[1], 'spent'))
    + tonumber(redis.call('HGET', KEYS[1], 'reserved')) + amount > limit then
  return reply(0)
end
redis.call('HINCRBY', KEYS[1], 'reserved', string.format('%d', amount))
redis.call('ZADD', KEYS[2], string.format('%d', now + tonumber(ARGV[7])), ticket)
redis.call('HSET', KEYS[3], ticket, string.format('%d', amount))
return reply(1)
"""
)

# ARGV: as above up to the spent sum, then the ticket, the cost, and 1 where the cost counts in
# that period although the store has no such lease. Returns as TAKE.
SETTLE: Final = (
    _PRELUDE
    + """
local ticket, cost = ARGV[4], tonumber(ARGV[5])
local amount = redis.call('HGET', KEYS[3], ticket)
if amount then
  redis.call('ZREM', KEYS[2], ticket)
  redis.call('HDEL', KEYS[3], ticket)
  redis.call('HINCRBY', KEYS[1], 'reserved', '-' .. amount)
  redis.call('HINCRBY', KEYS[1], 'spent', string.format('%d', cost))
elseif ARGV[6] == '1' and cost > 0 and tonumber(ARGV[2]) == period then
  redis.call('HINCRBY', KEYS[1], 'spent', string.format('%d', cost))
end
return reply(1)
"""
)
