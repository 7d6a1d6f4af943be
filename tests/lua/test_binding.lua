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

-- A function that gives `count` rows of numbers, and then nothing
local function rows(count, width)
  local i = 0
  return function()
    i = i + 1
    if i > count then return nil end
    local row = {}
    for k = 1, width do row[k] = i * 10 + k end
    return table.unpack(row)
  end
end

function tests.a_function_gives_rows()
  local c = charts.plotasync(nil, {save = save "rows"})
  c:plot(rows(2, 2), "xy")
  c:plot({{name = "range", data = rows(2, 3)}, {name = "ohlc", data = rows(1, 5)}})
  assert(contents "rows/xy.json":find('"data":[[11,12],[21,22]]}', 1, true))
  assert(contents "rows/range.json":find('"data":[[11,12,13],[21,22,23]]}', 1, true))
  assert(contents "rows/ohlc.json":find('"data":[[11,12,13,14,15]]}', 1, true))
  c:plot(rows(100000, 2), "long")
  local data = c:read("long").data
  assert(#data == 100000 and data[100000][1] == 1000001 and data[100000][2] == 1000002)
  c:plot(function() end, "empty")
  assert(contents "rows/empty.json":find('"data":[]}', 1, true))
  local i = 0
  c:plot(function()
    i = i + 1
    if i < 3 then return i, i == 1 and charts.null or i end
  end, "gap", {time = "s"})
  assert(contents "rows/gap.json":find('"xtype":"datetime","data":[[1000,null],[2000,2]]}', 1, true))
end

function tests.rows_of_a_function_that_are_refused()
  local c = charts.plotasync({1, 2}, {name = "A", save = save "bad-rows"})
  local before = contents "bad-rows/A.json"
  fails("type", "got 4", c.plot, c, rows(3, 4), "A")
  fails("type", "got 7", c.plot, c, rows(3, 7), "A")
  local i = 0
  fails("type", "must give 2 numbers as it did at first, not 3", c.plot, c, function()
    i = i + 1
    if i == 5000 then return i, i, i end
    return i, i
  end, "A")
  i = 0
  fails("type", "row 5000: expected a finite x", c.plot, c, function()
    i = i + 1
    return i < 5000 and i or charts.null, i
  end, "A")
  local mine = {}
  for _, at in ipairs {1, 2, 100000} do
    i = 0
    local ok, problem = pcall(c.plot, c, function()
      i = i + 1
      if i == at then error(mine) end
      return i, i
    end, "A")
    assert(not ok and problem == mine)
  end
  fails("type", "must give numbers", c.plot, c, function() return 1, "x" end, "A")
  fails("refused", "meanwhile", c.plot, c, function() return #c:names(), 1 end, "A")
  assert(contents "bad-rows/A.json" == before and #c:names() == 1)
  c:plot({3}, "B") -- the session is not left busy
end

function tests.packed_numbers()
  local c = charts.plotasync(nil, {save = save "packed"})
  local bytes = string.pack("dddddd", 0, 1.5, 1, 0 / 0, 2, -3)
  c:plot(charts.packed(bytes), "y")
  c:plot({name = "xy", data = charts.packed(bytes, 2)})
  c:plot(charts.packed(bytes, 2), "bare")
  c:plot({{name = "range", color = "red", data = charts.packed(string.pack("dddddd", 0, 1.5, 1, 5, 2, -3), 3)}})
  c:plot(charts.packed(string.pack("ddddd", 0, 1, 4, 0, 2), 5), "ohlc")
  c:plot(charts.packed("", 3), "empty")
  assert(contents "packed/y.json":find('"data":[0,1.5,1,null,2,-3]}', 1, true))
  assert(contents "packed/xy.json":find('"data":[[0,1.5],[1,null],[2,-3]]}', 1, true))
  assert(contents "packed/bare.json":find('"data":[[0,1.5],[1,null],[2,-3]]}', 1, true))
  assert(contents "packed/range.json":find('"color":"red","data":[[0,1.5,1],[5,2,-3]]}', 1, true))
  assert(contents "packed/ohlc.json":find('"data":[[0,1,4,0,2]]}', 1, true))
  assert(contents "packed/empty.json":find('"data":[]}', 1, true))
end

function tests.packed_numbers_that_are_refused()
  local c = charts.plotasync({1}, {name = "A", save = save "bad-packed"})
  fails("type", "bytes: expected a multiple of 16 bytes (2 doubles in a row), got 24 bytes", charts.packed,
    string.pack("ddd", 1, 2, 3), 2)
  fails("type", "bytes: expected a string", charts.packed, {1, 2})
  fails("type", "bytes: expected a string", charts.packed, 12345678)
  for _, width in ipairs {0, 4, 6, 2.5, "2"} do fails("argument", "width", charts.packed, "", width) end
  fails("type", "row 2: expected a finite x", c.plot, c, charts.packed(string.pack("dddd", 0, 1, 0 / 0, 1), 2), "A")
  assert(c:read("A").data[1] == 1)
end

function tests.the_string_of_packed_numbers_is_kept_during_the_call()
  local c = charts.plotasync(nil, {save = save "kept"})
  local list = {{name = "B", data = charts.packed(string.rep(string.pack("d", 7), 1000))}}
  local i = 0
  table.insert(list, 1, {name = "A", data = function()
    i = i + 1
    if i == 2 then
      list[2].data = nil
      collectgarbage()
    end
    return i < 5 and i or nil
  end})
  c:plot(list)
  local data = c:read("B").data
  assert(#data == 1000 and data[1000] == 7)
end

function tests.append_adds()
  local c = charts.plotasync({1, 2}, {name = "A", save = save "append"})
  c:append({3}, "A")
  assert(contents "append/A.json" == '{"name":"A","display":true,"index":0,"data":[1,2\n,3]}')
  c:append(1, {loss = 0.5, acc = 0.25})
  c:append({2, 3}, {loss = {0.4, 0.3}})
  c:append(4, {loss = 0.2}, {}) -- an empty table of named arguments: the one before it is by place
  assert(contents "append/loss.json":find('"data":[[1,0.5]\n,[2,0.4],[3,0.3]\n,[4,0.2]]}', 1, true))
  assert(contents "append/acc.json":find('"data":[[1,0.25]]}', 1, true))
  c:append(charts.packed(string.pack("dd", 5, 6)), "A")
  c:append(rows(2, 1), "A")
  assert(contents "append/A.json":find('"data":[1,2\n,3\n,5,6\n,11,21]}', 1, true))
end

function tests.append_refuses()
  local c = charts.plotasync({1, 2}, {name = "A", save = save "bad-append"})
  fails("argument", "did you mean name?", c.append, c, {1}, {nmae = "A"})
  fails("argument", "loss", c.append, c, 1, "A", {loss = 2})
  fails("argument", "got color", c.append, c, {1, name = "A", color = "red"})
  fails("type", "equal length", c.append, c, {1, 2}, {loss = {1, 2, 3}})
  fails("type", "expected a number", c.append, c, 1, {loss = "2"}, {})
  assert(#c:names() == 1)
end

-- What lua's own Ctrl-C does: it sets another hook. This one would not be called before the call is over.
function tests.another_hook_ends_a_write()
  local c = charts.plotasync({1, 2}, {name = "A", save = save "hook"})
  local i = 0
  local problem = fails("interrupted", "interrupted", c.plot, c, function()
    i = i + 1
    if i == 100000 then debug.sethook(function() end, "", 1 << 30) end
    return i
  end, "A")
  debug.sethook()
  assert(problem and contents "hook/A.json" == '{"name":"A","display":true,"index":0,"data":[1,2]}')
  c:plot({3}, "A")
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
  for _, name in ipairs {"plot", "append", "remove", "names", "read", "show", "url", "close"} do
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
