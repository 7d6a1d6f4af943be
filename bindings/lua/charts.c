/* require "charts": the verbs of libcharts as functions and methods of Lua. */
#include "binding.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SESSION_TYPE "charts.session"
#define ERROR_TYPE "charts.error"

/* The session of one Lua state. A userdata in the registry: Lua closes it, after all charts, when the state is closed.
 */
typedef struct session {
  charts_session *core; /* NULL: not open */
  lua_State *main;
  lua_Hook hook; /* the debug hook when the call began: lua's Ctrl-C sets another */
  int hook_mask;
  int hook_count;
  bool busy;       /* a call is under way; a function that gives a series may come back here */
  int64_t *closed; /* charts collected meanwhile, to be closed after it */
  size_t closed_count;
} session;

static const char SESSION_KEY = 0; /* its address is the session's key in the registry */

/* ---- Errors and messages -------------------------------------------------------------------------------------------
 */

_Noreturn void raise_error(lua_State *L, charts_status status, const char *message) {
  lua_createtable(L, 0, 3);
  lua_pushstring(L, charts_status_name(status));
  lua_setfield(L, -2, "code");
  lua_pushstring(L, message);
  lua_setfield(L, -2, "message");
  luaL_where(L, 1);
  lua_setfield(L, -2, "position");
  luaL_setmetatable(L, ERROR_TYPE);
  lua_error(L);
  abort(); /* lua_error does not return */
}

static int error_tostring(lua_State *L) {
  lua_settop(L, 1);
  lua_getfield(L, 1, "position");
  lua_getfield(L, 1, "message");
  lua_pushfstring(L, "%s%s", luaL_tolstring(L, 2, NULL), luaL_tolstring(L, 3, NULL));
  return 1;
}

/* Says a result's messages on standard error, one line each. */
static void messages_say(const charts_value *messages) {
  for (size_t i = 0; i < charts_value_count(messages); i++) {
    const charts_value *message = charts_value_at(messages, i);
    const char *kind = charts_value_text(charts_value_get(message, "kind"), NULL);
    const char *text = charts_value_text(charts_value_get(message, "text"), NULL);
    bool warning = kind && strcmp(kind, "warning") == 0;
    lua_writestringerror(warning ? "charts: warning: %s\n" : "charts: %s\n", text ? text : "");
  }
}

/* ---- Charts --------------------------------------------------------------------------------------------------------
 */

static session *session_of(lua_State *L) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, &SESSION_KEY);
  session *s = lua_touserdata(L, -1);
  lua_pop(L, 1);
  return s;
}

static chart *chart_new(lua_State *L) {
  chart *c = lua_newuserdatauv(L, sizeof *c, 0);
  *c = (chart){.id = 0, .open = false};
  luaL_setmetatable(L, CHART_TYPE);
  return c;
}

/* Tells the core that a chart is no longer used. Raises nothing. */
static void chart_forget(session *s, int64_t id) {
  charts_error error;
  charts_value *result = NULL;
  charts_value *arguments = charts_record();
  charts_record_push(arguments, charts_handle(id));
  if (charts_call(s->core, "close", arguments, &result, &error) == CHARTS_OK)
    charts_value_free(result);
  charts_value_free(arguments);
}

/* During a call the session cannot be called again: the chart waits. */
static void chart_forget_later(session *s, int64_t id) {
  int64_t *grown = realloc(s->closed, (s->closed_count + 1) * sizeof *grown);
  if (!grown)
    return; /* then it is closed with the session */
  s->closed = grown;
  s->closed[s->closed_count++] = id;
}

/* __gc and __close */
static int chart_collect(lua_State *L) {
  chart *c = luaL_checkudata(L, 1, CHART_TYPE);
  session *s = session_of(L);
  if (!c->open || !s || !s->core)
    return 0;
  c->open = false;
  if (s->busy)
    chart_forget_later(s, c->id);
  else
    chart_forget(s, c->id);
  return 0;
}

/* ---- Calls ---------------------------------------------------------------------------------------------------------
 */

/* Lua's own Ctrl-C (lua.c) sets a debug hook that raises "interrupted!" as soon as Lua runs again. */
static bool session_poll(void *context) {
  const session *s = context;
  return lua_gethook(s->main) != s->hook;
}

