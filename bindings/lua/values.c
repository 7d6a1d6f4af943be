/* Lua value <-> charts_value. Tables are read raw: what is converted is what the table holds. */
#include "binding.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* 2^53: beyond it a double cannot hold every integer. */
static const lua_Integer EXACT = (lua_Integer)1 << 53;

static charts_value *convert(lua_State *L, int index, exchange *e, int depth);

/* ---- What a call owns -------------------------------------------------------------------------------------------- */

void exchange_clear(exchange *e) {
  charts_value_free(e->arguments);
  charts_value_free(e->result);
  e->arguments = NULL;
  e->result = NULL;
  for (size_t i = 0; i <= DEEPEST; i++) {
    charts_value_free(e->pending[i]);
    e->pending[i] = NULL;
  }
}

static int exchange_collect(lua_State *L) {
  exchange_clear(luaL_checkudata(L, 1, EXCHANGE_TYPE));
  return 0;
}

exchange *exchange_new(lua_State *L, bool *busy) {
  exchange *e = lua_newuserdatauv(L, sizeof *e, 2);
  memset(e, 0, sizeof *e);
  e->L = L;
  e->busy = busy;
  e->place = lua_gettop(L);
  luaL_setmetatable(L, EXCHANGE_TYPE);
  return e;
}

void exchange_register(lua_State *L) {
  if (luaL_newmetatable(L, EXCHANGE_TYPE)) {
    lua_pushcfunction(L, exchange_collect);
    lua_setfield(L, -2, "__gc");
  }
  lua_pop(L, 1);
}

_Noreturn static void refuse(lua_State *L, const exchange *e, charts_status status, const char *what) {
  raise_error(L, status, lua_pushfstring(L, "%s: %s", e->argument, what));
}

/* Pushes the table of what lives as long as the exchange. */
static void push_kept(lua_State *L, const exchange *e) {
  if (lua_getiuservalue(L, e->place, 1) == LUA_TTABLE)
    return;
  lua_pop(L, 1);
  lua_newtable(L);
  lua_pushvalue(L, -1);
  lua_setiuservalue(L, e->place, 1);
}

/* Takes the value on top of the stack there, and gives its place in that table. */
static lua_Integer keep(lua_State *L, const exchange *e) {
  push_kept(L, e);
  lua_Integer place = (lua_Integer)lua_rawlen(L, -1) + 1;
  lua_insert(L, -2);
  lua_rawseti(L, -2, place);
  lua_pop(L, 1);
  return place;
}

/* ---- Functions that give a series, row by row -------------------------------------------------------------------- */

enum { WIDEST = 5 };

typedef struct reader {
  exchange *owner;
  lua_Integer function; /* its place among what is kept */
  size_t width;         /* numbers in a row; 0: not known yet */
  double first[WIDEST]; /* the first row, which tells the width */
  bool ahead;           /* it is still to be given */
  bool ended;
} reader;

/* A block to fill, as the core asks for it. */
typedef struct request {
  reader *from;
  double *block;
  size_t room;
  size_t filled;
} request;

static bool is_null(lua_State *L, int index) {
  return lua_islightuserdata(L, index) && lua_touserdata(L, index) == NULL;
}

static double number_read(lua_State *L, int index) {
  if (lua_isinteger(L, index)) {
    lua_Integer number = lua_tointeger(L, index);
    if (number > EXACT || number < -EXACT)
      raise_error(L, CHARTS_ARGUMENT, "series: the function gave an integer beyond 2^53, which a double cannot hold");
    return (double)number;
  }
  if (lua_type(L, index) == LUA_TNUMBER)
    return lua_tonumber(L, index);
  if (!is_null(L, index))
    raise_error(L, CHARTS_TYPE,
                lua_pushfstring(L, "series: the function must give numbers, charts.null or nil, not a %s",
                                luaL_typename(L, index)));
  return NAN;
}

/* Calls the function at stack index 1 for a row; false when it ends the series. A first row that is too wide is not
 * taken: the core refuses its width. */
