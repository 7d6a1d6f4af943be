# The tutorial's charts, the part that R draws. Run by tests/demo/demo.sh in the folder that is served.
library(charts)

# An inline chart: a notebook shows the HTML that show() gives in place. Here it goes into a page of its own.
inline_chart <- plotasync(list(aapl), options = "testfile", stock = TRUE, show = "inline", save = "stocks",
                          display = TRUE)
writeLines(as.character(inline_chart$show()), "inline-stocks.html")

# Data can be added at any time: press Update in the page, then type OHLC.
inline_chart$plot(list(msft, ohlc), display = "MSFT")

# A chart in a tab of its own, which follows its directory by itself.
options <- list(title = list(text = "Asynchronous Chart"))
tab_chart <- plotasync(msft, options, height = 500, show = "tab", purge = TRUE, stock = TRUE,
                       save = "different-stocks", live = TRUE)
tab_chart$show()

# Coupled charts: this bar chart shares the directory temp-3 with the area chart that tutorial.lua draws.
bar <- plotasync(list(data = c(1, 2, 4, 9), name = "A"), options = list(chart = list(type = "bar")),
                 show = "tab", purge = TRUE, save = "temp-3", display = TRUE)
bar$show()