/* A line on the terminal that the next one takes the place of. */
static void session_progress(void *context, const char *text) {
  (void)context;
  lua_writestringerror("\r%s\033[K", text ? text : "");
}

static charts_status session_call(session *s, const char *verb, exchange *e, charts_error *error) {
  s->hook = lua_gethook(s->main);
  s->hook_mask = lua_gethookmask(s->main);
  s->hook_count = lua_gethookcount(s->main);
  s->busy = true;
  charts_status status = charts_call(s->core, verb, e->arguments, &e->result, error);
  s->busy = false;
  if (status == CHARTS_INTERRUPTED && session_poll(s)) /* one Ctrl-C, one error: what comes next is not struck too */
    lua_sethook(s->main, s->hook, s->hook_mask, s->hook_count);
  while (s->closed_count > 0)
    chart_forget(s, s->closed[--s->closed_count]);
  return status;
}

static void refuse_when_busy(lua_State *L, const session *s) {
  if (s->busy)
    raise_error(L, CHARTS_REFUSED, "a function that gives a series cannot call charts meanwhile");
}

/* Calls a verb with the arguments in `e` and says its messages; what it gives is left in e->result. */
static const charts_value *exchange_call(lua_State *L, session *s, const char *verb, exchange *e) {
  charts_error error;
  refuse_when_busy(L, s);
  if (!s->core)
    raise_error(L, CHARTS_CLOSED, "the session of this Lua state is closed");
  charts_status status = session_call(s, verb, e, &error);
  if (status != CHARTS_OK) {
    exchange_clear(e);
    if (e->failed) {
      lua_getiuservalue(L, e->place, 2);
      lua_error(L);
    }
    raise_error(L, status, error.message);
  }
  messages_say(charts_value_get(e->result, "messages"));
  return charts_value_get(e->result, "value");
}

static bool is_named_arguments(lua_State *L, int index) {
  return lua_type(L, index) == LUA_TTABLE && lua_rawlen(L, index) == 0;
}

/* Arguments 1 to `count` of the Lua function as a record: positional ones, then, when the last of several is a table
 * without a sequence, its members as named ones. A method's chart is not one of the several. */
static void arguments_from_lua(lua_State *L, const char *verb, int count, exchange *e) {
  const char *const *names = charts_verb_arguments(verb);
  int first = names && names[0] && strcmp(names[0], "chart") == 0 ? 2 : 1;
  bool named = count > first && is_named_arguments(L, count);
  e->arguments = charts_record();
  for (int i = 1; i <= count - (named ? 1 : 0); i++) {
    e->argument = names && *names ? *names++ : verb;
    charts_record_push(e->arguments, value_from_lua(L, i, e));
  }
  if (named) {
    e->argument = verb;
    record_from_lua(L, count, e, e->arguments);
  }
}

/* Pushes what a verb gave. HTML, which comes with its address, is given as text. */
static void value_push(lua_State *L, const charts_value *value, int spare) {
  const charts_value *html = charts_value_get(value, "url") ? charts_value_get(value, "html") : NULL;
  if (charts_value_kind(value) == CHARTS_HANDLE) {
    chart *c = lua_touserdata(L, spare);
    c->id = charts_value_handle(value);
    c->open = true;
    lua_pushvalue(L, spare);
  } else if (!value || charts_value_kind(value) == CHARTS_NULL)
    lua_pushnil(L);
  else
    value_to_lua(L, html ? html : value);
}

/* Every function and method. Upvalues: the verb, the session. A chart is made, empty and closed, before the core is
 * called: nothing can fail between the core's giving one and Lua's holding it. */
static int verb_call(lua_State *L) {
  const char *verb = lua_touserdata(L, lua_upvalueindex(1));
  session *s = lua_touserdata(L, lua_upvalueindex(2));
  int count = lua_gettop(L);
  exchange *e = exchange_new(L, &s->busy);
  chart_new(L);
  refuse_when_busy(L, s);
  arguments_from_lua(L, verb, count, e);
  value_push(L, exchange_call(L, s, verb, e), count + 2);
  exchange_clear(e);
  return 1;
}

