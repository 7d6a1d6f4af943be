/* The Lua binding's two rooms: charts.c (session, verbs, chart objects, errors) and values.c (Lua value <->
 * charts_value).
 *
 * A Lua error jumps (longjmp), so nothing that must be freed may hang in the air when one can happen. Everything of one
 * call hangs on an exchange: a userdata, freed by Lua's collector whatever happens, and at once when all goes well. */
#ifndef CHARTS_LUA_BINDING_H
#define CHARTS_LUA_BINDING_H

#include <lauxlib.h>
#include <lua.h>

#include "charts.h"

/* Deepest nesting of tables; a table that contains itself reaches it. The depth that the core accepts. */
enum { DEEPEST = 64 };

/* What one call of a verb owns. Its user value 1 is a table that keeps alive what is borrowed: functions which give
 * series, the context of each, strings of numbers; user value 2 is the error that such a function raised. */
typedef struct exchange {
  charts_value *arguments;
  charts_value *result;
  charts_value *pending[DEEPEST + 1]; /* the value under construction at each depth */
  const char *argument;               /* name of the argument that is being converted, for errors */
  lua_State *L;
  int place;   /* the exchange's own stack index during the call */
  bool failed; /* a function that gives a series raised an error (user value 2) */
  bool *busy;  /* whether charts must not be called: set while such a function runs */
} exchange;

/* A chart as Lua holds it. */
typedef struct chart {
  int64_t id;
  bool open; /* id names a chart that the session has not been told to close */
} chart;

#define CHART_TYPE "charts.chart"
#define PACKED_TYPE "charts.packed"
#define EXCHANGE_TYPE "charts.exchange"

/* Raises an error value {code=…, message=…, position=…} whose position is the caller's. Does not return. */
_Noreturn void raise_error(lua_State *L, charts_status status, const char *message);

/* Makes an empty exchange on top of the stack. `busy` is the session's. */
exchange *exchange_new(lua_State *L, bool *busy);
/* Frees what the exchange owns; it may be used again. */
void exchange_clear(exchange *e);
/* Creates the metatable of exchanges. */
void exchange_register(lua_State *L);

/* The Lua value at absolute `index` as a charts_value that the caller must attach before it touches Lua again. NULL:
 * out of memory (the core reports it). Raises TYPE for what cannot be converted, LIMIT for tables nested too deeply. */
charts_value *value_from_lua(lua_State *L, int index, exchange *e);
/* Sets every member of the table at absolute `index`, which may only have text as keys, in byte order of the keys:
 * Lua's own order is random. */
void record_from_lua(lua_State *L, int index, exchange *e, charts_value *record);
/* The function charts.packed(bytes, width): numbers that are read where they are, in a string. */
int packed_new(lua_State *L);
/* Pushes a value of the core: records and lists as tables, columns as sequences of numbers, frames as sequences of
 * rows, NaN for a gap. */
void value_to_lua(lua_State *L, const charts_value *value);

#endif
