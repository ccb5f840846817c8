-- load: what wrk sends, and its report as JSON. The way is said after "--":
--   get                    the URL as it is
--   pick FILE              GET, each path a line of FILE, chosen at random
--   create SIZE PATIENTS   POST of an Observation of SIZE bytes, of one of so many patients
-- and last of all the file that the report goes to.
local random = math.random

local function read_lines(path)
	local lines = {}
	for line in io.lines(path) do lines[#lines + 1] = line end
	return lines
end

local function picker(file)
	local paths, count = read_lines(file)
	count = #paths
	return function() return wrk.format("GET", paths[random(count)]) end
end

local function creator(size, patients)
	wrk.headers["Content-Type"] = "application/fhir+json"
	wrk.headers["Prefer"] = "return=minimal"
	local head = '{"resourceType":"Observation","status":"final","code":{"coding":[{"system":' ..
		'"http://loinc.org","code":"%d-%d"}]},"subject":{"reference":"Patient/p%d"},' ..
		'"effectiveDateTime":"2026-02-0%dT08:00:00Z","valueQuantity":{"value":%d,"unit":"mg"},' ..
		'"note":[{"text":"'
	local words = string.rep("as before ", size / 10)
	return function()
		local text = string.format(head, random(1000, 1499), random(0, 9), random(0, patients - 1),
			random(1, 9), random(0, 999))
		return wrk.format("POST", nil, nil, text .. words:sub(1, size - #text - 4) .. '"}]}')
	end
end

local threads = {}
function setup(thread)
	threads[#threads + 1] = thread
	thread:set("number", #threads)
end

function init(args)
	math.randomseed(number)
	report_to = args[#args]
	if args[1] == "pick" then request = picker(args[2]) end
	if args[1] == "create" then request = creator(tonumber(args[2]), tonumber(args[3])) end
end

function done(summary, latency)
	local e = summary.errors
	local file = assert(io.open(threads[1]:get("report_to"), "w"))
	file:write(string.format('{"per_s": %.1f, "count": %d, "p50_ms": %.3f, "p99_ms": %.3f, ' ..
		'"refused": %d, "broken": %d}\n', summary.requests * 1e6 / summary.duration,
		summary.requests, latency:percentile(50) / 1000, latency:percentile(99) / 1000, e.status,
		e.connect + e.read + e.write + e.timeout))
	file:close()
end