static bool row_read(lua_State *L, reader *from, double *row) {
  int before = lua_gettop(L);
  lua_pushvalue(L, 1);
  lua_call(L, 0, LUA_MULTRET);
  size_t given = (size_t)(lua_gettop(L) - before);
  from->ended = given == 0 || lua_isnil(L, before + 1);
  if (from->width == 0)
    from->width = from->ended ? 1 : given;
  else if (!from->ended && given != from->width)
    raise_error(L, CHARTS_TYPE,
                lua_pushfstring(L, "series: the function must give %d numbers as it did at first, not %d",
                                (int)from->width, (int)given));
  for (size_t i = 0; !from->ended && i < from->width && from->width <= WIDEST; i++)
    row[i] = number_read(L, before + 1 + (int)i);
  lua_settop(L, before);
  return !from->ended;
}

/* Lua function (function, request): runs under lua_pcall, so that no error jumps over the core. */
static int block_fill(lua_State *L) {
  request *wanted = lua_touserdata(L, 2);
  reader *from = wanted->from;
  if (from->ahead) {
    from->ahead = false;
    memcpy(wanted->block, from->first, from->width * sizeof *from->first);
    wanted->filled = from->width;
  }
  while (wanted->filled + from->width <= wanted->room && row_read(L, from, wanted->block + wanted->filled))
    wanted->filled += from->width;
  return 0;
}

static size_t reader_read(void *context, double *block, size_t room) {
  reader *from = context;
  exchange *e = from->owner;
  lua_State *L = e->L;
  request wanted = {.from = from, .block = block, .room = room, .filled = 0};
  if (from->ended)
    return 0;
  if (!lua_checkstack(L, 4))
    return (size_t)-1;
  lua_pushcfunction(L, block_fill);
  lua_getiuservalue(L, e->place, 1);
  lua_rawgeti(L, -1, from->function);
  lua_remove(L, -2);
  lua_pushlightuserdata(L, &wanted);
  if (lua_pcall(L, 2, 0, 0) == LUA_OK)
    return wanted.filled;
  lua_setiuservalue(L, e->place, 2);
  e->failed = true;
  return (size_t)-1;
}

/* Lua function (function, reader) */
static int first_row_read(lua_State *L) {
  reader *from = lua_touserdata(L, 2);
  from->ahead = row_read(L, from, from->first);
  return 0;
}

/* The first row is read now: it tells the width. The function must not call charts then either. */
static charts_value *reader_from_lua(lua_State *L, int index, exchange *e) {
  reader *from = lua_newuserdatauv(L, sizeof *from, 0);
  *from = (reader){.owner = e, .width = 0};
  (void)keep(L, e);
  lua_pushvalue(L, index);
  from->function = keep(L, e);
  lua_pushcfunction(L, first_row_read);
  lua_pushvalue(L, index);
  lua_pushlightuserdata(L, from);
  bool busy = *e->busy;
  *e->busy = true;
  int status = lua_pcall(L, 2, 0, 0);
  *e->busy = busy;
  if (status != LUA_OK)
    lua_error(L);
  charts_reader_source source = {.read = reader_read, .context = from, .width = from->width, .count = SIZE_MAX};
  return charts_reader_new(&source);
}

/* ---- Packed numbers: charts.packed(bytes, width) ------------------------------------------------------------------
 */

/* Its user value is the string. */
typedef struct packed {
  size_t width;
  size_t rows;
} packed;

int packed_new(lua_State *L) {
  size_t length = 0;
  lua_settop(L, 2);
  if (lua_type(L, 1) != LUA_TSTRING)
    raise_error(L, CHARTS_TYPE,
                lua_pushfstring(L, "bytes: expected a string of doubles, such as string.pack(\"d\", 1), not a %s",
                                luaL_typename(L, 1)));
  lua_Integer width = lua_isnil(L, 2) ? 1 : lua_isinteger(L, 2) ? lua_tointeger(L, 2) : 0;
  if (width < 1 || width > WIDEST || width == 4)
    raise_error(
        L, CHARTS_ARGUMENT,
        "width: expected the numbers in a row: 1 (y), 2 (x, y), 3 (x, low, high) or 5 (x, open, high, low, close)");
  (void)lua_tolstring(L, 1, &length);
  size_t row = (size_t)width * sizeof(double);
  if (length % row != 0)
    raise_error(L, CHARTS_TYPE,
                lua_pushfstring(L, "bytes: expected a multiple of %d bytes (%d doubles in a row), got %I bytes",
                                (int)row, (int)width, (LUAI_UACINT)length));
  packed *of = lua_newuserdatauv(L, sizeof *of, 1);
  *of = (packed){.width = (size_t)width, .rows = length / row};
  luaL_setmetatable(L, PACKED_TYPE);
  lua_pushvalue(L, 1);
  lua_setiuservalue(L, -2, 1);
  return 1;
}

