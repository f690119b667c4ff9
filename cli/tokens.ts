import { describeScope, everywhere, includesScope, type UsageScope } from '#protocol/scope.ts';
import { option } from '#runtime/options.ts';
import { CreatedToken, listOf, TokenView } from './api-views.ts';
import { type ClientContext, type Command, type CommandGroup, clientCommand } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { namingFlags } from './flag-names.ts';
import { renderList, renderTime } from './output.ts';
import { readScope, scopeFlags, scopeOptions } from './scope-options.ts';

const expires = option.optionalText({
  help: 'how long it is valid, such as 90d; without end if not given',
  placeholder: '90d',
});

export const delegateTokenCommands: CommandGroup = {
  name: 'delegate-token',
  summary: 'tokens that delegates join with',
  commands: [
    clientCommand({
      name: 'create',
      summary: 'make a token; it is shown this once',
      arguments: { name: '<NAME>' },
      options: {
        expires,
        requiresApproval: option.flag({
          help: 'delegates that join with it get no work before an administrator approves them',
        }),
      },
      // Only where it is wished: an older manager does not know it.
      run: ({ expires, requiresApproval }, { name }, context) =>
        create(
          context,
          '/delegate-tokens',
          { name, expires, ...(requiresApproval ? { requiresApproval } : {}) },
          'ticketgate delegate --token',
        ),
    }),
    ...tokenCommands('/delegate-tokens', 'revoke a token; the sessions of its delegates end within seconds'),
  ],
};

export const apiTokenCommands: CommandGroup = {
  name: 'api-token',
  summary: 'tokens for callers of the API: people, pipelines',
  commands: [
    clientCommand({
      name: 'create',
      summary: 'make a token; it is shown this once',
      arguments: { name: '<NAME>' },
      options: {
        role: option.requiredText({
          help: 'admin, operator, pipeline or viewer',
          placeholder: 'ROLE',
          pattern: /^(admin|operator|pipeline|viewer)$/,
          expected: 'admin, operator, pipeline or viewer',
        }),
        expires,
        ...scopeOptions('that the caller works for'),
      },
      run: ({ role, expires, ...given }, { name }, context) =>
        create(
          context,
          '/api-tokens',
          { name, role, expires, scope: readScope(given, everywhere) },
          'TICKETGATE_TOKEN',
          describeLimits,
        ),
    }),
    ...tokenCommands('/api-tokens', 'revoke a token'),
  ],
};

async function create(
  { api, output }: ClientContext,
  path: string,
  body: object,
  use: string,
  describe: (scope: UsageScope | undefined) => string = () => '',
): Promise<number> {
  const flags = { ...scopeFlags, '/expires': '--expires', '/role': '--role' };
  const created = await namingFlags(flags, api.call(CreatedToken, 'POST', path, { body }));
  // The token alone on standard output, so that it can be captured.
  const until = created.expiresAt === undefined ? 'it is revoked' : renderTime(created.expiresAt);
  output.progress(
    `✓ token ${created.name} made; it is shown this once, and valid until ${until}${describe(created.scope)}; for ${use}`,
  );
  output.result(created, [created.token]);
  return exitCodes.done.code;
}

function describeLimits(scope: UsageScope = everywhere): string {
  const isUnlimited = includesScope(scope, everywhere);
  return isUnlimited ? '; not limited to an application or environment' : `; of ${describeScope(scope)}`;
}

function tokenCommands(path: string, revokeSummary: string): Command[] {
  return [
    clientCommand({
      name: 'list',
      summary: 'list the tokens, never their texts',
      run: async (_values, _args, { api, output }) => {
        const list = await api.call(listOf(TokenView), 'GET', path);
        const rows = list.items.map((token) => [
          token.name,
          token.role ?? '-',
          token.scope ? describeScope(token.scope) : '-',
          renderTime(token.createdAt),
          renderTime(token.expiresAt),
          token.revokedAt === undefined ? '-' : renderTime(token.revokedAt),
        ]);
        output.result(list, renderList(['NAME', 'ROLE', 'SCOPE', 'CREATED', 'EXPIRES', 'REVOKED'], rows, 'no tokens'));
        return exitCodes.done.code;
      },
    }),
    clientCommand({
      name: 'revoke',
      summary: revokeSummary,
      arguments: { name: '<NAME>' },
      run: async (_values, { name }, { api, output }) => {
        const token = await api.call(TokenView, 'DELETE', `${path}/${encodeURIComponent(name)}`);
        output.result(token, [`✓ token ${token.name} revoked`]);
        return exitCodes.done.code;
      },
    }),
  ];
}
