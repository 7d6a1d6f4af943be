---@meta charts
-- luacheck: ignore 212 241 631 (declarations only: their arguments go unused, and their help has lines of its own length)

--- Asynchronous charts of any amount of data, in the browser.
--
-- Each series is one JSON file of a *chart directory*; a chart is a way to look at one. Charts that are saved under the same name
-- share their data, whichever language wrote it. This file describes the module `charts` to editors (LuaLS) and to LDoc; the
-- module itself is `charts.so`.
--
-- Every function raises its errors as a value of type `charts.Error`, to be caught by `pcall`. Notes and warnings go to standard error.
-- @module charts

---@class charts
---@field null lightuserdata a gap in a sequence, where Lua cannot keep nil; the same as `lightuserdata` NULL of other libraries
---@field data charts.Data the bundled series
---@field _VERSION string
local charts = {}

--- An error: what `pcall` gives as its second result. `tostring` of it is the message after the caller's position.
--
--     local charts = require "charts"
--     local ok, problem = pcall(charts.plotasync, {1, 2}, {name = "A", heigth = 500})
--     print(problem.code, problem.message)
--
---@class charts.Error
---@field code "argument"|"type"|"name"|"not-found"|"format"|"refused"|"closed"|"io"|"memory"|"server"|"interrupted"|"limit"|"internal"
---@field message string one sentence that names the argument and what was expected
---@field position string where the call stands: `script.lua:3: `

--- One series.
--
-- `data` is a sequence of: numbers (y; x counts from 0 or from `pointStart` by `pointInterval`); rows `{x, y}`, `{x, low, high}`,
-- `{x, open, high, low, close}` or `{"name", y}`; or points `{x=…, y=…, …}`. A gap is `charts.null` or NaN. Numbers may also be the sequence
-- of the table itself: `{1, 2, 4, 9, name = "A"}`.
--
-- A function as data is called for row after row until it gives nil: `return y`, `return x, y`, `return x, low, high`, or `return x, open,
-- high, low, close`, as many numbers each time as the first time. Rows go into the file as they come, so a series may be of any length.
-- When the function raises an error, that is the call's error, and the series stays what it was. It cannot call charts meanwhile.
-- `charts.packed` makes data of a string of doubles.
--
-- x is in milliseconds since 1970 UTC where `xtype` is `"datetime"`; `time = "s"`, `"ms"` or `"datenum"` says that plain numbers are such
-- times and in which unit, and they are converted.
---@class charts.Series
---@field name string 1 to 1024 bytes of UTF-8
---@field data table|function|charts.Packed
---@field type? string how it is drawn: `"line"`, `"area"`, `"column"`, `"ohlc"` …
---@field color? string
---@field display? boolean whether every chart of the directory shows it at once
---@field xtype? "datetime"|"category"
---@field timezone? string IANA name of the zone its times are shown in
---@field time? "s"|"ms"|"datenum"
---@field pointStart? number
---@field pointInterval? number

---@class charts.Arguments
---@field series? any as the first argument of `plotasync`
---@field options? table|string as its second one
---@field name? string the name of bare data
---@field type? string how series are drawn that do not say it themselves; default `"line"`
---@field height? number pixels, 1 to 100000; default 400
---@field width? number pixels; default: the page's width
---@field save? string the chart directory, a path relative to the working directory; default `"temp"`
---@field stock? boolean time navigator and range selector
---@field show? "tab"|"window"|"inline"|"string"|"none" what `show` does; default `"tab"`
---@field display? boolean|string|string[] which of the series every chart of the directory shows at once; the rest wait in the selector
---@field purge? boolean the directory starts anew: all other series are removed; refused where it is no chart directory
---@field live? boolean the page follows the directory by itself
---@field time? "s"|"ms"|"datenum" the unit of x, when x is a time in plain numbers
---@field sync? boolean what the call wrote survives a power cut once it has returned, as it was before or as it is now, never half; it waits for the disk

