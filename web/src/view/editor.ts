/** A JSON editor that knows the options: it completes names and values, explains them, and marks what is wrong. */
import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap, type Completion, type CompletionContext, type CompletionResult } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { json, jsonParseLinter } from '@codemirror/lang-json';
import { bracketMatching, HighlightStyle, indentOnInput, syntaxHighlighting, syntaxTree } from '@codemirror/language';
import { linter, lintKeymap, type Diagnostic } from '@codemirror/lint';
import { EditorState, type Text } from '@codemirror/state';
import { drawSelection, EditorView, hoverTooltip, keymap, type Tooltip } from '@codemirror/view';
import type { SyntaxNode } from '@lezer/common';
import { tags } from '@lezer/highlight';
import { check, schemaAt, typesOf, type Path, type Schema } from '../model/schema';
import { el } from './element';

export function createEditor(parent: HTMLElement, schema: Schema, edited: () => void): EditorView {
  const extensions = [
    history(), drawSelection(), indentOnInput(), bracketMatching(), closeBrackets(),
    json(), syntaxHighlighting(colors), EditorState.tabSize.of(2),
    linter(jsonParseLinter()), linter((view) => lint(view.state, schema)),
    autocompletion({ override: [(context) => complete(context, schema)], icons: false }),
    hoverTooltip((view, position) => explain(view.state, position, schema)),
    keymap.of([...closeBracketsKeymap, ...completionKeymap, ...lintKeymap, ...historyKeymap, ...defaultKeymap]),
    EditorView.lineWrapping,
    EditorView.contentAttributes.of({ 'aria-label': "The chart's options as JSON" }),
    EditorView.updateListener.of((update) => void (update.docChanged && edited())),
  ];
  return new EditorView({ parent, state: EditorState.create({ doc: '{}', extensions }) });
}

const colors = HighlightStyle.define([
  { tag: tags.propertyName, class: 'json-name' },
  { tag: tags.string, class: 'json-text' },
  { tag: [tags.number, tags.bool, tags.null], class: 'json-value' },
]);

function lint(state: EditorState, schema: Schema): Diagnostic[] {
  let value: unknown;
  try {
    value = JSON.parse(state.doc.toString());
  } catch {
    return [];
  }
  return check(value, schema).map(({ path, name, severity, message }) => {
    const { from, to } = locate(state, path, name);
    return { from, to, severity, message };
  });
}

/** Where the value (or the name) at `path` stands in the text. */
function locate(state: EditorState, path: Path, name: boolean): { from: number; to: number } {
  let node: SyntaxNode | null = syntaxTree(state).topNode.firstChild;
  let key: SyntaxNode | null = null;
  for (const step of path) {
    if (node === null) break;
    const inner = typeof step === 'number' ? elements(node)[step] : property(state.doc, node, step);
    key = inner?.name === 'Property' ? inner.getChild('PropertyName') : null;
    node = (inner?.name === 'Property' ? inner.lastChild : inner) ?? null;
  }
  const at = name && key !== null ? key : node;
  return at === null ? { from: 0, to: 0 } : { from: at.from, to: at.to };
}

function elements(array: SyntaxNode): SyntaxNode[] {
  const found: SyntaxNode[] = [];
  for (let child = array.firstChild; child !== null; child = child.nextSibling) if (!'[],'.includes(child.name)) found.push(child);
  return found;
}

function property(doc: Text, object: SyntaxNode, key: string): SyntaxNode | undefined {
  return object.getChildren('Property').findLast((one) => nameOf(doc, one) === key);
}

function nameOf(doc: Text, node: SyntaxNode): string {
  const name = node.getChild('PropertyName');
  if (name === null) return '';
  const text = doc.sliceString(name.from, name.to);
  try {
    return String(JSON.parse(text));
  } catch {
    return text.replaceAll('"', '');
  }
}

/** The path of names and places that leads to `node`. */
function pathTo(doc: Text, node: SyntaxNode): Path {
  const path: (string | number)[] = [];
  for (let at: SyntaxNode | null = node; at !== null; at = at.parent) {
    if (at.name === 'Property') path.unshift(nameOf(doc, at));
    else if (at.parent?.name === 'Array') path.unshift(elements(at.parent).findIndex((one) => one.from === at?.from));
  }
  return path;
}