static void field_add(luaL_Buffer *text, const charts_value *record, const char *key, const char *before) {
  const char *field = charts_value_text(charts_value_get(record, key), NULL);
  if (!field)
    return;
  luaL_addstring(text, before);
  luaL_addstring(text, field);
}

static int chart_tostring(lua_State *L) {
  const chart *c = luaL_checkudata(L, 1, CHART_TYPE);
  session *s = session_of(L);
  exchange *e = exchange_new(L, s ? &s->busy : NULL);
  charts_error error;
  e->arguments = charts_record();
  charts_record_push(e->arguments, charts_handle(c->id));
  if (!s || !s->core || s->busy || !c->open || session_call(s, "describe", e, &error) != CHARTS_OK) {
    exchange_clear(e);
    lua_pushliteral(L, CHART_TYPE " (closed)");
    return 1;
  }
  const charts_value *about = charts_value_get(e->result, "value");
  const charts_value *series = charts_value_get(about, "series");
  luaL_Buffer text;
  luaL_buffinit(L, &text);
  luaL_addstring(&text, CHART_TYPE);
  field_add(&text, about, "directory", " ");
  field_add(&text, about, "type", ", ");
  for (size_t i = 0; i < charts_value_count(series); i++) {
    luaL_addstring(&text, i == 0 ? ": " : ", ");
    luaL_addstring(&text, charts_value_text(charts_value_at(series, i), NULL));
  }
  luaL_pushresult(&text);
  exchange_clear(e);
  return 1;
}

/* ---- The bundled series: charts.data.NAME() ---------------------------------------------------------------------- */

/* A function made by data_index. Upvalues: the verb's function, the name. */
static int data_call(lua_State *L) {
  lua_settop(L, 0);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_pushvalue(L, lua_upvalueindex(2));
  lua_call(L, 1, 1);
  return 1;
}

/* __index of charts.data. Upvalue: the verb's function. Which names there are, the core knows. */
static int data_index(lua_State *L) {
  lua_settop(L, 2);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_pushvalue(L, 2);
  lua_pushcclosure(L, data_call, 2);
  return 1;
}

/* ---- Opening -------------------------------------------------------------------------------------------------------
 */

static const char *argument_at(lua_State *L, int table, lua_Integer place) {
  const char *text = lua_rawgeti(L, table, place) == LUA_TSTRING ? lua_tostring(L, -1) : NULL;
  lua_pop(L, 1); /* the table keeps the text alive */
  return text;
}

/* Whether lua's options from arg[place] on ask for a prompt, or have it run something instead of one. */
static bool options_interactive(lua_State *L, int table, lua_Integer place, bool script) {
  bool runs = script;
  const char *option = NULL;
  for (; (option = argument_at(L, table, place)) && option[0] == '-' && option[1] != '-' && option[1] != '\0';
       place++) {
    if (option[1] == 'i')
      return true;
    runs = runs || option[1] == 'e' || option[1] == 'v';
    if ((option[1] == 'e' || option[1] == 'l') && option[2] == '\0')
      place++;
  }
  return !runs && !option && isatty(STDIN_FILENO);
}

/* A person types: the standalone `lua` with -i, or without a script and with a terminal. lua.c puts its options at
 * arg[-n] … arg[-1] when there is a script (arg[0]), else at arg[1] …. */
static bool session_interactive(lua_State *L) {
  bool interactive = false;
  lua_pushglobaltable(L);
  lua_pushliteral(L, "arg");
  if (lua_rawget(L, -2) == LUA_TTABLE) {
    int table = lua_gettop(L);
    bool script = argument_at(L, table, -1) != NULL;
    lua_Integer place = script ? -1 : 0;
    while (script && argument_at(L, table, place - 1))
      place--;
    interactive = options_interactive(L, table, place + 1, script);
  }
  lua_pop(L, 2);
  return interactive;
}

static int session_collect(lua_State *L) {
  session *s = luaL_checkudata(L, 1, SESSION_TYPE);
  charts_session_close(s->core);
  s->core = NULL;
  free(s->closed);
  s->closed = NULL;
  s->closed_count = 0;
  return 0;
}

