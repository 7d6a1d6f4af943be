/** What the options schema says about a value or a place: the part of JSON Schema that options.schema.json uses. */
import { isRecord } from './listing';

export interface Schema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
}

export type Path = readonly (string | number)[];

export interface Issue {
  readonly path: Path;
  /** Whether the name at the path's end is at fault, rather than its value. */
  readonly name: boolean;
  readonly severity: 'error' | 'warning';
  readonly message: string;
}

/** Everything in `value` that the schema does not allow. */
export function check(value: unknown, root: Schema): Issue[] {
  const issues: Issue[] = [];
  visit(value, root, [], root, issues);
  return issues;
}

/** The schema of the place `path`; null where the schema says nothing about it. */
export function schemaAt(root: Schema, path: Path): Schema | null {
  let schema: Schema | null = resolve(root, root);
  for (const step of path) {
    if (schema === null) return null;
    const next: Schema | undefined = typeof step === 'number' ? schema.items : member(schema, step);
    schema = next === undefined ? null : resolve(next, root);
  }
  return schema;
}

/** The types that a schema allows; none: any. */
export function typesOf(schema: Schema): readonly string[] {
  if (schema.type === undefined) return [];
  return typeof schema.type === 'string' ? [schema.type] : schema.type;
}

/** The member of `names` that `name` was likely meant to be; null where none is near. */
export function nearest(name: string, names: readonly string[]): string | null {
  let best: string | null = null;
  let least = Math.max(2, Math.floor(name.length / 3)) + 1;
  for (const candidate of names) {
    const steps = distance(name.toLowerCase(), candidate.toLowerCase());
    if (steps < least) [best, least] = [candidate, steps];
  }
  return best;
}

function visit(value: unknown, node: Schema, path: Path, root: Schema, issues: Issue[]): void {
  const schema = resolve(node, root);
  const wrong = (message: string): void => void issues.push({ path, name: false, severity: 'error', message });
  const types = typesOf(schema);
  if (types.length > 0 && !types.some((type) => hasType(value, type))) {
    wrong(`expected ${types.join(' or ')}, found ${typeName(value)}`);
    return;
  }
  if (schema.enum !== undefined && value !== null && !Array.isArray(value) && !schema.enum.includes(value)) {
    wrong(`expected one of ${schema.enum.map(String).join(', ')}${hint(String(value), schema.enum.map(String))}`);
  }
  if (typeof value === 'number') {
    if (schema.minimum !== undefined && value < schema.minimum) wrong(`expected at least ${schema.minimum}`);
    if (schema.maximum !== undefined && value > schema.maximum) wrong(`expected at most ${schema.maximum}`);
  }
  if (Array.isArray(value)) {
    if (schema.items !== undefined) for (const [i, item] of value.entries()) visit(item, schema.items, [...path, i], root, issues);
  } else if (isRecord(value)) visitMembers(value, schema, path, root, issues);
}

function visitMembers(value: Record<string, unknown>, schema: Schema, path: Path, root: Schema, issues: Issue[]): void {
  for (const [key, inner] of Object.entries(value)) {
    const known = member(schema, key);
    if (known !== undefined) visit(inner, known, [...path, key], root, issues);
    else if (schema.additionalProperties === false) {
      const message = `no option is called ${key}${hint(key, Object.keys(schema.properties ?? {}))}`;
      issues.push({ path: [...path, key], name: true, severity: 'warning', message });
    }
  }
}

function member(schema: Schema, key: string): Schema | undefined {
  const { properties, additionalProperties } = schema;
  if (properties !== undefined && Object.hasOwn(properties, key)) return properties[key];
  return typeof additionalProperties === 'object' ? additionalProperties : undefined;
}

/** The schema with what it refers to; its own words win. */
function resolve(schema: Schema, root: Schema): Schema {
  if (schema.$ref === undefined) return schema;
  const { $ref, ...own } = schema;
  const target = root.$defs?.[$ref.replace('#/$defs/', '')];
  return target === undefined ? own : { ...resolve(target, root), ...own };
}

function hasType(value: unknown, type: string): boolean {
  if (type === 'integer') return Number.isInteger(value);
  return typeName(value) === type;
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

function hint(name: string, names: readonly string[]): string {
  const meant = nearest(name, names);
  return meant === null ? '' : `: did you mean ${meant}?`;
}

/** Levenshtein's distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
