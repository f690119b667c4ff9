import type { ApprovalState } from '#protocol/approval.ts';

/** Every exit code of the command, with its meaning; pipelines rely on them. docs/cli.md lists them; a test compares. */
export const exitCodes = {
  done: { code: 0, meaning: 'done; of `approval wait`: approved' },
  failed: { code: 1, meaning: 'the operation failed; standard error says why and what to do' },
  usage: { code: 2, meaning: 'wrong usage: an option, an argument or the configuration file' },
  unreachable: { code: 3, meaning: 'the manager cannot be reached' },
  notAllowed: {
    code: 4,
    meaning: 'not allowed: the token is missing, unknown, expired, revoked, of a lesser role or of another scope',
  },
  rejected: { code: 10, meaning: '`approval wait`: rejected' },
  expired: { code: 11, meaning: '`approval wait`: expired' },
  cancelled: { code: 12, meaning: '`approval wait`: cancelled' },
  gateFailed: { code: 13, meaning: '`approval wait`: failed' },
  interrupted: { code: 130, meaning: 'Ctrl-C ended the waiting for a task or an approval, which goes on' },
} as const;

/** What waiting for an approval exits with, by how it ended. Waiting is no end: only approved is 0. */
export const approvalExitCodes: Readonly<Record<Exclude<ApprovalState, 'waiting'>, number>> = {
  approved: exitCodes.done.code,
  rejected: exitCodes.rejected.code,
  expired: exitCodes.expired.code,
  cancelled: exitCodes.cancelled.code,
  failed: exitCodes.gateFailed.code,
};
