/** What Redis does in one step: scripts in Lua, which nobody comes between. */

/**
 * Adds records, once: KEYS the mark of this publication, then each stream that is written to; ARGV the life of the mark in
 * milliseconds, the channel, the retention in milliseconds (0: none), then how many shapes there are, for each how many words and so many of
 * them, `=` before each that stands for itself and `?` for one that comes with each record; then for each record: which stream (2 and up),
 * which shape, how many bytes its body has, its own words; and at last the bodies of all, one behind the other. Gives an empty text, or how many records it has kept and what Redis says of the next. What may be refused for them all stands before, and who waits for news hears of it when the script has ended.
 */
export const APPEND = `
local before = redis.call('GET', KEYS[1])
if before then return before end
redis.call('PUBLISH', ARGV[2], '')
local retention = tonumber(ARGV[3])
if retention > 0 then
  local time = redis.call('TIME')
  local oldest = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000) - retention)
  for k = 2, #KEYS do redis.pcall('XTRIM', KEYS[k], 'MINID', oldest) end
end
redis.call('SET', KEYS[1], '', 'PX', ARGV[1])
local shapes, i = {}, 5
for s = 1, tonumber(ARGV[4]) do
  local shape = { count = tonumber(ARGV[i]), words = {}, holes = {} }
  for w = 1, shape.count do
    local word = ARGV[i + w]
    if word == '?' then shape.holes[#shape.holes + 1] = w else shape.words[w] = string.sub(word, 2) end
  end
  shapes[s] = shape
  i = i + 1 + shape.count
end
local bodies, body, kept = ARGV[#ARGV], 1, 0
while i < #ARGV do
  local shape = shapes[tonumber(ARGV[i + 1])]
  local words, holes, length = shape.words, shape.holes, tonumber(ARGV[i + 2])
  for h = 1, #holes do words[holes[h]] = ARGV[i + 2 + h] end
  local bytes = string.sub(bodies, body, body + length - 1)
  local added = redis.pcall('XADD', KEYS[tonumber(ARGV[i])], '*', 'body', bytes, unpack(words, 1, shape.count))
  if type(added) == 'table' and added.err then
    local refusal = kept .. ' ' .. added.err
    redis.call('SET', KEYS[1], refusal, 'PX', ARGV[1])
    return refusal
  end
  i = i + 3 + #holes
  body = body + length
  kept = kept + 1
end
return ''`;

const ADDED = `
local function added(key)
  if redis.call('EXISTS', key) == 0 then return 0, 0, '0-0' end
  local told, length, added, newest = redis.call('XINFO', 'STREAM', key), 0, nil, '0-0'
  for i = 1, #told, 2 do
    if told[i] == 'length' then length = told[i + 1] end
    if told[i] == 'entries-added' then added = told[i + 1] end
    if told[i] == 'last-generated-id' then newest = told[i + 1] end
  end
  return added or error('Redis 7 or later is needed'), length, newest
end`;

/**
 * Reads a stream: KEYS the stream; ARGV the id behind which, the offset of the first record there, how many at most. Gives the
 * offset of the first record, then the records. Where older ones have been trimmed the count of all that were ever added tells; it is
 * less where the key was deleted and made anew, and whoever reads counts on.
 */
export const READ = `${ADDED}
local records = redis.call('XRANGE', KEYS[1], '(' .. ARGV[1], '+', 'COUNT', ARGV[3])
if #records == 0 then return { ARGV[2] } end
local first = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)
local offset = tonumber(ARGV[2])
if first[1][1] == records[1][1] then
  local all, length = added(KEYS[1])
  offset = math.max(offset, all - length)
end
return { tostring(offset), unpack(records) }`;

const LATER = `
local function later(key, behind)
  local count, from = 0, '(' .. behind
  while true do
    local records = redis.call('XRANGE', key, from, '+', 'COUNT', 1000)
    count = count + #records
    if #records < 1000 then return count end
    from = '(' .. records[#records][1]
  end
end`;

/**
 * Counts the records of a stream that are kept from an offset on: KEYS the stream; ARGV the offset, the id behind which. Where the key was
 * deleted and made anew it has fewer than the offset says.
 */
export const COUNT = `${ADDED}${LATER}
local all, length = added(KEYS[1])
local offset = tonumber(ARGV[1])
if all < offset then return later(KEYS[1], ARGV[2]) end
return math.min(length, all - offset)`;

/** Tells the offset and the id behind which a group begins: KEYS the stream; ARGV 'start', 'end', or a time in milliseconds. */
export const BEGIN = `${ADDED}${LATER}
local all, length, newest = added(KEYS[1])
if ARGV[1] == 'start' then return { tostring(all - length), '0-0' } end
if ARGV[1] == 'end' then return { tostring(all), newest } end
local behind = '0-0'
if ARGV[1] ~= '0' then behind = string.format('%.0f', ARGV[1] - 1) .. '-18446744073709551615' end
return { tostring(all - later(KEYS[1], behind)), behind }`;

/**
 * Writes documents over their versions, each for itself: KEYS the hash; ARGV for each its field, the version (0: none), the text. Gives the
 * new versions, 0 where another has written. The same text again is the same writing, whose answer was lost. Versions begin with the
 * time, in milliseconds: in a database that was emptied none is taken for one of before.
 */
export const WRITE = `
local function write(field, over, text)
  local kept = redis.call('HGET', KEYS[1], field)
  local version = kept and tonumber(string.match(kept, '^%d+')) or 0
  if not kept and over == '0' then
    local time = redis.call('TIME')
    version = time[1] * 1000 + math.floor(time[2] / 1000)
    redis.call('HSET', KEYS[1], field, version .. ' ' .. text)
    return version
  end
  if kept == version .. ' ' .. text and (version == over + 1 or over == '0') then return version end
  if version ~= tonumber(over) then return 0 end
  redis.call('HSET', KEYS[1], field, (version + 1) .. ' ' .. text)
  return version + 1
end
local versions = {}
for i = 1, #ARGV, 3 do versions[#versions + 1] = write(ARGV[i], ARGV[i + 1], ARGV[i + 2]) end
return versions`;