/* Columns that lie in the string, which lives as long as the call. */
static charts_value *columns_from_packed(lua_State *L, int index, const packed *of, const exchange *e) {
  lua_getiuservalue(L, index, 1);
  const char *bytes = lua_tostring(L, -1);
  (void)keep(L, e);
  charts_column column = {
      .memory = bytes, .count = of->rows, .stride = (ptrdiff_t)(of->width * sizeof(double)), .type = CHARTS_FLOAT64};
  if (of->width == 1)
    return charts_column_new(&column);
  charts_value *frame = charts_frame();
  for (size_t i = 0; i < of->width; i++) {
    column.memory = bytes + i * sizeof(double);
    charts_frame_add(frame, NULL, charts_column_new(&column));
  }
  return frame;
}

/* Where it does not stand as the `data` of a series, it is one: a frame alone of more than two columns would be
 * several. */
static charts_value *value_from_packed(lua_State *L, int index, const packed *of, const exchange *e, bool data) {
  charts_value *columns = columns_from_packed(L, index, of, e);
  if (data || of->width <= 2)
    return columns;
  charts_value *record = charts_record();
  charts_record_set(record, "data", columns);
  return record;
}

/* ---- Tables ------------------------------------------------------------------------------------------------------ */

/* What a table holds. */
typedef struct shape {
  lua_Integer length; /* of its sequence */
  size_t keys;        /* text keys */
  bool numeric;       /* the sequence holds numbers that doubles hold exactly, and charts.null, and a number at least */
} shape;

static bool holds_number(lua_State *L, int index) {
  if (lua_isinteger(L, index)) {
    lua_Integer number = lua_tointeger(L, index);
    return number <= EXACT && number >= -EXACT;
  }
  return lua_type(L, index) == LUA_TNUMBER;
}

static shape table_shape(lua_State *L, int index, const exchange *e) {
  shape s = {.length = (lua_Integer)lua_rawlen(L, index), .keys = 0, .numeric = false};
  lua_Integer places = 0;
  size_t numbers = 0;
  size_t others = 0;
  for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
    if (lua_type(L, -2) == LUA_TSTRING) {
      s.keys++;
      continue;
    }
    lua_Integer place = lua_isinteger(L, -2) ? lua_tointeger(L, -2) : 0;
    if (place < 1 || place > s.length)
      refuse(
          L, e, CHARTS_TYPE,
          "expected a sequence or named members; a table has a hole (charts.null is a gap) or a key that is no text");
    places++;
    if (holds_number(L, -1))
      numbers++;
    else if (!is_null(L, -1))
      others++;
  }
  if (places != s.length)
    refuse(L, e, CHARTS_TYPE, "expected a sequence without holes (charts.null is a gap)");
  s.numeric = numbers > 0 && others == 0;
  return s;
}

static charts_value *column_from_lua(lua_State *L, int index, lua_Integer length) {
  double *numbers = NULL;
  charts_value *column = charts_column_make((size_t)length, &numbers);
  if (!column)
    return NULL;
  for (lua_Integer i = 0; i < length; i++) {
    numbers[i] = lua_rawgeti(L, index, i + 1) == LUA_TNUMBER ? lua_tonumber(L, -1) : NAN;
    lua_pop(L, 1);
  }
  return column;
}

static charts_value *list_from_lua(lua_State *L, int index, lua_Integer length, exchange *e, int depth) {
  charts_value *list = e->pending[depth] = charts_list();
  for (lua_Integer i = 1; i <= length; i++) {
    lua_rawgeti(L, index, i);
    charts_list_add(list, convert(L, lua_gettop(L), e, depth + 1));
    lua_pop(L, 1);
  }
  e->pending[depth] = NULL;
  return list;
}

static charts_value *sequence_from_lua(lua_State *L, int index, const shape *s, exchange *e, int depth) {
  return s->numeric ? column_from_lua(L, index, s->length) : list_from_lua(L, index, s->length, e, depth);
}