--- Writes series into a chart directory and makes a chart of it. Nothing is shown until `show`.
--
-- The last argument, if it is not the first and is a table without a sequence, is the named arguments. One table alone may hold all
-- arguments by name.
-- @usage
-- local charts = require "charts"
-- local chart = charts.plotasync({charts.data.aapl()}, {stock = true, save = "stocks", display = true})
-- local bars = charts.plotasync({data = {1, 2, 4, 9}, name = "A"}, {chart = {type = "bar"}}, {save = "temp-3", purge = true})
-- local same = charts.plotasync {save = "temp-3"}
-- assert(same:names()[1] == "A")
---@param series? charts.Series|charts.Series[]|table|function|charts.Packed one series, a list of series, or bare data (with the argument `name`); nil: what the directory holds
---@param options? table|string a table of options, JSON text, or the name or path of a settings file
---@param named? charts.Arguments
---@return charts.Chart
---Errors: `argument` (one that is unknown, with the nearest; a value of the wrong type), `type` (data of the wrong shape), `name`, `format`
---(JSON text), `refused` (purge), `io`.
function charts.plotasync(series, options, named) end

--- Starts the server in an interactive session (`require` has done so already). In a script the first `show` or `url` starts it.
-- @usage
-- local charts = require "charts"
-- charts.start()
---Errors: `server`.
function charts.start() end

