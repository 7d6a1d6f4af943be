# What show="inline" gives, as each front end takes it. The server has no part in this.
Sys.setenv(CHARTS_QUIET = "1")
library(charts)

url <- "http://127.0.0.1:1/stocks/#t=SECRET"
html <- charts:::as_shown(list(html = "<iframe src=\"http://127.0.0.1:1/stocks/#t=SECRET\"></iframe>\n", url = url))
stopifnot(inherits(html, "charts_html"), identical(charts:::as_shown("<p>"), "<p>"), is.null(charts:::as_shown(NULL)))

# In a script without a viewer: the address, without its token
options(viewer = NULL)
stopifnot(identical(capture.output(print(html)), "http://127.0.0.1:1/stocks/"))

# RStudio
shown <- NULL
options(viewer = function(file) shown <<- readLines(file))
print(html)
stopifnot(any(grepl("<iframe", shown)), shown[1] == "<!DOCTYPE html>")

# Jupyter and knitr, where they are installed; a chart that is not to be shown inline stays text
chart <- plotasync(save = tempfile("display"), show = "none")
if (requireNamespace("repr", quietly = TRUE))
  stopifnot(identical(repr::repr_html(html), as.character(html)), is.null(repr::repr_html(chart)))
if (requireNamespace("knitr", quietly = TRUE)) {
  output <- knitr::knit_print(html)
  stopifnot(inherits(output, "knit_asis"), identical(as.character(output), as.character(html)))
  # In a document as such
  document <- knitr::knit(text = c("```{r, echo=FALSE}", "html", "```"), quiet = TRUE)
  stopifnot(grepl("<iframe src=\"http://127.0.0.1:1/stocks/#t=SECRET\"></iframe>", document, fixed = TRUE))
}
