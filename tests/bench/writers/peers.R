# The peers in R, each as its documentation shows it: Rscript peers.R plotly|dygraphs WALK N DIRECTORY
here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)))
source(file.path(here, "measure.R"))
suppressPackageStartupMessages({
  library(htmlwidgets)
  library(plotly)
  library(xts)
  library(dygraphs)
})

draw <- list(
  plotly = function(rows) {
    points <- data.frame(x = rows$x, y = rows$y)
    layout(plot_ly(points, x = ~x, y = ~y, type = "scatter", mode = "lines"), xaxis = list(type = "date"))
  },
  dygraphs = function(rows) dygraph(xts(rows$y, order.by = .POSIXct(rows$x / 1000, tz = "UTC")))
)

given <- commandArgs(TRUE)
rows <- read_walk(given[2], as.numeric(given[3]))
dir.create(given[4], recursive = TRUE)
setwd(given[4])
measure(saveWidget(draw[[given[1]]](rows), "index.html", selfcontained = FALSE, libdir = "lib"))
