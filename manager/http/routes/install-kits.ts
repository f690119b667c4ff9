import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from 'typebox';
import { Hello } from '#protocol/messages.ts';
import { canonicalTags, illegalTags, tagRule } from '#protocol/selectors.ts';
import { kitKinds } from '../../core/install-kits/kit.ts';
import { makeKit } from '../../core/install-kits/make-kit.ts';
import { tokenFaultTexts } from '../../core/token-faults.ts';
import type { Tokens } from '../../core/tokens.ts';
import { Problem } from '../problems.ts';
import { invalid, Selectors } from '../requests.ts';

const KitParams = Type.Object({ kind: Type.Enum(kitKinds) });

const KitBody = Type.Object({
  name: Hello.properties.name,
  tags: Type.Optional(Selectors),
  managerUrl: Type.String({
    minLength: 1,
    maxLength: 2_048,
    description: 'of this manager, as the machine of the delegate reaches it',
  }),
  token: Type.String({
    minLength: 1,
    maxLength: 256,
    pattern: '^\\S+$',
    description: 'the text of a delegate token; it is written into the kit, and kept nowhere',
  }),
});

const KitView = Type.Object({
  kind: Type.Enum(kitKinds),
  files: Type.Array(
    Type.Object({
      path: Type.String({ description: 'where it belongs, or what to store it as' }),
      text: Type.String(),
    }),
  ),
  steps: Type.Array(Type.String(), { description: 'what to do, in order' }),
});

/** Writes install kits. The token in it is the caller's: the answer is not to be stored by anything in between. */
export function installKitRoutes({ delegateTokens }: { delegateTokens: Tokens }): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.post(
      '/install-kits/:kind',
      {
        config: { role: 'admin', audit: 'changes nothing' },
        schema: { params: KitParams, body: KitBody, response: { 200: KitView, default: Problem } },
      },
      async ({ params, body: { name, tags = [], managerUrl, token } }, reply) => {
        checkTags(tags);
        const known = await delegateTokens.verify(token);
        if (typeof known === 'string') throw invalid('/token', `cannot be used: ${tokenFaultTexts[known]}`);
        const kit = makeKit(params.kind, {
          name,
          tags: canonicalTags(tags),
          managerUrl: readManagerUrl(managerUrl),
          token,
        });
        return reply.header('cache-control', 'no-store').send({
          kind: kit.kind,
          files: [...kit.files],
          steps: [...kit.steps],
        });
      },
    );
  };
}

function checkTags(tags: readonly string[]): void {
  const illegal = illegalTags(tags);
  if (illegal.length > 0) throw invalid('/tags', `cannot be tags: ${illegal.join(', ')}; expected ${tagRule}`);
}

/** The same addresses that a delegate takes. As its parts are read: so it holds no line break. */
function readManagerUrl(text: string): string {
  if (!URL.canParse(text)) throw invalid('/managerUrl', 'must be a URL such as https://ticketgate.example.com');
  const { protocol, username, password, search, hash, href } = new URL(text);
  if (protocol !== 'https:' && protocol !== 'http:')
    throw invalid('/managerUrl', 'must begin with https:// or http://');
  if (username !== '' || password !== '') throw invalid('/managerUrl', 'must hold no credentials');
  if (search !== '' || hash !== '') throw invalid('/managerUrl', 'must hold no ? and #');
  return href.replace(/[?#/]+$/, '');
}
