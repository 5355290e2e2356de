-- Reads of random keys' lists: wrk ... -s api.lua URL -- TOKENFILE FIRST_ID LAST_ID
-- Key ids are key_ and 13 digits of Crockford's base 32 of a number.
local digits = '0123456789abcdefghjkmnpqrstvwxyz'
local token, first, last

local function id_of(number)
  local text = {}
  for at = 13, 1, -1 do
    local digit = number % 32
    text[at] = digits:sub(digit + 1, digit + 1)
    number = (number - digit) / 32
  end
  return 'key_' .. table.concat(text)
end

function init(args)
  local file = assert(io.open(args[1]))
  token = file:read('*l')
  file:close()
  first, last = tonumber(args[2]), tonumber(args[3])
  math.randomseed(tonumber(tostring({}):match('0x(%x+)'), 16) % 2147483647)
end

function request()
  return 'GET /api/v1/keys/' .. id_of(math.random(first, last)) .. '/allowlist HTTP/1.1\r\nHost: 127.0.0.1\r\n' ..
    'Authorization: Bearer ' .. token .. '\r\n\r\n'
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests":%d,"microseconds":%d,"p50":%d,"p99":%d,"failed":%d,"broken":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), errors.status,
    errors.connect + errors.read + errors.write + errors.timeout))
end
