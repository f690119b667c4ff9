import type { Static, TSchema } from 'typebox';
import { UsageScope } from '#protocol/scope.ts';
import { compileCheck, describeFaults } from '#protocol/validation.ts';
import { logLevelOption } from '#runtime/logger.ts';
import { type Option, option, UsageError } from '#runtime/options.ts';
import { type Allowed, readAllowed } from './webhooks/address-guard.ts';

const day = 86_400_000;

/** Every setting of a manager. docs/configuration.md lists them; a test compares. */
export const managerOptions = {
  host: option.text({ help: 'address to listen on', placeholder: 'ADDRESS', fallback: '127.0.0.1' }),
  port: option.integer({ help: 'port to listen on; 0 takes a free one', minimum: 0, maximum: 65_535, fallback: 7420 }),
  data: option.text({
    help: 'directory for the embedded Redis, the admin token and the master key',
    placeholder: 'DIR',
    fallback: '.ticketgate/manager',
  }),
  redisUrl: option.optionalText({
    help: 'use this Redis instead of an embedded one: redis://, rediss:// or unix://',
    placeholder: 'URL',
    pattern: /^(redis|rediss|unix):\/\//,
    expected: 'a URL that begins with redis://, rediss:// or unix://',
    secret: true,
  }),
  redisPrefix: option.text({
    help: "prefix of all of Ticketgate's keys in Redis",
    placeholder: 'WORD',
    fallback: 'ticketgate',
    pattern: /^[a-z][a-z0-9-]{0,31}$/,
    expected: 'lower-case letters, digits and dashes',
  }),
  allowHttp: option.flag({ help: 'permit connectors with an http: base URL; for simulators only' }),
  instanceConcurrency: option.integer({
    help: 'how many tasks may be under way at one ServiceNow instance at once, over all delegates; 0: no limit',
    minimum: 0,
    maximum: 100_000,
    fallback: 16,
  }),
  adminToken: option.optionalText({
    help: 'the admin token, instead of one that the first start makes',
    placeholder: 'TOKEN',
    secret: true,
    pattern: /^\S{16,256}$/,
    expected: '16 to 256 characters without blanks',
  }),
  masterKey: option.optionalText({
    help: 'encrypts the secrets: 32 bytes in hexadecimal or base64',
    placeholder: 'KEY',
    secret: true,
  }),
  masterKeyFile: option.optionalText({ help: 'file that holds the master key', placeholder: 'FILE' }),
  retention: option.duration({
    help: 'how long ended tasks are kept',
    minimumMs: 60_000,
    maximumMs: 365 * day,
    fallbackMs: 7 * day,
  }),
  retentionCount: option.integer({
    help: 'how many ended tasks are kept at most; the oldest go first',
    minimum: 100,
    maximum: 100_000_000,
    fallback: 1_000_000,
  }),
  approvalRetention: option.duration({
    help: 'how long ended approvals are kept with their evidence',
    minimumMs: 60_000,
    maximumMs: 3_650 * day,
    fallbackMs: 365 * day,
  }),
  auditRetention: option.duration({
    help: 'how long the audit log is kept',
    minimumMs: day,
    maximumMs: 3_650 * day,
    fallbackMs: 400 * day,
  }),
  defaultApplications: option.list({
    help: 'applications that a secret is for when it is stored without a scope, and at most; all if not given',
  }),
  defaultEnvironments: option.list({
    help: 'the same of environments: production, non-production, or one of either, such as production/eu',
  }),
  retestEvery: durationOrNone({
    help: 'how often each stored connector is tested again; none: only when somebody asks',
    minimumMs: 1_000,
    maximumMs: 30 * day,
    fallbackMs: 900_000,
  }),
  webhookAllow: option.list({
    help: 'what webhooks may reach besides public addresses by https: host names, *.suffix, addresses, CIDRs',
  }),
  heartbeat: option.duration({
    help: 'between heartbeats of a delegate; it counts as dead after twice that; shorter than 1s for tests only',
    minimumMs: 100,
    maximumMs: 60_000,
    fallbackMs: 5_000,
  }),
  settle: option.duration({
    help: 'how long ServiceNow may still work on a request whose delegate was lost; lower it for simulators only',
    minimumMs: 100,
    maximumMs: 600_000,
    fallbackMs: 75_000,
  }),
  shortestPoll: option.duration({
    help: 'the shortest interval that an approval may ask for; shorter than 10s for simulators only',
    minimumMs: 100,
    maximumMs: 3_600_000,
    fallbackMs: 10_000,
  }),
  logLevel: logLevelOption,
};

/** Reads the scope of secrets that are stored without one. Throws UsageError. */
export function readDefaultScope(options: {
  readonly defaultApplications: readonly string[];
  readonly defaultEnvironments: readonly string[];
}): UsageScope {
  return {
    applications: readNames(UsageScope.properties.applications, '--default-applications', options.defaultApplications),
    environments: readNames(UsageScope.properties.environments, '--default-environments', options.defaultEnvironments),
  };
}

/** Reads what webhooks may reach besides public addresses. Throws UsageError. */
export function readWebhookAllow({ webhookAllow }: { readonly webhookAllow: readonly string[] }): Allowed[] {
  return webhookAllow.map((entry) => {
    const read = readAllowed(entry);
    if (read) return read;
    const expected = 'host names, *.suffix, addresses or CIDRs, such as hooks.example.com,*.ci.example.com,10.1.0.0/16';
    throw new UsageError(`--webhook-allow: expected ${expected}, got ${JSON.stringify(entry)}`);
  });
}

function readNames<Schema extends TSchema>(schema: Schema, flag: string, names: readonly string[]): Static<Schema> {
  const checked = compileCheck(schema)(names.length === 0 ? 'all' : names);
  if ('value' in checked) return checked.value;
  throw new UsageError(`${flag}: ${describeFaults(checked.faults)}, got ${JSON.stringify(names.join(','))}`);
}

function durationOrNone(spec: Parameters<typeof option.duration>[0]): Option<number | undefined> {
  const duration = option.duration(spec);
  return { ...duration, parse: (raw) => (raw === 'none' ? { value: undefined } : duration.parse(raw)) };
}
