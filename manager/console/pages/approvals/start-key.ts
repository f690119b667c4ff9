import type { ApprovalBody } from './use-approvals.ts';

/**
 * Gives a key for each body: the same as before for the same body, so that what is sent again after an answer that was lost
 * starts nothing anew.
 */
export function newStartKey(): (body: ApprovalBody) => string {
  let last = { text: '', key: '' };
  return (body) => {
    const text = JSON.stringify(body);
    if (text !== last.text) last = { text, key: `console-${randomText()}` };
    return last.key;
  };
}

function randomText(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
