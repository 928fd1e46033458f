import { createHash } from 'node:crypto';

/** A script, and the name by which Redis knows it once it is loaded. */
export interface RedisScript {
  readonly source: string;
  readonly sha: string;
}

// Offsets are microseconds of the server's clock, and never fall: where the clock is behind the last one, they go on
// from there. The step at random makes it unlikely that an entry which a failover lost, and one that a later master
// gave, have the same offset.
const NEXT_OFFSET = `
local function next_offset(last, step)
  local time = redis.call('TIME')
  local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
  if now > last then return now end
  return last + 1 + step
end
local function text(number) return string.format('%.0f', number) end
local function top()
  local info = redis.call('XINFO', 'STREAM', KEYS[1])
  for index = 1, #info, 2 do
    if info[index] == 'last-generated-id' then
      return tonumber(string.match(info[index + 1], '^(%d+)'))
    end
  end
end
`;

// 'kept': every later entry is there. 'old': later ones were trimmed. 'lost': the log never had it, or lost it.
const PLACE_OF = `
local function place_of(offset, last)
  local id = text(offset) .. '-0'
  if #redis.call('XRANGE', KEYS[1], id, id) > 0 then return 'kept' end
  if offset > last then return 'lost' end
  local first = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
  if not first then
    if offset == last then return 'kept' end
    return 'old'
  end
  if offset > tonumber(string.match(first[1], '^(%d+)')) then return 'lost' end
  if first[2][1] == 'p' and tonumber(first[2][2]) == offset then return 'kept' end
  return 'old'
end
`;

/**
 * Appends entries, each with a link to the one before, so that every reader sees a gap where there is one.
 * KEYS: stream, meta, keys of message ids. ARGV: epoch, last acknowledged offset, step, most entries, oldest age in
 * microseconds, lifetime of message ids, then for each entry: the index of its message key or 0, the number of its
 * fields, the fields.
 */
export const APPEND = scriptOf(`${NEXT_OFFSET}${PLACE_OF}
local meta = redis.call('HMGET', KEYS[2], 'e', 'l')
local epoch, last = meta[1], tonumber(meta[2] or '0')
if not epoch or redis.call('EXISTS', KEYS[1]) == 0 then return {'lost', ''} end
if epoch ~= ARGV[1] then return {'epoch', epoch} end
local acknowledged = tonumber(ARGV[2])
if acknowledged > 0 and acknowledged ~= last and place_of(acknowledged, last) == 'lost' then
  return {'lost', epoch}
end
local offset = next_offset(last, tonumber(ARGV[3])) - 1
local result = {'ok', epoch}
local index = 7
local function add(from, to)
  offset = offset + 1
  local added = redis.pcall('XADD', KEYS[1], text(offset) .. '-0', 'p', text(last), unpack(ARGV, from, to))
  if type(added) == 'table' and added.err then
    local highest = top()
    if not string.find(added.err, 'equal or smaller') or highest < offset then return added end
    if highest > 9000000000000000 then
      return redis.error_reply('ERR the last id of the stream is ' .. text(highest) .. '-0, which is none of this log')
    end
    offset = highest + 1
    added = redis.pcall('XADD', KEYS[1], text(offset) .. '-0', 'p', text(last), unpack(ARGV, from, to))
    if type(added) == 'table' and added.err then return added end
  end
  last = offset
end
while index <= #ARGV do
  local key, count = tonumber(ARGV[index]), tonumber(ARGV[index + 1])
  local known = key > 0 and redis.call('GET', KEYS[key])
  if known then
    result[#result + 1] = known
  else
    local failure = add(index + 2, index + 1 + count)
    if failure then return failure end
    if key > 0 then redis.call('SET', KEYS[key], text(last), 'PX', ARGV[6]) end
    result[#result + 1] = text(last)
  end
  index = index + 2 + count
end
redis.call('HSET', KEYS[2], 'l', text(last))
redis.call('XTRIM', KEYS[1], 'MAXLEN', '~', ARGV[4])
if ARGV[5] ~= '' then
  local time = redis.call('TIME')
  local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
  redis.call('XTRIM', KEYS[1], 'MINID', text(now - tonumber(ARGV[5])) .. '-0')
end
return result
`);

