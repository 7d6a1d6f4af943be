rockspec_format = "3.0"
package = "charts"
version = "0.1.0-1"
source = {url = "."}
description = {
  summary = "Asynchronous charts of any amount of data, in the browser",
  detailed = "The Lua binding of libcharts: writes series into a chart directory that a browser shows and follows.",
  license = "MIT",
}
dependencies = {"lua >= 5.4, < 5.5"}
external_dependencies = {CHARTS = {header = "charts.h", library = "charts"}}
build = {
  type = "builtin",
  modules = {
    charts = {
      sources = {"charts.c", "values.c"},
      defines = {"_GNU_SOURCE"},
      libraries = {"charts"},
      incdirs = {"$(CHARTS_INCDIR)"},
      libdirs = {"$(CHARTS_LIBDIR)"},
    },
  },
}
