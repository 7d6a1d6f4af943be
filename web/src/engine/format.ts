/** Numbers and templates as the reader sees them. Everything here is text: tags in a template are dropped, never markup. */
import type { Options } from '../model/drawing';
import { isRecord, recordAt, textAt, flagAt } from './read';
import { type Clock, UTC, formatTime, makeClock } from './time';

/** How numbers and times are written in one chart. */
export interface Writing {
  readonly clock: Clock;
  readonly locale: string | undefined;
  readonly thousands: string | undefined;
  readonly decimal: string | undefined;
}

export interface NumberStyle {
  /** Decimals; absent: as many as there are, up to ten digits. */
  readonly decimals?: number | undefined;
  /** Where decimals are as many as there are: at most so many. */
  readonly most?: number | undefined;
  /** false: no thousands separators. */
  readonly grouping?: boolean;
}

/** How `options` want numbers and times written; `zone` is what the series say. `notices` gets unknown names. */
export function makeWriting(options: Options, zone: string | undefined, notices: string[]): Writing {
  const lang = recordAt(options, 'lang');
  let locale = textAt(lang, 'locale');
  try {
    new Intl.NumberFormat(locale);
  } catch {
    notices.push(`lang.locale: “${locale ?? ''}” is no language tag, such as en-GB`);
    locale = undefined;
  }
  return { clock: chooseClock(options, zone, notices), locale, thousands: textAt(lang, 'thousandsSep'), decimal: textAt(lang, 'decimalPoint') };
}

function chooseClock(options: Options, zone: string | undefined, notices: string[]): Clock {
  const asked = textAt(options, 'time', 'timezone');
  const own = flagAt(options, 'time', 'useUTC') === false ? new Intl.DateTimeFormat().resolvedOptions().timeZone : undefined;
  for (const name of [asked, own, zone]) {
    if (name === undefined || name === '') continue;
    const clock = makeClock(name);
    if (clock) return clock;
    notices.push(`“${name}” is no time zone that this browser knows: times are shown in UTC`);
  }
  return UTC;
}

const formats = new Map<string, Intl.NumberFormat>();

function numberFormat(locale: string | undefined, decimals: number | undefined, most: number | undefined, grouping: boolean): Intl.NumberFormat {
  const key = `${locale ?? ''} ${decimals ?? ''} ${most ?? ''} ${String(grouping)}`;
  let format = formats.get(key);
  if (!format) {
    const digits = decimals !== undefined ? { minimumFractionDigits: decimals, maximumFractionDigits: decimals }
      : most !== undefined ? { maximumFractionDigits: most } : { maximumSignificantDigits: 10 };
    format = new Intl.NumberFormat(locale, { ...digits, useGrouping: grouping });
    formats.set(key, format);
  }
  return format;
}

export function formatNumber(writing: Writing, value: number, style: NumberStyle = {}): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? '–' : value > 0 ? '∞' : '−∞';
  const size = Math.abs(value);
  if (style.decimals === undefined && size !== 0 && (size >= 1e15 || size < 1e-6)) return value.toPrecision(6).replace(/\.?0+(e|$)/, '$1');
  const decimals = style.decimals === undefined ? undefined : Math.min(Math.max(Math.round(style.decimals), 0), 20);
  const most = style.most === undefined ? undefined : Math.min(Math.max(Math.round(style.most), 0), 20);
  const format = numberFormat(writing.locale, decimals, most, style.grouping ?? true);
  if (writing.thousands === undefined && writing.decimal === undefined) return format.format(value);
  return format.formatToParts(value).map((part) => {
    if (part.type === 'group') return writing.thousands ?? part.value;
    if (part.type === 'decimal') return writing.decimal ?? part.value;
    return part.value;
  }).join('');
}

/** One value by a template's format: `.2f`, `,.0f`, `%Y-%m-%d`, or none. */
export function formatValue(writing: Writing, value: unknown, format: string | undefined): string {
  if (value === undefined || value === null) return '';
  if (typeof value !== 'number') return typeof value === 'string' || typeof value === 'boolean' ? String(value) : '';
  if (format === undefined || format === '') return formatNumber(writing, value);
  if (format.includes('%')) return formatTime(writing.clock, writing.locale, format, value);
  const match = /^(,?)(?:\.(\d{1,2}))?([fde]?)$/.exec(format);
  if (!match) return formatNumber(writing, value);
  if (match[3] === 'e') return value.toExponential(match[2] === undefined ? undefined : Number(match[2]));
  const decimals = match[2] !== undefined ? Number(match[2]) : match[3] === 'd' ? 0 : undefined;
  return formatNumber(writing, value, { decimals, grouping: match[1] === ',' || decimals === undefined });
}

/** `{path:format}` in `template` replaced from `scope`. Tags of the template are dropped, <br> is a new line. */
export function fillTemplate(writing: Writing, template: string, scope: Readonly<Record<string, unknown>>): string {
  const plain = template.replace(/<br\s*\/?>/gi, '\n').replace(/<\/?[a-zA-Z][^<>]*>/g, '');
  return plain.replace(/\{([\w.]+)(?::([^{}]*))?\}/g, (_whole, path: string, format: string | undefined) => {
    let value: unknown = scope;
    for (const key of path.split('.')) value = isRecord(value) && Object.hasOwn(value, key) ? value[key] : undefined;
    return formatValue(writing, value, format);
  });
}