/**
 * Gives the log a new epoch, unless somebody else already did: it begins with an entry of its own, by which all
 * readers see it. Makes the log where there is none.
 * KEYS: stream, meta. ARGV: the epoch that is over, or ''; the new one; the highest offset that is known; fields.
 */
export const BEGIN_EPOCH = scriptOf(`${NEXT_OFFSET}
local meta = redis.call('HMGET', KEYS[2], 'e', 'l', 'b')
local exists = redis.call('EXISTS', KEYS[1]) == 1
if meta[1] and exists and meta[1] ~= ARGV[1] then return {meta[1], meta[2], meta[3]} end
local last = tonumber(meta[2] or '0')
if exists then last = math.max(last, top()) end
local offset = text(next_offset(math.max(last, tonumber(ARGV[3])), 0))
redis.call('XADD', KEYS[1], offset .. '-0', 'p', '0', unpack(ARGV, 4))
redis.call('HSET', KEYS[2], 'e', ARGV[2], 'l', offset, 'b', offset)
return {ARGV[2], offset, offset}
`);

/**
 * Looks at the log. KEYS: stream, meta. ARGV: offsets.
 * Gives the epoch or '' where there is no log, its last offset, its first one, and the place of each offset.
 */
export const INSPECT = scriptOf(`${NEXT_OFFSET}${PLACE_OF}
local meta = redis.call('HMGET', KEYS[2], 'e', 'l', 'b')
if not meta[1] or redis.call('EXISTS', KEYS[1]) == 0 then return {'', '0', '0'} end
local result = {meta[1], meta[2], meta[3]}
for index = 1, #ARGV do
  result[#result + 1] = place_of(tonumber(ARGV[index]), tonumber(meta[2]))
end
return result
`);

// A claim that had to be made again may come behind a later one, and must not lower what that one has set.
/**
 * Counts one more for a node, if all nodes together may have it.
 * KEYS: the names of the nodes, the hash of this one, those of the others. ARGV: this node's name, the field, its count,
 * the limit, the lifetime of the hash, the names of the others.
 * Gives 'granted', 'refused', 'forgotten' where the node's hash is gone, or all names where they are others.
 */
export const CLAIM = scriptOf(`
if redis.call('HEXISTS', KEYS[2], '') == 0 then return 'forgotten' end
redis.call('SADD', KEYS[1], ARGV[1])
if redis.call('SCARD', KEYS[1]) ~= #KEYS - 1 then return redis.call('SMEMBERS', KEYS[1]) end
if #KEYS > 2 then
  for _, is_member in ipairs(redis.call('SMISMEMBER', KEYS[1], unpack(ARGV, 6))) do
    if is_member == 0 then return redis.call('SMEMBERS', KEYS[1]) end
  end
end
local sum = tonumber(ARGV[3])
for index = 3, #KEYS do
  sum = sum + tonumber(redis.call('HGET', KEYS[index], ARGV[2]) or '0')
end
if sum > tonumber(ARGV[4]) then return 'refused' end
local known = tonumber(redis.call('HGET', KEYS[2], ARGV[2]) or '0')
if tonumber(ARGV[3]) > known then redis.call('HSET', KEYS[2], ARGV[2], ARGV[3]) end
redis.call('PEXPIRE', KEYS[2], ARGV[5])
return 'granted'
`);

export const SCRIPTS = [APPEND, BEGIN_EPOCH, INSPECT, CLAIM] as const;

function scriptOf(source: string): RedisScript {
  return { source, sha: createHash('sha1').update(source).digest('hex') };
}
