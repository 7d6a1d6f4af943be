# show = "inline": HTML that Jupyter (repr), knitr and the RStudio viewer show in place.

as_shown <- function(value) {
  if (is.null(value))
    invisible(NULL)
  else if (is.list(value))
    structure(value$html, url = value$url, class = "charts_html")
  else
    value
}

# Only a chart that was made to be shown inline is shown when a notebook displays the chart itself.
inline_html <- function(chart) {
  about <- tryCatch(chart$describe(), charts_error_closed = function(e) list(show = "none"))
  if (about$show == "inline") chart$show()
}

print.charts_html <- function(x, ...) {
  viewer <- getOption("viewer")
  if (is.function(viewer)) {
    file <- tempfile("charts", fileext = ".html")
    page <- c("<!DOCTYPE html>", "<meta charset=\"utf-8\">", "<style>body { margin: 0 }</style>", as.character(x))
    writeLines(enc2utf8(page), file, useBytes = TRUE)
    viewer(file)
  } else {
    # A log may be read by others: the token, which is in the fragment, is for the prompt only.
    url <- attr(x, "url")
    cat(if (is_prompt()) url else sub("#.*", "", url), "\n", sep = "")
  }
  invisible(x)
}

repr_html.charts_html <- function(obj, ...)
  as.character(obj)

repr_html.charts_chart <- function(obj, ...) {
  html <- inline_html(obj)
  if (!is.null(html)) as.character(html)
}

# What knitr::asis_output() gives, without needing knitr.
knit_print.charts_html <- function(x, ...)
  structure(as.character(x), class = "knit_asis", knit_cacheable = FALSE)

knit_print.charts_chart <- function(x, ...) {
  html <- inline_html(x)
  if (is.null(html)) print(x) else knit_print.charts_html(html)
}
