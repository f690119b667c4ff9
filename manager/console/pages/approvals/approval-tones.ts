import type { Tone } from '../../parts/state-badge.tsx';
import type { Approval } from './use-approvals.ts';

export const approvalTones: Readonly<Record<Approval['state'], Tone>> = {
  waiting: 'waiting',
  approved: 'good',
  rejected: 'bad',
  expired: 'bad',
  cancelled: 'quiet',
  failed: 'bad',
};
