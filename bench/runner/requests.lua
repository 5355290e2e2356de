-- Requests of wrk: each with the key and the address of a line of a file, chosen at random among the first so many.
--   wrk ... -s requests.lua URL -- FILE LINES PATH [MILLISECONDS]
-- With MILLISECONDS each connection waits so long before each request.
-- Prints at the end one line of JSON: requests, microseconds of the run, latencies in microseconds, errors.
local line_bytes = 69
local text, lines, head
local function init_random() math.randomseed(tonumber(tostring({}):match('0x(%x+)'), 16) % 2147483647) end

function init(args)
  local file = assert(io.open(args[1], 'rb'))
  lines = tonumber(args[2])
  text = file:read(lines * line_bytes)
  file:close()
  head = 'GET ' .. args[3] .. ' HTTP/1.1\r\nHost: api.example.com\r\nUser-Agent: bench/1\r\nAccept: */*\r\n'
  init_random()
  local pause = tonumber(args[4])
  if pause then
    function delay() return pause end
  end
end

local random, sub = math.random, string.sub
function request()
  local at = (random(lines) - 1) * line_bytes
  local address = sub(text, at + 54, at + 68):match('^%S+')
  return head .. 'Authorization: Bearer ' .. sub(text, at + 1, at + 52) .. '\r\nX-Forwarded-For: ' .. address .. '\r\n\r\n'
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests":%d,"microseconds":%d,"p50":%d,"p99":%d,"failed":%d,"broken":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), errors.status,
    errors.connect + errors.read + errors.write + errors.timeout))
end
