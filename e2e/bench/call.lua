-- A load of one request, repeated: `wrk -s call.lua URL -- BODY_FILE [HEADER: VALUE]...`.
-- Prints one line of JSON with what wrk counted, which the caller finds by its first word.

local request_bytes

function init(arguments)
  local file = assert(io.open(arguments[1], "rb"))
  local headers = { ["Content-Type"] = "application/json" }
  for index = 2, #arguments do
    local name, value = arguments[index]:match("^([^:]+): (.*)$")
    headers[assert(name, "not a header: " .. arguments[index])] = value
  end
  request_bytes = wrk.format("POST", nil, headers, file:read("*a"))
  file:close()
end

function request()
  return request_bytes
end

function done(summary, latency)
  local errors = summary.errors
  local format = 'COUNTED {"requests":%d,"duration_us":%d,"p50_us":%d,"p99_us":%d,"errors":%d}\n'
  io.write(format:format(
    summary.requests,
    summary.duration,
    latency:percentile(50),
    latency:percentile(99),
    errors.connect + errors.read + errors.write + errors.status + errors.timeout
  ))
end
