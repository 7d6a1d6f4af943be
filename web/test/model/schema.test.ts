import assert from 'node:assert/strict';
import { test } from 'node:test';
import options from '../../options.schema.json';
import { check, nearest, schemaAt, typesOf, type Schema } from '../../src/model/schema';

const schema: Schema = {
  type: 'object', additionalProperties: false,
  properties: {
    title: { type: 'object', additionalProperties: false, properties: { text: { type: ['string', 'null'] } } },
    chart: { type: 'object', properties: { type: { $ref: '#/$defs/type', description: 'own' }, height: { type: 'number', minimum: 50 } } },
    axis: { type: ['object', 'array'], $ref: '#/$defs/axis', items: { $ref: '#/$defs/axis' } },
    engine: { type: 'object' },
  },
  $defs: { type: { type: 'string', enum: ['line', 'area'] }, axis: { type: 'object', additionalProperties: false, properties: { min: { type: 'number' } } } },
};
const said = (value: unknown): string[] => check(value, schema).map(({ path, severity, message }) => `${path.join('.')} ${severity}: ${message}`);

test('what the schema allows is allowed', () => {
  assert.deepEqual(said({ title: { text: null }, chart: { type: 'area', height: 400, other: 1 }, axis: [{ min: 1 }, {}], engine: { any: ['thing'] } }), []);
});

test('what it does not allow is named, with what was likely meant', () => {
  assert.deepEqual(said({ titel: {} }), ['titel warning: no option is called titel: did you mean title?']);
  assert.deepEqual(said({ chart: { type: 'aera', height: '4' } }), ['chart.type error: expected one of line, area: did you mean area?', 'chart.height error: expected number, found string']);
  assert.deepEqual(said({ chart: { height: 3 } }), ['chart.height error: expected at least 50']);
  assert.deepEqual(said({ axis: [{ min: 'x' }] }), ['axis.0.min error: expected number, found string']);
  assert.deepEqual(said({ axis: { max: 1 } }), ['axis.max warning: no option is called max: did you mean min?']);
  assert.deepEqual(said([]), [' error: expected object, found array']);
});

test('finds the schema of a place', () => {
  assert.equal(schemaAt(schema, ['chart', 'type'])?.description, 'own');
  assert.deepEqual(schemaAt(schema, ['chart', 'type'])?.enum, ['line', 'area']);
  assert.deepEqual(typesOf(schemaAt(schema, ['axis', 0, 'min']) ?? {}), ['number']);
  assert.equal(schemaAt(schema, ['nowhere', 'x']), null);
});

test('the nearest name, where one is near', () => {
  assert.equal(nearest('tooltp', ['tooltip', 'title']), 'tooltip');
  assert.equal(nearest('xyzzy', ['tooltip', 'title']), null);
});

test('the options schema itself is in the part of JSON Schema that is understood', () => {
  assert.deepEqual(check({ title: { text: 'x' }, chart: { type: 'area' }, xAxis: [{ type: 'datetime' }] }, options as Schema), []);
  assert.ok(check({ chart: { type: 'lin' } }, options as Schema).length > 0);
});
