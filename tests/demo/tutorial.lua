-- The tutorial's charts, the part that Lua draws. Run by tests/demo/demo.sh after tutorial.R, in the same folder.
local charts = require "charts"

-- The bar chart of tutorial.R and this area chart share the directory temp-3, and so all their data.
local area = charts.plotasync({data = {9, 3, 6, 9}, name = "C"},
  {type = "area", show = "inline", purge = false, save = "temp-3", display = true})
local file = assert(io.open("inline-temp-3.html", "w"))
file:write(area:show())
file:close()

-- B is there, but waits in the selector; D is shown in both charts.
area:plot({10, 10, 6, 0}, "B", {display = false})

local bar = charts.plotasync({save = "temp-3", type = "bar"})
bar:plot({0, 2, 8, 20}, "D", {display = true})