typedef struct key {
  const char *text;
  size_t length;
  lua_Integer place; /* in the table that keeps the text alive */
} key;

static int key_compare(const void *a, const void *b) {
  const key *one = a;
  const key *other = b;
  int order = memcmp(one->text, other->text, one->length < other->length ? one->length : other->length);
  return order ? order : (one->length > other->length) - (one->length < other->length);
}

/* Pushes a table of the text keys (it keeps them alive) and a block of them in byte order. */
static const key *keys_sorted(lua_State *L, int index, size_t count) {
  lua_createtable(L, count > INT_MAX ? INT_MAX : (int)count, 0);
  int anchor = lua_gettop(L);
  key *keys = lua_newuserdatauv(L, (count + 1) * sizeof *keys, 0);
  size_t found = 0;
  lua_pushnil(L);
  while (found < count && lua_next(L, index)) {
    lua_pop(L, 1);
    if (lua_type(L, -1) != LUA_TSTRING)
      continue;
    keys[found].text = lua_tolstring(L, -1, &keys[found].length);
    keys[found].place = (lua_Integer)found + 1;
    lua_pushvalue(L, -1);
    lua_rawseti(L, anchor, keys[found].place);
    found++;
  }
  lua_settop(L, anchor + 1);
  memset(keys + found, 0, (count + 1 - found) * sizeof *keys);
  qsort(keys, found, sizeof *keys, key_compare);
  return keys;
}

/* Sets the members of `record`, which something else owns already. At depth 0 the members are arguments of the call. */
static void members_from_lua(lua_State *L, int index, size_t count, exchange *e, charts_value *record, int depth) {
  const key *keys = keys_sorted(L, index, count);
  int anchor = lua_gettop(L) - 1;
  for (size_t i = 0; i < count && keys[i].text; i++) {
    if (depth == 0)
      e->argument = keys[i].text;
    lua_rawgeti(L, anchor, keys[i].place);
    lua_rawget(L, index);
    const packed *numbers = strcmp(keys[i].text, "data") == 0 ? luaL_testudata(L, -1, PACKED_TYPE) : NULL;
    charts_value *member =
        numbers ? value_from_packed(L, lua_gettop(L), numbers, e, true) : convert(L, lua_gettop(L), e, depth + 1);
    charts_record_set_of(record, keys[i].text, keys[i].length, member);
    lua_pop(L, 1);
  }
  lua_settop(L, anchor - 1);
}

void record_from_lua(lua_State *L, int index, exchange *e, charts_value *record) {
  luaL_checkstack(L, 12, "a call with named arguments");
  shape s = table_shape(L, index, e);
  members_from_lua(L, index, s.keys, e, record, 0);
}

/* A sequence with text keys, {1, 2, 4, name = "A"}, is a record whose `data` is the sequence. */
static charts_value *table_from_lua(lua_State *L, int index, exchange *e, int depth) {
  if (depth >= DEEPEST)
    refuse(L, e, CHARTS_LIMIT, "expected at most 64 levels of tables; these are deeper, or one contains itself");
  luaL_checkstack(L, 12, "a deeply nested table");
  shape s = table_shape(L, index, e);
  if (s.keys == 0)
    return sequence_from_lua(L, index, &s, e, depth);
  charts_value *record = e->pending[depth] = charts_record();
  if (s.length > 0)
    charts_record_set(record, "data", sequence_from_lua(L, index, &s, e, depth + 1));
  members_from_lua(L, index, s.keys, e, record, depth);
  e->pending[depth] = NULL;
  return record;
}