function complete(context: CompletionContext, schema: Schema): CompletionResult | null {
  const { state, pos } = context;
  const doc = state.doc;
  const word = context.matchBefore(/"?[\w]*/);
  if (word === null || (word.from === word.to && !context.explicit)) return null;
  const to = pos < doc.length && doc.sliceString(pos, pos + 1) === '"' && doc.sliceString(word.from, pos).startsWith('"') ? pos + 1 : pos;
  const before = doc.sliceString(0, word.from).trimEnd().slice(-1);
  const node = enclosing(syntaxTree(state).resolveInner(word.from, -1));
  if (node === null) return null;
  if (before === ':') return list(word.from, to, valuesOf(schemaAt(schema, valuePath(doc, node, word.from))));
  if (node.name === 'Array') {
    const items = schemaAt(schema, pathTo(doc, node))?.items;
    return items === undefined ? null : list(word.from, to, valuesOf(schemaAt({ ...schema, properties: { items } }, ['items'])));
  }
  const record = schemaAt(schema, pathTo(doc, node));
  return record === null ? null : list(word.from, to, namesOf(record, schema, doc, node, word.from, doc.sliceString(to, to + 1) !== ':'));
}

/** The object or array that `node` stands in. */
function enclosing(node: SyntaxNode): SyntaxNode | null {
  let at: SyntaxNode | null = node;
  while (at !== null && at.name !== 'Object' && at.name !== 'Array') at = at.parent;
  return at;
}

/** The path of the value that begins at `from` within `object`: that of the last name before it. */
function valuePath(doc: Text, object: SyntaxNode, from: number): Path {
  const owner = object.getChildren('Property').findLast((one) => one.from < from);
  return [...pathTo(doc, object), ...(owner === undefined ? [] : [nameOf(doc, owner)])];
}

function list(from: number, to: number, options: Completion[]): CompletionResult | null {
  return options.length === 0 ? null : { from, to, options, filter: true };
}

function namesOf(record: Schema, root: Schema, doc: Text, object: SyntaxNode, from: number, fresh: boolean): Completion[] {
  const present = new Set(object.getChildren('Property').filter((one) => one.from !== from).map((one) => nameOf(doc, one)));
  return Object.keys(record.properties ?? {}).filter((name) => !present.has(name)).map((name) => {
    const inner = schemaAt({ ...root, properties: record.properties ?? {} }, [name]);
    const cursor = fresh ? starter(inner) : { text: '', back: 0 };
    return {
      label: `"${name}"`, displayLabel: name, detail: inner === null ? '' : typesOf(inner).join(' | '), ...info(inner),
      apply: (view, _, start, end) => {
        const insert = `"${name}"${cursor.text}`;
        view.dispatch({ changes: { from: start, to: end, insert }, selection: { anchor: start + insert.length - cursor.back } });
      },
    };
  });
}

/** What follows a new name: an empty value of its type, the cursor inside. */
function starter(schema: Schema | null): { text: string; back: number } {
  const type = schema === null ? undefined : typesOf(schema)[0];
  if (type === 'object') return { text: ': {}', back: 1 };
  if (type === 'array') return { text: ': []', back: 1 };
  return type === 'string' && schema?.enum === undefined ? { text: ': ""', back: 1 } : { text: ': ', back: 0 };
}

function valuesOf(schema: Schema | null): Completion[] {
  if (schema === null) return [];
  const values = new Set<unknown>(schema.enum ?? []);
  if (typesOf(schema).includes('boolean')) values.add(true).add(false);
  if (schema.default !== undefined && typeof schema.default !== 'object') values.add(schema.default);
  return [...values].map((value) => ({
    label: JSON.stringify(value), displayLabel: String(value), ...(value === schema.default && { detail: 'default' }),
  }));
}

function info(schema: Schema | null): { info?: () => Node } {
  const text = schema?.description;
  return text === undefined ? {} : { info: () => description(schema) };
}

function description(schema: Schema | null): HTMLElement {
  const standard = schema?.default === undefined ? null : el('p', { class: 'muted' }, `Default: ${JSON.stringify(schema.default)}`);
  return el('div', { class: 'explanation' }, el('p', {}, schema?.description ?? ''), standard);
}

function explain(state: EditorState, position: number, schema: Schema): Tooltip | null {
  const node = syntaxTree(state).resolveInner(position, 0);
  if (node.name !== 'PropertyName' || node.parent === null) return null;
  const found = schemaAt(schema, pathTo(state.doc, node.parent));
  if (found?.description === undefined) return null;
  return { pos: node.from, end: node.to, above: true, create: () => ({ dom: description(found) }) };
}
