import { type CloseName, closeCodes, closeNameOf } from '#protocol/close-codes.ts';
import type { LinkEnd } from '../core/link.ts';

/** Describes a session that the delegate closed itself. */
export function describeOwnClose(closeName: CloseName, reason: string): LinkEnd {
  const { code, delegate } = closeCodes[closeName];
  return {
    by: 'delegate',
    closeName,
    code,
    reason,
    remedy: ownRemedies[closeName] ?? remedies[closeName],
    after: delegate,
  };
}

/** Describes a session that the manager closed, or a socket that broke. */
export function describePeerClose(code: number, reason: string): LinkEnd {
  const closeName = closeNameOf(code);
  if (closeName === undefined) {
    const remedy =
      'Nothing at once: the delegate dials again. If it repeats, look for a proxy or firewall that ends idle connections.';
    return { by: 'network', closeName, code, reason: reason || 'the connection broke', remedy, after: 'redial' };
  }
  // 1000 says that the delegate drained. It did not, so this comes from something between that closes politely.
  const after = closeName === 'normal' ? 'redial' : closeCodes[closeName].delegate;
  return { by: 'manager', closeName, code, reason, remedy: remedies[closeName], after };
}

const remedies: Record<CloseName, string> = {
  normal: 'Nothing: the delegate dials again.',
  'going-away': 'Nothing: the manager stops or restarts, and the delegate dials again.',
  'frame-too-large': 'Report this: the delegate sent more than the manager reads in one frame.',
  'protocol-error':
    'Report this with the reason. If delegate and manager differ much in version, upgrade the older one.',
  'token-unknown':
    'The manager knows no such delegate token: check --token, and that --manager is the manager that made it. Make a new one with `ticketgate delegate-token create`.',
  'token-expired':
    'The delegate token has expired: make a new one with `ticketgate delegate-token create` and start the delegate with it.',
  'token-revoked': 'An administrator revoked this delegate token: ask for a new one and start the delegate with it.',
  'revision-unsupported': 'Delegate and manager are too far apart in version: upgrade the older one.',
  timeout:
    'Nothing at once: the delegate dials again. If it repeats, this machine or the manager is overloaded, or the network drops packets.',
  'identity-conflict':
    'Another live delegate has this name: give one of the two another --name, or stop it. If it has a copy of this --data directory, give it one of its own.',
  replaced: 'This delegate began a newer session. If it repeats, a copy of its --data directory is in use elsewhere.',
  'delegate-rejected':
    'An administrator rejected this delegate: ask why. It dials again now and then, and works once it is approved.',
  flooding:
    'Report this with the log of the delegate: it sent more frames that nothing asked for than the manager takes.',
  internal: 'Look into the log of the manager; the delegate dials again.',
};

/** Where the delegate's own close needs other words than the manager's. */
const ownRemedies: Partial<Record<CloseName, string>> = {
  'protocol-error':
    'The manager broke the protocol, as the reason says. If the two differ much in version, upgrade the older one; else report it.',
  'frame-too-large': 'The manager sent a frame over the limit. Report this.',
  timeout:
    'Nothing at once: the delegate dials again. If it repeats, the manager hangs, or something between drops idle connections.',
};
