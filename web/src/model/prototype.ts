/**
 * Takes `__proto__` from all records: a series, a label or an option of that name is a name like any other, also to libraries that keep
 * what they have seen in plain records. Imported before everything else.
 */
Reflect.deleteProperty(Object.prototype, '__proto__');

export {};
