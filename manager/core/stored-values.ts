const decimal = /^-?(\d+)(?:\.(\d+))?$/;
const moment = /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/;
const day = /^\d{4}-\d{2}-\d{2}$/;

const longestNumber = 40;
/** What a double holds exactly: with more digits, numbers that differ would be equal. */
const mostDigits = 15;

/** Reads a number as ServiceNow stores it: digits, with a minus and a decimal point if need be. */
export function readNumber(text: string): number | undefined {
  const parts = text.length <= longestNumber ? decimal.exec(text) : null;
  if (!parts) return undefined;
  const [, whole = '', fraction = ''] = parts;
  const digits = whole.replace(/^0+/, '').length + fraction.replace(/0+$/, '').length;
  return digits <= mostDigits ? Number(text) : undefined;
}

/** Reads a date-time as ServiceNow stores it, in UTC without saying so (trap 31), in milliseconds since the epoch. */
export function readDateTime(text: string): number | undefined {
  return moment.test(text) ? readInstant(text) : undefined;
}

/** Reads a date-time, or a date, which is its first instant in UTC. */
export function readDate(text: string): number | undefined {
  return day.test(text) ? readInstant(`${text} 00:00:00`) : readDateTime(text);
}

/** Writes an instant as ServiceNow stores it. */
export function writeDateTime(at: number): string {
  return new Date(at).toISOString().slice(0, 19).replace('T', ' ');
}

function readInstant(text: string): number | undefined {
  const at = Date.parse(`${text.replace(' ', 'T')}Z`);
  // A day that does not exist, such as 30 February, would be one of the next month.
  return Number.isNaN(at) || writeDateTime(at) !== text ? undefined : at;
}
