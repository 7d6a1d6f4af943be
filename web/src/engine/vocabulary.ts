/** Options against the schema: names that are understood nowhere, and values of the wrong type. */
import schema from '../../options.schema.json';
import type { Options, SeriesWindow } from '../model/drawing';
import { isRecord } from './read';

type Node = Options;

const definitions: Options = schema.$defs;

/** A node with what its $ref adds. */
function resolved(node: Node): Node {
  const ref = node['$ref'];
  if (typeof ref !== 'string') return node;
  const target = definitions[ref.slice('#/$defs/'.length)];
  return isRecord(target) ? { ...resolved(target), ...node } : node;
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

/** One message for each option that has no effect, by its path. */
export function unknownOptions(options: Options): string[] {
  const messages: string[] = [];
  walk(options, schema, '', messages);
  return messages;
}

/** The same for the attributes that a series carries in its file. */
export function unknownAttributes(series: readonly SeriesWindow[]): string[] {
  const messages: string[] = [];
  const node = resolved({ $ref: '#/$defs/series' });
  for (const one of series) walk(one.attributes, node, `“${one.name}”: `, messages);
  return messages;
}

/** More messages than this help nobody. */
const MOST_MESSAGES = 50;

function walk(value: unknown, node: Node, path: string, messages: string[]): void {
  if (messages.length >= MOST_MESSAGES) return;
  const known = resolved(node);
  const wanted = typesOf(known);
  if (wanted.length > 0 && !fits(value, wanted)) {
    messages.push(`${path} should be ${wanted.map(article).join(' or ')}, not ${article(typeName(value))}`);
    return;
  }
  const allowed = known['enum'];
  if (Array.isArray(allowed) && !allowed.includes(value)) {
    messages.push(`${path} should be one of ${allowed.map((one) => JSON.stringify(one)).join(', ')}, not ${shortened(value)}`);
  } else if (Array.isArray(value)) {
    if (isRecord(known['items'])) value.forEach((member, i) => walk(member, known['items'] as Node, `${path}[${i}]`, messages));
  } else if (isRecord(value)) {
    walkRecord(value, known, path, messages);
  }
}

function walkRecord(value: Options, node: Node, path: string, messages: string[]): void {
  const properties = isRecord(node['properties']) ? node['properties'] : {};
  for (const [key, member] of Object.entries(value)) {
    const at = path === '' || path.endsWith(' ') ? path + key : `${path}.${key}`;
    const property = Object.hasOwn(properties, key) ? properties[key] : undefined;
    if (isRecord(property)) walk(member, property, at, messages);
    else if (node['additionalProperties'] !== true && messages.length < MOST_MESSAGES) messages.push(`${at} is not an option of charts: it has no effect`);
  }
}

function typesOf(node: Node): string[] {
  const type = node['type'];
  return typeof type === 'string' ? [type] : Array.isArray(type) ? type.filter((t): t is string => typeof t === 'string') : [];
}

/** A list of one is welcome where one value is wanted and the other way round, as the core has it. */
function fits(value: unknown, wanted: readonly string[]): boolean {
  const type = typeName(value);
  if (wanted.includes(type) || (type === 'number' && wanted.includes('integer'))) return true;
  return wanted.includes('array') && type !== 'object' && type !== 'null';
}

function article(type: string): string {
  const words: Readonly<Record<string, string>> = { object: 'a record', array: 'a list', string: 'text', number: 'a number', boolean: 'true or false', null: 'null' };
  return words[type] ?? type;
}

function shortened(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
