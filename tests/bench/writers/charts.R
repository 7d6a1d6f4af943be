# Ours, from R: Rscript charts.R WALK N DIRECTORY
here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)))
source(file.path(here, "measure.R"))
library(charts)
given <- commandArgs(TRUE)
rows <- read_walk(given[1], as.numeric(given[2]))
measure(plotasync(list(name = "walk", data = data.frame(x = rows$x, y = rows$y), time = "ms"), save = given[3], show = "none"))
