import fc from 'fast-check';

/** What a server sends, as far as HTTP lets it: the body is text already. */
export interface OddAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const columns = [
  'sys_id',
  'number',
  'state',
  'short_description',
  'correlation_id',
  'sys_created_on',
  'error',
  'result',
];
const sysId = 'a'.repeat(32);

/** Texts that only text can say: numbers out of range, half of a surrogate pair, names of Object's own properties. */
const leaf = fc.oneof(
  fc.json({ maxDepth: 1 }),
  fc.constantFrom('1e999', '-0', '-5.0', '12345678901234567890', '"\\ud800"', '"\\u0000"', '"false"', 'null', '""'),
  fc.constantFrom('{"display_value":"UNKNOWN","value":""}', '{"display_value":null,"value":"3"}', '{"value":[[]]}'),
  fc.constantFrom('{"display_value":"Fred","link":7}', '{"__proto__":{"value":"x"}}', '{"constructor":1,"toString":2}'),
);

const cell = fc.oneof(
  { weight: 60, arbitrary: leaf },
  { weight: 1, arbitrary: fc.constantFrom(2, 500, 20_000).map((depth) => '['.repeat(depth) + ']'.repeat(depth)) },
);

const entry = fc.tuple(fc.oneof(fc.constantFrom(...columns, '__proto__', 'hasOwnProperty'), fc.string()), cell);

/** The text of one row, its names possibly twice. */
const row = fc
  .array(entry, { maxLength: 6 })
  .map((entries) => `{${entries.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`);

const plainRow = fc.constantFrom(
  `{"sys_id":"${sysId}","number":"INC1","state":"1","short_description":"Deploy 42"}`,
  `{"sys_id":{"value":"${sysId}","display_value":"${sysId}"},"number":{"value":"INC1","display_value":"INC1"}}`,
  `{"sys_id":"","number":"INC1"}`,
  '{"number":"INC1","correlation_id":"tg-0123456789abcdef","state":"1"}',
  '{}',
);

const result = fc.oneof(
  plainRow,
  row,
  fc.array(fc.oneof(plainRow, row), { maxLength: 3 }).map((rows) => `[${rows.join(',')}]`),
  fc.array(cell, { maxLength: 3 }).map((cells) => `[${cells.join(',')}]`),
  cell,
);

const errors = fc.constantFrom(
  '{"message":"Transaction cancelled","detail":null}',
  '{"message":7,"detail":{}}',
  '"invalid_token"',
  '""',
  '[]',
  '0',
  'false',
  'null',
);

/** JSON of the shapes that answers have, and of near ones. */
const wrapped = fc.oneof(
  { weight: 6, arbitrary: result.map((text) => `{"result":${text}}`) },
  { weight: 3, arbitrary: fc.tuple(result, errors).map(([text, error]) => `{"result":${text},"error":${error}}`) },
  { weight: 2, arbitrary: errors.map((error) => `{"error":${error},"status":"failure"}`) },
  { weight: 1, arbitrary: result.map((text) => `{"__proto__":{"result":${text}}}`) },
  { weight: 1, arbitrary: result.map((text) => `[{"result":${text}}]`) },
  { weight: 1, arbitrary: result.map((text) => `{"Result":${text}}`) },
);

const pages = fc.constantFrom(
  '<html><title>Instance Hibernating page</title><div class="instance-hibernating-page">zzz</div></html>',
  '<html><title>ServiceNow</title><form action="login.do"><input type="password"></form></html>',
  '<title>Scheduled maintenance</title>',
  '<!DOCTYPE html><title>Portal</title>{"result":[]}',
  '<?xml version="1.0"?><response><result><sys_id>1</sys_id></result></response>',
  '<title',
  '<input '.repeat(300),
);

const broken = fc.constantFrom(
  '{"result":[{"sys_id":"1"},\n}""],"error":{"message":"Transaction cancelled: maximum execution time exceeded"}}',
  '{"result":[]}{"result":[]}',
  "{'result':[]}",
  '{"result":NaN}',
  '{"result":[1,]}',
  'throw 1;{"result":[]}',
);

const truncated = fc
  .tuple(wrapped, fc.double({ min: 0, max: 1, noNaN: true }))
  .map(([text, share]) => text.slice(0, Math.floor(text.length * share)));

/** As it looks when something took it for another encoding, or left it packed. */
const misread = fc.oneof(
  wrapped.map((text) => Buffer.from(text, 'utf16le').toString('latin1')),
  wrapped.map((text) => `\ufeff${text}`),
  wrapped.map((text) => Buffer.from(text, 'utf8').toString('base64')),
);

const huge = fc.oneof(
  fc.constantFrom(5_000, 150_000).map((length) => `{"result":[{"sys_id":"${'x'.repeat(length)}"}]}`),
  fc.constant('{"result":'.repeat(10_000)),
);

export const oddBody: fc.Arbitrary<string> = fc.oneof(
  { weight: 40, arbitrary: wrapped },
  { weight: 8, arbitrary: pages },
  { weight: 6, arbitrary: truncated },
  { weight: 4, arbitrary: broken },
  { weight: 4, arbitrary: misread },
  { weight: 2, arbitrary: fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('', 'null', '[]', '"ok"', '0')) },
  { weight: 1, arbitrary: huge },
);

const oddStatus = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(200, 201) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(202, 206, 299, 301, 302, 304, 400, 401, 403, 404, 408, 414, 429, 500, 502, 503),
  },
  { weight: 1, arbitrary: fc.integer({ min: 200, max: 599 }) },
);

const oddContentType = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.constantFrom('application/json;charset=UTF-8', 'application/json', 'Application/JSON ; a=b'),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom('application/problem+json', 'application/jsonp', 'application/json-seq', 'text/json'),
  },
  { weight: 2, arbitrary: fc.constantFrom('text/html', 'text/html;x=application/json', 'application/xml', '*/*', '') },
);

const printable = fc.string({ unit: fc.integer({ min: 33, max: 126 }).map((code) => String.fromCharCode(code)) });

const oddHeaders = fc.dictionary(
  fc.constantFrom('location', 'retry-after', 'x-ratelimit-reset', 'date', 'x-total-count', 'link'),
  fc.oneof(
    printable,
    fc.constantFrom('0', '30', '-1', '1e3', '99999999999999', '/login.do', 'https://other.example.com/?client_id=x'),
    fc.constantFrom('Sun, 06 Nov 1994 08:49:37 GMT', 'soon'),
  ),
  { maxKeys: 3 },
);

export const oddAnswer: fc.Arbitrary<OddAnswer> = fc.record({
  status: oddStatus,
  contentType: oddContentType,
  headers: oddHeaders,
  body: oddBody,
});

/**
 * What an answer says, judged without any code of the delegate: its `result`, if it is a success at all. A success is
 * 2xx, of a JSON type, whole, an object with `result` and without an error.
 */
export function saidBy({ status, contentType, body }: OddAnswer): { readonly result: unknown } | undefined {
  if (Math.floor(status / 100) !== 2) return undefined;
  const [type = ''] = contentType.split(';');
  const [family, kind = ''] = type.trim().toLowerCase().split('/');
  if (family !== 'application' || !(kind === 'json' || kind.endsWith('+json'))) return undefined;
  const parsed = parse(body);
  if (!isPlainObject(parsed) || !Object.hasOwn(parsed, 'result')) return undefined;
  return (parsed.error ?? undefined) === undefined ? { result: parsed.result } : undefined;
}

export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