static charts_value *convert(lua_State *L, int index, exchange *e, int depth) {
  size_t length = 0;
  switch (lua_type(L, index)) {
  case LUA_TNIL:
    return charts_null();
  case LUA_TBOOLEAN:
    return charts_boolean(lua_toboolean(L, index));
  case LUA_TNUMBER:
    return lua_isinteger(L, index) ? charts_integer(lua_tointeger(L, index)) : charts_number(lua_tonumber(L, index));
  case LUA_TSTRING: {
    const char *text = lua_tolstring(L, index, &length);
    return charts_text_of(text, length);
  }
  case LUA_TFUNCTION:
    return reader_from_lua(L, index, e);
  case LUA_TTABLE:
    return table_from_lua(L, index, e, depth);
  default:
    break;
  }
  const chart *c = luaL_testudata(L, index, CHART_TYPE);
  if (c)
    return charts_handle(c->id);
  const packed *numbers = luaL_testudata(L, index, PACKED_TYPE);
  if (numbers)
    return value_from_packed(L, index, numbers, e, false);
  if (is_null(L, index))
    return charts_null();
  refuse(L, e, CHARTS_TYPE,
         lua_pushfstring(L, "expected a number, text, boolean, table, function or charts.null, not a %s",
                         luaL_typename(L, index)));
}

charts_value *value_from_lua(lua_State *L, int index, exchange *e) {
  luaL_checkstack(L, 12, "a call's arguments");
  return convert(L, index, e, 1);
}

/* ---- Values of the core as Lua's ----------------------------------------------------------------------------------
 */

static void number_to_lua(lua_State *L, double number) {
  if (number == floor(number) && fabs(number) <= (double)EXACT && !(number == 0 && signbit(number)))
    lua_pushinteger(L, (lua_Integer)number);
  else
    lua_pushnumber(L, number);
}

static void table_new(lua_State *L, size_t places, size_t keys) {
  lua_createtable(L, places > INT_MAX ? INT_MAX : (int)places, keys > INT_MAX ? INT_MAX : (int)keys);
}

static void column_to_lua(lua_State *L, const charts_column *column) {
  table_new(L, column->count, 0);
  for (size_t i = 0; i < column->count; i++) {
    lua_pushnumber(L, charts_column_number(column, i));
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
}

/* The cell of a frame's column, which is one of numbers or a list. */
static void cell_to_lua(lua_State *L, const charts_value *column, size_t row) {
  const charts_column *numbers = charts_value_column(column);
  if (numbers)
    lua_pushnumber(L, charts_column_number(numbers, row));
  else
    value_to_lua(L, charts_value_at(column, row));
}

static void frame_to_lua(lua_State *L, const charts_value *frame) {
  size_t width = charts_value_count(frame);
  size_t rows = width > 0 ? charts_value_count(charts_value_at(frame, 0)) : 0;
  table_new(L, rows, 0);
  for (size_t row = 0; row < rows; row++) {
    table_new(L, width, 0);
    for (size_t i = 0; i < width; i++) {
      cell_to_lua(L, charts_value_at(frame, i), row);
      lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_rawseti(L, -2, (lua_Integer)row + 1);
  }
}

static void list_to_lua(lua_State *L, const charts_value *list) {
  size_t count = charts_value_count(list);
  table_new(L, count, 0);
  for (size_t i = 0; i < count; i++) {
    value_to_lua(L, charts_value_at(list, i));
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
}

static void record_to_lua(lua_State *L, const charts_value *record) {
  size_t count = charts_value_count(record);
  table_new(L, 0, count);
  for (size_t i = 0; i < count; i++) {
    lua_pushstring(L, charts_value_key(record, i));
    value_to_lua(L, charts_value_at(record, i));
    lua_rawset(L, -3);
  }
}

void value_to_lua(lua_State *L, const charts_value *value) {
  size_t length = 0;
  luaL_checkstack(L, 8, "a deeply nested result");
  switch (charts_value_kind(value)) {
  case CHARTS_BOOLEAN:
    lua_pushboolean(L, charts_value_boolean(value));
    break;
  case CHARTS_NUMBER:
    number_to_lua(L, charts_value_number(value));
    break;
  case CHARTS_TEXT: {
    const char *text = charts_value_text(value, &length);
    lua_pushlstring(L, text, length);
    break;
  }
  case CHARTS_LIST:
    list_to_lua(L, value);
    break;
  case CHARTS_RECORD:
    record_to_lua(L, value);
    break;
  case CHARTS_COLUMN:
    column_to_lua(L, charts_value_column(value));
    break;
  case CHARTS_FRAME:
    frame_to_lua(L, value);
    break;
  case CHARTS_NULL:
  case CHARTS_HANDLE: /* charts.c gives handles out */
  case CHARTS_READER:
    lua_pushlightuserdata(L, NULL);
    break;
  }
}
