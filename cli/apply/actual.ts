import Type, { type Static } from 'typebox';
import { UsageScope } from '#protocol/scope.ts';
import type { Api } from '../api-client.ts';
import { listOf } from '../api-views.ts';
import type { Declared } from './declaration.ts';

/** What is there, as far as a declaration can differ from it. */

const ActualSecret = Type.Object({ name: Type.String(), scope: Type.Optional(UsageScope) });
export type ActualSecret = Static<typeof ActualSecret>;

const ActualConnector = Type.Object({
  name: Type.String(),
  baseUrl: Type.String(),
  // Of any kind: one that this version does not know may be there, too.
  authentication: Type.Record(Type.String(), Type.Unknown()),
  selectors: Type.Array(Type.String()),
});
export type ActualConnector = Static<typeof ActualConnector>;

const ActualToken = Type.Object({
  name: Type.String(),
  role: Type.Optional(Type.String()),
  scope: Type.Optional(UsageScope),
  expiresAt: Type.Optional(Type.String()),
  revokedAt: Type.Optional(Type.String()),
});
export type ActualToken = Static<typeof ActualToken>;

export interface Actual {
  readonly secrets: readonly ActualSecret[];
  readonly connectors: readonly ActualConnector[];
  readonly apiTokens: readonly ActualToken[];
  readonly delegateTokens: readonly ActualToken[];
}

/** Reads what is there of the kinds that are declared, since each needs its right; `all` reads every kind. */
export async function readActual(api: Api, declared: Declared, all: boolean): Promise<Actual> {
  const { secrets, connectors, apiTokens, delegateTokens } = declared;
  return {
    secrets:
      all || secrets.length + connectors.length > 0
        ? (await api.call(listOf(ActualSecret), 'GET', '/secrets')).items
        : [],
    connectors:
      all || connectors.length > 0 ? (await api.call(listOf(ActualConnector), 'GET', '/connectors')).items : [],
    apiTokens: all || apiTokens.length > 0 ? (await api.call(listOf(ActualToken), 'GET', '/api-tokens')).items : [],
    delegateTokens:
      all || delegateTokens.length > 0 ? (await api.call(listOf(ActualToken), 'GET', '/delegate-tokens')).items : [],
  };
}
