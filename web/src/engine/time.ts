/** Times in a named zone: calendar fields of an instant and back, and strftime-like formats. */

export interface Fields {
  readonly year: number;
  /** 0 to 11. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly millisecond: number;
}

export interface Clock {
  /** IANA name. */
  readonly zone: string;
  /** Milliseconds to add to an instant to get its wall time (as if that were UTC). */
  offset(instant: number): number;
}

/** The furthest instant that a Date can hold. */
export const LAST_INSTANT = 8.64e15;

export const UTC: Clock = { zone: 'UTC', offset: () => 0 };

/** A clock of `zone`; null when the browser does not know that zone. */
export function makeClock(zone: string): Clock | null {
  if (zone === 'UTC' || zone === 'Etc/UTC' || zone === 'GMT') return UTC;
  let parts: Intl.DateTimeFormat;
  try {
    parts = new Intl.DateTimeFormat('en-US', {
      timeZone: zone, hourCycle: 'h23', era: 'short', year: 'numeric', month: 'numeric', day: 'numeric',
      hour: 'numeric', minute: 'numeric', second: 'numeric',
    });
  } catch {
    return null;
  }
  // Offsets change on quarter hours at the finest, so one answer serves the whole quarter.
  const known = new Map<number, number>();
  const quarter = 900_000;
  const offset = (instant: number): number => {
    if (!(Math.abs(instant) < LAST_INSTANT)) return 0;
    const slot = Math.floor(instant / quarter);
    let answer = known.get(slot);
    if (answer === undefined) {
      answer = readOffset(parts, slot * quarter);
      if (known.size > 20_000) known.clear();
      known.set(slot, answer);
    }
    return answer;
  };
  return { zone, offset };
}

function readOffset(parts: Intl.DateTimeFormat, instant: number): number {
  const f: Record<string, string> = {};
  for (const part of parts.formatToParts(instant)) f[part.type] = part.value;
  const year = f['era'] === 'BC' ? 1 - Number(f['year']) : Number(f['year']);
  const wall = wallTime(year, Number(f['month']) - 1, Number(f['day']), Number(f['hour']), Number(f['minute']), Number(f['second']));
  return wall - instant;
}

/** Wall time as milliseconds, as if it were UTC; fields may overflow (month 12 is the next January). */
export function wallTime(year: number, month: number, day = 1, hour = 0, minute = 0, second = 0): number {
  const date = new Date(0);
  date.setUTCFullYear(year, month, day);
  date.setUTCHours(hour, minute, second, 0);
  return date.getTime();
}

/** The instant of a wall time. In the hour that a clock skips, the instant after the skip. */
export function instantOf(clock: Clock, wall: number): number {
  const first = wall - clock.offset(wall);
  return wall - clock.offset(first);
}

export function fieldsOf(clock: Clock, instant: number): Fields {
  const date = new Date(instant + clock.offset(instant));
  return {
    year: date.getUTCFullYear(), month: date.getUTCMonth(), day: date.getUTCDate(), hour: date.getUTCHours(),
    minute: date.getUTCMinutes(), second: date.getUTCSeconds(), millisecond: date.getUTCMilliseconds(),
  };
}

const names = new Map<string, Intl.DateTimeFormat>();

function nameOf(locale: string | undefined, part: 'month' | 'weekday', width: 'long' | 'short', wall: number): string {
  const key = `${locale ?? ''} ${part} ${width}`;
  let format = names.get(key);
  if (!format) {
    format = new Intl.DateTimeFormat(locale, { timeZone: 'UTC', [part]: width });
    names.set(key, format);
  }
  return format.format(wall);
}

const pad = (value: number, width: number): string => String(value).padStart(width, '0');

/** `instant` by a strftime-like format: %Y %y %m %d %e %j %H %k %I %l %M %S %L %p %P %a %A %b %B %z %%. */
export function formatTime(clock: Clock, locale: string | undefined, format: string, instant: number): string {
  if (!(Math.abs(instant) < LAST_INSTANT)) return String(instant);
  const f = fieldsOf(clock, instant);
  const wall = instant + clock.offset(instant);
  return format.replace(/%([a-zA-Z%])/g, (whole, code: string) => {
    switch (code) {
      case 'Y': return String(f.year);
      case 'y': return pad(((f.year % 100) + 100) % 100, 2);
      case 'm': return pad(f.month + 1, 2);
      case 'd': return pad(f.day, 2);
      case 'e': return String(f.day);
      case 'j': return pad(Math.floor((wall - wallTime(f.year, 0)) / 86_400_000) + 1, 3);
      case 'H': return pad(f.hour, 2);
      case 'k': return String(f.hour);
      case 'I': return pad(f.hour % 12 || 12, 2);
      case 'l': return String(f.hour % 12 || 12);
      case 'M': return pad(f.minute, 2);
      case 'S': return pad(f.second, 2);
      case 'L': return pad(f.millisecond, 3);
      case 'p': return f.hour < 12 ? 'AM' : 'PM';
      case 'P': return f.hour < 12 ? 'am' : 'pm';
      case 'a': return nameOf(locale, 'weekday', 'short', wall);
      case 'A': return nameOf(locale, 'weekday', 'long', wall);
      case 'b': return nameOf(locale, 'month', 'short', wall);
      case 'B': return nameOf(locale, 'month', 'long', wall);
      case 'z': return zoneText(clock.offset(instant));
      case '%': return '%';
      default: return whole;
    }
  });
}

function zoneText(offset: number): string {
  const minutes = Math.round(Math.abs(offset) / 60_000);
  return `${offset < 0 ? '-' : '+'}${pad(Math.floor(minutes / 60), 2)}:${pad(minutes % 60, 2)}`;
}
