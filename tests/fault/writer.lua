-- One of many writers of a chart directory, as writer.c: writer.lua DIRECTORY WRITER CALLS
local charts = require "charts"
local directory, writer, calls = arg[1], math.tointeger(arg[2]), math.tointeger(arg[3])
local chart = charts.plotasync{save = directory}

local function monotonic() -- seconds, however many processes wait
  local file = assert(io.open("/proc/uptime"))
  local text = file:read("a")
  file:close()
  return tonumber(text:match("%S+"))
end

local function own(kind) return ("w%d-%s"):format(writer, kind) end
local function row(name, number) return {name = name, data = {{writer, number}}} end

local function call(number)
  local kind = number % 10
  if kind == 0 then chart:plot({number}, own(("new%d"):format(number // 50)))
  elseif kind == 1 then chart:plot({number}, own "own")
  elseif kind == 2 then chart:plot{row("shared", number)}
  elseif kind == 3 then chart:append({number}, own "log")
  elseif kind == 6 then chart:plot{row("pair-a", number), row("pair-b", number)}
  elseif kind == 7 then chart:append{row("all-b", number), row("all-c", number)}
  elseif kind == 8 then
    chart:plot({number}, own "gone")
    chart:remove(own "gone")
  elseif number % 50 == 9 then chart:url()
  else chart:append{row("all-a", number)}
  end
end

local longest = 0
for number = 0, calls - 1 do
  local began = monotonic()
  call(number)
  longest = math.max(longest, monotonic() - began)
end
print(('{"calls":%d,"longest":%.3f}'):format(calls, longest))
