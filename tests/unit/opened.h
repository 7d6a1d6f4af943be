/* A scratch folder as an open chart directory, for a group of tests or each. */
#ifndef CHARTS_TESTS_UNIT_OPENED_H
#define CHARTS_TESTS_UNIT_OPENED_H

#include "scratch.h"

#include "directory.h"

static directory *opened;

static int open_folder(void **state) {
  charts_error error;
  return scratch_make(state) == 0 && directory_open(&opened, scratch_folder, DIRECTORY_WRITE, &error) == CHARTS_OK ? 0
                                                                                                                   : -1;
}

static int close_folder(void **state) {
  directory_close(opened);
  opened = NULL;
  return scratch_remove(state);
}

#endif
