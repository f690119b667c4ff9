/** Every page of the console, by what it shows. `ids` fill in what is in angle brackets. */
export const everyPage = {
  home: '/',
  approvals: '/approvals',
  'approval-start': '/approvals/start',
  approval: '/approvals/<approval>',
  tasks: '/tasks',
  task: '/tasks/<task>',
  delegates: '/delegates',
  'delegate-install': '/delegates/install',
  delegate: '/delegates/<delegate>',
  connectors: '/connectors',
  connector: '/connectors/<connector>',
  secrets: '/secrets',
  tokens: '/tokens',
  audit: '/audit',
  system: '/system',
} as const;

export type PageName = keyof typeof everyPage;
export type Ids = Readonly<Record<'approval' | 'task' | 'delegate' | 'connector', string>>;

export function addressOf(name: PageName, ids: Ids): string {
  return everyPage[name].replace(/<(\w+)>/, (_found, kind: keyof Ids) => ids[kind]);
}
