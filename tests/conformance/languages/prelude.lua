local charts = require "charts"
local made = {}
local case, steps = 0, 0

local escapes = {['"'] = '\\"', ["\\"] = "\\\\"}
local function text(value)
  return '"' .. value:gsub('[%c"\\]', function(c) return escapes[c] or string.format("\\u%04x", c:byte()) end) .. '"'
end

-- A value as JSON. NaN is null; tables with a sequence are lists.
local function json(value)
  local kind = type(value)
  if kind == "number" then
    return value ~= value and "null" or string.format(math.type(value) == "integer" and "%d" or "%.17g", value)
  elseif kind == "string" then
    return text(value)
  elseif kind == "boolean" then
    return tostring(value)
  elseif kind ~= "table" then
    return "null"
  end
  local parts = {}
  for i = 1, #value do parts[i] = json(value[i]) end
  if #value > 0 or next(value) == nil then return "[" .. table.concat(parts, ",") .. "]" end
  for key, item in pairs(value) do parts[#parts + 1] = text(key) .. ":" .. json(item) end
  return "{" .. table.concat(parts, ",") .. "}"
end

local function say(result)
  io.write(string.format('{"case":%d,"step":%d%s}\n', case, steps, result))
  steps = steps + 1
end

local function step(name, call)
  io.stderr:write("\1step\n")
  local ok, value = pcall(call)
  if not ok then
    if type(value) ~= "table" then error(value, 0) end
    say(',"error":' .. json {code = value.code, message = value.message})
  else
    if type(value) == "userdata" then made[name] = value end
    say(',"value":' .. json(value))
  end
end

local function write(path, bytes)
  local file = assert(io.open(path, "wb"))
  file:write(bytes)
  file:close()
  io.stderr:write("\1step\n")
  say ""
end

local function reader(numbers)
  local i = 0
  return function()
    i = i + 1
    if type(numbers[i]) == "table" then return table.unpack(numbers[i]) end
    return numbers[i]
  end
end
