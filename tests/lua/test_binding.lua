-- What is Lua's own in the Lua binding: values in and out, errors as values, the life of charts. What the calls mean
-- is tested for all languages at once by tests/conformance.
local charts = require "charts"

local pipe = assert(io.popen "mktemp -d")
local folder = pipe:read "l"
pipe:close()

local function save(name)
  return folder .. "/" .. name
end

local function contents(name)
  local file = assert(io.open(save(name), "rb"))
  local text = file:read "a"
  file:close()
  return text
end

local function fails(code, part, call, ...)
  local ok, problem = pcall(call, ...)
  assert(not ok, "an error was expected: " .. part)
  assert(type(problem) == "table", "expected an error value, got " .. tostring(problem))
  assert(problem.code == code, "expected code " .. code .. ", got " .. problem.code .. ": " .. problem.message)
  assert(problem.message:find(part, 1, true), "expected `" .. part .. "` in: " .. problem.message)
  return problem
end

local tests = {}

function tests.a_sequence_with_names_is_a_record_whose_data_it_is()
  charts.plotasync({1, 2, 4, 9, name = "A", color = "red"}, {save = save "a"})
  assert(contents "a/A.json" == '{"name":"A","display":true,"index":0,"color":"red","data":[1,2,4,9]}')
  fails("name", "data", charts.plotasync, {1, 2, data = {3}, name = "A"}, {save = save "a"})
end

function tests.one_table_of_named_arguments()
  charts.plotasync {series = {{1, 2, name = "A"}}, save = save "b", display = false}
  assert(contents "b/A.json" == '{"name":"A","display":false,"index":0,"data":[1,2]}')
end

function tests.null_and_nan_are_gaps_and_holes_are_refused()
  local c = charts.plotasync({1, charts.null, 0 / 0, 4}, {name = "A", save = save "c"})
  local data = c:read("A").data
  assert(#data == 4 and data[1] == 1 and data[2] ~= data[2] and data[3] ~= data[3] and data[4] == 4)
  fails("type", "charts.null", c.plot, c, {1, nil, 3}, "B")
  fails("type", "series", c.plot, c, {[0] = 1, 2}, "B")
  fails("type", "series", c.plot, c, {[1.5] = 1}, "B")
end

function tests.what_cannot_be_converted_is_named()
  local c = charts.plotasync(nil, {save = save "d"})
  fails("type", "series: expected a number, text, boolean, table, function or charts.null, not a thread", c.plot, c,
    {coroutine.create(print)}, "A")
  fails("type", "display: expected", c.plot, c, {1}, "A", {display = io.stdout})
  local loop = {}
  loop.loop = loop
  fails("limit", "options: expected at most 64 levels", charts.plotasync, {1}, loop, {name = "A", save = save "d"})
  local deep = {}
  for _ = 1, 70 do deep = {deep} end
  fails("limit", "64", c.plot, c, deep, "A")
  assert(#c:names() == 0)
end

function tests.a_function_gives_a_series()
  local c = charts.plotasync(nil, {save = save "e"})
  local i = 0
  c:plot(function()
    i = i + 1
    if i == 3 then return charts.null end
    if i <= 100000 then return i end
  end, "long")
  local data = c:read("long").data
  assert(#data == 100000 and data[100000] == 100000 and data[3] ~= data[3])
  c:plot(coroutine.wrap(function()
    for k = 1, 3 do coroutine.yield(k / 2) end
  end), "co")
  assert(contents "e/co.json" == '{"name":"co","display":true,"index":1,"data":[0.5,1,1.5]}')
end

function tests.an_error_in_such_a_function_is_the_caller_s()
  local c = charts.plotasync(nil, {save = save "f"})
  local mine = {}
  local ok, problem = pcall(c.plot, c, function() error(mine) end, "A")
  assert(not ok and problem == mine)
  fails("type", "must give numbers", c.plot, c, function() return "x" end, "A")
  fails("argument", "2^53", c.plot, c, function() return (1 << 53) + 1 end, "A")
  fails("refused", "meanwhile", c.plot, c, function() return #c:names() end, "A")
  assert(#c:names() == 0, "a failed call must leave nothing")
end

function tests.charts_that_are_collected_during_a_call()
  local c = charts.plotasync(nil, {save = save "g"})
  local i = 0
  for _ = 1, 50 do charts.plotasync(nil, {save = save "g"}) end
  c:plot(function()
    i = i + 1
    if i == 5 then collectgarbage() end
    return i < 10 and i or nil
  end, "A")
  assert(#c:read("A").data == 9)
end

function tests.errors_are_values()
  local c = charts.plotasync(nil, {save = save "h"})
  local problem = fails("not-found", "nobody", function() c:remove "nobody" end)
  assert(tostring(problem):match "^.*test_binding%.lua:%d+: name: there is no series nobody", tostring(problem))
  fails("argument", "chart: expected a chart", c.names, {})
  fails("argument", "did you mean height", charts.plotasync, {1}, {name = "A", heigth = 5})
end

function tests.read_gives_what_can_be_plotted_again()
  local data = {{0, 1, 4, 0.5, 2}, {1, 2, 3, 1, charts.null}}
  local c = charts.plotasync({name = "A", type = "ohlc", yAxis = 1, data = data}, {save = save "i"})
  local read = c:read "A"
  assert(read.name == "A" and read.type == "ohlc" and math.type(read.yAxis) == "integer")
  assert(#read.data == 2 and #read.data[1] == 5 and read.data[1][3] == 4 and read.data[2][5] ~= read.data[2][5])
  charts.plotasync(read, {save = save "i2"})
  assert(contents "i/A.json" == contents "i2/A.json")
end

function tests.charts_close()
  local kept
  do
    local c <close> = charts.plotasync({1}, {name = "A", save = save "j"})
    kept = c
    assert(tostring(c):match "^charts%.chart /.*/j, line: A$", tostring(c))
  end
  fails("closed", "closed", kept.names, kept)
  assert(tostring(kept) == "charts.chart (closed)")
  kept:close()
  for _ = 1, 1000 do charts.plotasync(nil, {save = save "j"}) end
  collectgarbage()
end

function tests.bundled_series()
  for _, name in ipairs {"aapl", "msft", "ohlc"} do
    local series = charts.data[name]()
    assert(series.xtype == "datetime" and #series.data > 300, name)
  end
  fails("not-found", "there is no bundled series", function() charts.data.nothing() end)
end

function tests.every_verb_is_there_once()
  local methods = getmetatable(charts.plotasync(nil, {save = save "k"})).__index
  for _, name in ipairs {"plot", "remove", "names", "read", "show", "url", "close"} do
    assert(type(methods[name]) == "function", name)
    assert(charts[name] == nil, name)
  end
  assert(getmetatable(charts.plotasync(nil, {save = save "k"})).__name == "charts.chart")
  package.loaded.charts = nil
  assert(require "charts".null == charts.null)
end

function tests.inline_is_text()
  local c = charts.plotasync({1}, {name = "A", save = save "l", show = "none"})
  assert(c:show() == nil)
end

local names = {}
for name in pairs(tests) do names[#names + 1] = name end
table.sort(names)
local failed = 0
for _, name in ipairs(names) do
  local ok, problem = xpcall(tests[name], debug.traceback)
  if not ok then
    failed = failed + 1
    print("not ok: " .. name:gsub("_", " ") .. "\n" .. tostring(problem))
  end
end
os.execute("rm -rf " .. folder)
print(#names .. " tests, " .. failed .. " failed")
os.exit(failed == 0, true)