/* Pushes the state's session, which is opened the first time, and tells whether that was now and a person types. */
static bool session_push(lua_State *L) {
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &SESSION_KEY) == LUA_TUSERDATA)
    return false;
  lua_pop(L, 1);
  session *s = lua_newuserdatauv(L, sizeof *s, 0);
  memset(s, 0, sizeof *s);
  luaL_newmetatable(L, SESSION_TYPE);
  lua_pushcfunction(L, session_collect);
  lua_setfield(L, -2, "__gc");
  lua_setmetatable(L, -2);
  lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_MAINTHREAD);
  s->main = lua_tothread(L, -1);
  lua_pop(L, 1);
  charts_error error;
  charts_host host = {.size = sizeof host,
                      .language = "Lua",
                      .interactive = session_interactive(L),
                      .terminal = isatty(STDERR_FILENO),
                      .poll = session_poll,
                      .progress = session_progress,
                      .context = s};
  charts_status status = charts_session_open(&s->core, &host, &error);
  if (status != CHARTS_OK)
    raise_error(L, status, error.message);
  lua_pushvalue(L, -1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &SESSION_KEY);
  return host.interactive;
}

static void types_register(lua_State *L) {
  exchange_register(L);
  luaL_newmetatable(L, ERROR_TYPE);
  lua_pushcfunction(L, error_tostring);
  lua_setfield(L, -2, "__tostring");
  luaL_newmetatable(L, PACKED_TYPE);
  luaL_newmetatable(L, CHART_TYPE);
  lua_pushcfunction(L, chart_collect);
  lua_setfield(L, -2, "__gc");
  lua_pushcfunction(L, chart_collect);
  lua_setfield(L, -2, "__close");
  lua_pushcfunction(L, chart_tostring);
  lua_setfield(L, -2, "__tostring");
  lua_newtable(L);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 3);
}

/* Puts every verb of the core into the module or, when its first argument is a chart, among the methods of charts. */
static void verbs_register(lua_State *L, int module, int methods, int state) {
  for (const char *const *verb = charts_verbs(); *verb; verb++) {
    const char *const *names = charts_verb_arguments(*verb);
    bool method = names && names[0] && strcmp(names[0], "chart") == 0;
    lua_pushlightuserdata(L, (void *)(uintptr_t)*verb);
    lua_pushvalue(L, state);
    lua_pushcclosure(L, verb_call, 2);
    lua_setfield(L, method ? methods : module, *verb);
  }
}

/* Makes charts.data, from the function that the verb of that name gave, a table whose members are functions. */
static void data_register(lua_State *L, int module) {
  lua_newtable(L);
  lua_newtable(L);
  lua_getfield(L, module, "data");
  lua_pushcclosure(L, data_index, 1);
  lua_setfield(L, -2, "__index");
  lua_setmetatable(L, -2);
  lua_setfield(L, module, "data");
}

/* Says that the server runs; so does every first call in an interactive session. */
static void server_start(lua_State *L, int state) {
  session *s = lua_touserdata(L, state);
  exchange *e = exchange_new(L, &s->busy);
  e->arguments = charts_record();
  (void)exchange_call(L, s, "start", e);
  exchange_clear(e);
  lua_pop(L, 1);
}

CHARTS_API int luaopen_charts(lua_State *L);

int luaopen_charts(lua_State *L) {
  luaL_checkversion(L);
  lua_settop(L, 0);
  types_register(L);
  bool greets = session_push(L); /* 1 */
  luaL_getmetatable(L, CHART_TYPE);
  lua_getfield(L, -1, "__index"); /* 3 */
  lua_newtable(L);                /* 4 */
  verbs_register(L, 4, 3, 1);
  data_register(L, 4);
  lua_pushlightuserdata(L, NULL);
  lua_setfield(L, 4, "null");
  lua_pushcfunction(L, packed_new);
  lua_setfield(L, 4, "packed");
  lua_pushliteral(L, CHARTS_VERSION);
  lua_setfield(L, 4, "_VERSION");
  if (greets)
    server_start(L, 1);
  return 1;
}
