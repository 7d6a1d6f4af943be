import assert from 'node:assert/strict';
import { test } from 'node:test';
import schema from '../../options.schema.json';
import { isDrawnType } from '../../src/engine/attributes';
import { cssPaint, palette } from '../../src/engine/palette';
import { unknownAttributes, unknownOptions } from '../../src/engine/vocabulary';
import { yWindow } from './windows';

test('options that are understood nowhere are named by their path', () => {
  assert.deepEqual(unknownOptions({ title: { text: 'x' }, chart: { type: 'area', height: 300 }, xAxis: [{ min: 0 }], colors: ['red'], engine: { anything: { at: 'all' } } }), []);
  assert.deepEqual(unknownOptions({ titel: {}, yAxis: [{ foo: 1 }], plotOptions: { series: { lineWith: 2 } } }), [
    'titel is not an option of charts: it has no effect',
    'yAxis[0].foo is not an option of charts: it has no effect',
    'plotOptions.series.lineWith is not an option of charts: it has no effect',
  ]);
});

test('values of the wrong type or outside a list are told', () => {
  assert.match(unknownOptions({ chart: { height: 'tall' } })[0]!, /chart\.height should be a number, not text/);
  assert.match(unknownOptions({ chart: { type: 'sausage' } })[0]!, /chart\.type should be one of "line"/);
  assert.deepEqual(unknownOptions({ title: { text: null }, chart: { zoomType: null } }), []);
});

test('attributes of series files are looked at too', () => {
  assert.deepEqual(unknownAttributes([yWindow('A', [1], { xtype: 'datetime', type: 'area', frob: 1 })]), ['“A”: frob is not an option of charts: it has no effect']);
});

test('every type of the schema is drawn, and has plotOptions', () => {
  for (const type of schema.$defs.type.enum) {
    assert.ok(isDrawnType(type), type);
    assert.ok(Object.hasOwn(schema.properties.plotOptions.properties, type), type);
  }
});

test('the schema keeps to its dialect', () => {
  const words = new Set(['$schema', '$defs', '$ref', 'title', 'type', 'properties', 'items', 'enum', 'description', 'default', 'additionalProperties', 'minimum', 'maximum']);
  const walk = (node: Record<string, unknown>, path: string): void => {
    for (const word of Object.keys(node)) assert.ok(words.has(word), `${path}: ${word}`);
    assert.ok(typeof node['description'] === 'string' || typeof node['$ref'] === 'string', `${path} has no description`);
    const types = [node['type']].flat();
    if (types.includes('object') && node['$ref'] === undefined) assert.equal(typeof node['additionalProperties'], 'boolean', path);
    for (const [key, value] of Object.entries((node['properties'] ?? {}) as Record<string, Record<string, unknown>>)) walk(value, `${path}.${key}`);
    if (node['items'] !== undefined) walk(node['items'] as Record<string, unknown>, `${path}[]`);
  };
  walk(schema, '');
  for (const [name, node] of Object.entries(schema.$defs)) walk(node, name);
});

test('the palette: ours for light and dark, or the one that is given', () => {
  const of = (options: Record<string, unknown>, dark: boolean): readonly string[] => palette({ options, stock: false, dark });
  assert.equal(of({}, false).length, 10);
  assert.notDeepEqual(of({}, false), of({}, true));
  assert.deepEqual(of({ colors: ['red', 'blue'] }, false), ['red', 'blue']);
  assert.deepEqual(of({ colors: 'red' }, false), ['red']);
});

test('a background is a colour or a gradient, never something to fetch', () => {
  assert.equal(cssPaint('#fff'), '#fff');
  assert.equal(cssPaint({ linearGradient: { x1: 0, y1: 0, x2: 0, y2: 1 }, stops: [[0, 'white'], [1, 'silver']] }), 'linear-gradient(180deg, white 0%, silver 100%)');
  assert.equal(cssPaint('url(http://elsewhere/x)'), '');
  assert.ok(!cssPaint({ stops: [[0, 'red), url(http://elsewhere/x'], [1, 'blue']] }).includes('url'));
});