--- The bundled series: real prices, as series that plot as they are. x is in milliseconds since 1970 UTC.
-- @usage
-- local charts = require "charts"
-- local aapl = charts.data.aapl()
-- assert(aapl.name == "AAPL" and #aapl.data[1] == 2)
-- assert(#charts.data.ohlc().data[1] == 5)
---@class charts.Data
---@field aapl fun(): charts.Series daily closes of Apple
---@field msft fun(): charts.Series monthly closes of Microsoft
---@field ohlc fun(): charts.Series daily open, high, low, close of Google

--- Numbers in a string, to be given as data in place of a table: they are read where they are, and take an eighth of a table's memory.
--
-- The string holds doubles as `string.pack "d"` packs them (also what C and other languages write for `double`), row after row.
-- @usage
-- local charts = require "charts"
-- local rows = {}
-- for i = 1, 1000 do rows[i] = string.pack("dd", i, math.sin(i / 100)) end
-- local data = charts.packed(table.concat(rows), 2)
-- local chart = charts.plotasync({name = "sine", data = data}, {save = "d"})
-- chart:append(charts.packed(string.pack("dd", 1001, 0)), "bare") -- without a width: y values
-- assert(#chart:read "sine".data == 1000)
---@param bytes string a multiple of 8 × `width` bytes
---@param width? 1|2|3|5 the numbers in a row: y; x, y; x, low, high; or x, open, high, low, close. Default 1
---@return charts.Packed
---Errors: `type` (no string, or of another length), `argument` (another width).
function charts.packed(bytes, width) end

---@class charts.Packed: userdata

--- A chart. It is closed by `close`, at the end of a `<close>` variable's block, or when it is collected; its directory and pages stay.
---@class charts.Chart
local chart = {}

--- Adds series, or replaces those of the same name, in every chart of the directory.
-- @usage
-- local charts = require "charts"
-- local chart = charts.plotasync {save = "stocks"}
-- chart:plot({charts.data.msft(), charts.data.ohlc()}, {display = {"MSFT"}})
-- chart:plot({10, 10, 6, 0}, "B", {display = false})
-- chart:plot({1, charts.null, 3}, "with a gap")
-- local x = 0
-- chart:plot(function()
--   x = x + 1
--   if x <= 100000 then return math.sin(x / 1000) end
-- end, "a function's values")
---@param series charts.Series|charts.Series[]|table|function|charts.Packed
---@param name? string the name of bare data
---@param named? {display?: boolean|string|string[], time?: "s"|"ms"|"datenum", sync?: boolean} `sync` as of `plotasync`
---Errors: `argument`, `type`, `name` (one name twice), `closed`, `io`.
function chart:plot(series, name, named) end

--- Adds to the end of what series hold, at the cost of what is added. A series that is not there is made, as `plot` would.
--
-- Either data, as `plot` takes them, of the kind that the series holds, with a name or as series with their names, but without attributes.
-- Or x, a number or a sequence of numbers, and a table of the values at it, by the names of the series: `append(7, {loss = 0.5, acc = 0.9})`.
-- All series are looked at before the first is added to: what does not fit changes none. Where a disk fails between two of
-- them, the error names those that have their rows. (A series that has the name of an argument, such as `time`, is given
-- so: `append(7, {time = 3}, {})`.)
-- @usage
-- local charts = require "charts"
-- local chart = charts.plotasync({1, 2}, {name = "A", save = "d"})
-- chart:append({4, 9}, "A")
-- assert(#chart:read "A".data == 4)
-- for step = 1, 3 do chart:append(step, {loss = 1 / step, acc = 1 - 1 / step}) end
-- assert(chart:read "loss".data[2][2] == 0.5)
---@param series number|number[]|charts.Series|charts.Series[]|table|function|charts.Packed data, or x
---@param name? string|table<string, number|number[]> the name of bare data, or the values at x
---@param named? {time?: "s"|"ms"|"datenum", sync?: boolean} with `sync` what was added survives a power cut, whole or not at all
---Errors: `type` (data of another kind than the series holds, or of unequal length), `argument` (also attributes), `name`, `closed`, `io`.
function chart:append(series, name, named) end

--- Removes a series from the directory.
-- @usage
-- local charts = require "charts"
-- local chart = charts.plotasync({1, 2}, {name = "A", save = "d"})
-- chart:remove "A"
-- assert(#chart:names() == 0)
---@param name string
---@param named? {sync?: boolean} `sync` as of `plotasync`
---Errors: `not-found`, `closed`, `io`.
function chart:remove(name, named) end

--- The names of the directory's series, whoever wrote them, in their order.
-- @usage
-- local charts = require "charts"
-- for _, name in ipairs(charts.plotasync({1, 2}, {name = "A", save = "d"}):names()) do print(name) end
---@return string[]
---Errors: `closed`, `io`.
function chart:names() end

--- Reads a series back, as one that plots to the same file again. Gaps among numbers are NaN, gaps elsewhere `charts.null`.
-- @usage
-- local charts = require "charts"
-- local chart = charts.plotasync({{0, 1.5}, {1, 2.5}}, {name = "A", save = "d"})
-- local series = chart:read "A"
-- assert(series.name == "A" and series.data[2][2] == 2.5)
-- charts.plotasync(series, {save = "copy"})
---@param name string
---@return charts.Series
---Errors: `not-found`, `format` (a broken file), `closed`, `io`.
function chart:read(name) end

--- Shows the chart: opens a tab or window, or, where a page of exactly this chart is open, brings that up to date.
-- @usage
-- local charts = require "charts"
-- local chart = charts.plotasync({1, 2, 4}, {name = "A", save = "d", show = "inline"})
-- local html = chart:show()
-- assert(html:find "<iframe")
---@param show? "tab"|"window"|"inline"|"string"|"none" in place of the chart's own
---@param named? {sync?: boolean} `sync` as of `plotasync`
---@return string? html the HTML for `"inline"` and `"string"`
---Errors: `argument`, `server`, `closed`, `io`.
function chart:show(show, named) end

--- The address of the chart. It holds the token that lets a browser in: it is for the person, not for a log.
-- @usage
-- local charts = require "charts"
-- local url = charts.plotasync({1, 2, 4}, {name = "A", save = "d"}):url()
-- assert(url:find "^http")
---@return string
---Errors: `server`, `closed`, `io`.
function chart:url() end

--- What a chart is: `directory`, `type`, `show`, `live`, `stock`, and the names of the `series`. `tostring(chart)` says it in a line.
-- @usage
-- local charts = require "charts"
-- local about = charts.plotasync({1, 2}, {name = "A", save = "d", type = "area"}):describe()
-- assert(about.type == "area" and about.series[1] == "A")
---@return table
---Errors: `closed`.
function chart:describe() end

--- Forgets the chart; its directory and its pages stay. Closing it again does nothing.
-- @usage
-- local charts = require "charts"
-- do
--   local chart <close> = charts.plotasync({1, 2}, {name = "A", save = "d"})
-- end
function chart:close() end

return charts
