import Type, { type Static } from 'typebox';

/** A host that a delegate may call: `example.service-now.com`, `*.service-now.com`, with `:port` where it is not the default. */
const HostPattern = Type.String({ pattern: '^(\\*\\.)?[A-Za-z0-9-]+(\\.[A-Za-z0-9-]+)*(:\\d{1,5})?$', maxLength: 256 });

/** What the operator of a delegate lets it do. What is absent is not limited. */
export const Policy = Type.Object({
  hosts: Type.Optional(Type.Array(HostPattern, { maxItems: 256, description: 'hosts that it may call' })),
  taskTypes: Type.Optional(Type.Array(Type.String({ maxLength: 64 }), { maxItems: 64, description: 'what it may do' })),
});
export type Policy = Static<typeof Policy>;

/** What of a task a policy looks at. A canary has no base URL and is never refused: it does nothing. */
export interface PolicyDemand {
  readonly type: string;
  readonly baseUrl: string | undefined;
}

/** Tells what of a task the policy forbids; undefined when it allows it. */
export function findPolicyRefusal(policy: Policy, { type, baseUrl }: PolicyDemand): string | undefined {
  if (type !== 'canary' && policy.taskTypes && !policy.taskTypes.includes(type))
    return `its policy does not allow the task type ${type}`;
  if (baseUrl !== undefined && policy.hosts && !policy.hosts.some((pattern) => isHostOf(baseUrl, pattern)))
    return `its policy does not allow the host ${URL.parse(baseUrl)?.host ?? baseUrl}`;
  return undefined;
}

function isHostOf(baseUrl: string, pattern: string): boolean {
  const host = URL.parse(baseUrl)?.host.toLowerCase() ?? '';
  const wanted = pattern.toLowerCase();
  return wanted.startsWith('*.') ? host.endsWith(wanted.slice(1)) && host.length > wanted.length - 1 : host === wanted;
}
