import type { Webhook } from '#protocol/approval.ts';
import type { Caller } from './caller.ts';
import { Refusal } from './refusal.ts';
import { checkScope } from './scope-policy.ts';
import { type Secrets, unknownSecret } from './secrets.ts';
import type { WebhookSigner, WebhookTarget } from './webhook-target.ts';

interface Deps {
  readonly secrets: Pick<Secrets, 'find' | 'use'>;
  readonly target: Pick<WebhookTarget, 'findFault'>;
  readonly signer: Pick<WebhookSigner, 'findKeyFault'>;
}

/** Refuses webhooks that could never be delivered, or that their caller may not have, before an approval is started. */
export class WebhookChecks {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  async check(caller: Caller, { url, secret }: Webhook): Promise<void> {
    const { secrets, target, signer } = this.#deps;
    const found = await secrets.find(secret);
    if (!found) throw unknownSecret(secret);
    checkScope('use', caller, `secret "${secret}"`, found.scope);
    const used = await secrets.use(secret, { purpose: 'check', by: caller.name }, (plaintext) =>
      signer.findKeyFault(plaintext),
    );
    const keyFault = 'fault' in used ? used.fault : used.done;
    if (keyFault !== undefined)
      throw refused('/webhook/secret', keyFault, `Store another value: openssl rand -hex 32 makes a good one.`);
    const fault = await target.findFault(url);
    if (fault !== undefined)
      throw refused(
        '/webhook/url',
        fault,
        'Give an https URL at a public address; one within your own network the operator of the manager permits by --webhook-allow.',
      );
  }
}

function refused(path: string, fault: string, remedy: string): Refusal {
  return new Refusal('webhook-refused', `the webhook cannot be used: ${fault}`, remedy, {
    faults: [{ path, message: fault }],
  });
}
