/* A program that opens Lua states and closes them, as a program that Lua is embedded in does, and is told so line by
 * line:
 *
 *     +          a new state with the library
 *     -          closes it
 *     * COUNT    so often: a new state that puts a series, starts its server and asks it; closes it
 *     state      everything of the process that a library might change
 *     CODE       Lua code, an expression or statements
 *
 * Each line is answered by one line; `error: …` says what failed.
 */
#include "state.h"

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static lua_State *open_state(void) {
  lua_State *opened = luaL_newstate();
  if (opened)
    luaL_openlibs(opened);
  return opened;
}

/* Does code, and leaves on the stack what it gives, or what is wrong with it. */
static bool run(lua_State *in, const char *code) {
  lua_settop(in, 0);
  lua_pushfstring(in, "return %s", code);
  bool loaded = luaL_loadstring(in, lua_tostring(in, 1)) == LUA_OK || luaL_loadstring(in, code) == LUA_OK;
  return loaded && lua_pcall(in, 0, 1, 0) == LUA_OK;
}

static void say(lua_State *in, bool done) {
  printf("%s%s", done ? "" : "error: ", luaL_tolstring(in, -1, NULL));
  lua_settop(in, 0);
}

static const char once[] = "charts = require 'charts' c = charts.plotasync({1, 2, 3}, {name = 'A', save = 'd'}) "
                           "assert(c:url():find '^http')";

static void many(long count) {
  for (long i = 0; i < count; i++) {
    lua_State *in = open_state();
    bool done = run(in, once);
    if (!done)
      say(in, done);
    lua_close(in);
    if (!done)
      return;
  }
}

int main(void) {
  static char line[4096];
  lua_State *in = NULL;
  while (fgets(line, sizeof line, stdin)) {
    line[strcspn(line, "\n")] = 0;
    if (strcmp(line, "+") == 0) {
      in = open_state();
    } else if (strcmp(line, "-") == 0) {
      lua_close(in);
      in = NULL;
    } else if (line[0] == '*') {
      many(strtol(line + 1, NULL, 10));
    } else if (strcmp(line, "state") == 0) {
      state_print();
    } else {
      say(in, run(in, line));
    }
    printf("\n");
    (void)fflush(stdout);
  }
  return 0;
}
