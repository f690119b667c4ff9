import { setTimeout } from 'node:timers/promises';
import type { Fault } from '../../simulator/faults.ts';
import type { FaultKind } from './cells.ts';
import type { Injection } from './faults.ts';
import type { PlannedFault } from './plan.ts';
import type { SimulatorClient } from './simulator-client.ts';
import { timing } from './timing.ts';
import { within } from './within.ts';

type ServiceNowFault = Extract<
  FaultKind,
  | 'servicenow-commit-then-500'
  | 'servicenow-commit-then-hang'
  | 'servicenow-commit-then-reset'
  | 'servicenow-server-error'
  | 'servicenow-rate-limited'
  | 'servicenow-slow'
>;

const mostMs = 2_500;

/** Has ServiceNow itself fail for a while, for one or two requests or for all. */
export async function faultOfServiceNow(
  simulator: SimulatorClient,
  kind: ServiceNowFault,
  { length, side, end }: PlannedFault,
): Promise<Injection> {
  const lengthMs = within(length, 200, mostMs);
  const fault: Fault = { ...shapeOf(kind, end), ...(side < 0.6 ? { remaining: side < 0.4 ? 1 : 2 } : {}) };
  await simulator.setFault(fault);
  // Held answers go when the fault is set anew.
  const over = setTimeout(lengthMs).then(() => simulator.setFault({ mode: 'none' }));
  const detail = `${JSON.stringify(fault)} for ${lengthMs} ms`;
  return { verdict: 'forward', target: 'servicenow', detail, over };
}

function shapeOf(kind: ServiceNowFault, end: number): Fault {
  switch (kind) {
    case 'servicenow-commit-then-500':
      return { mode: 'commit-then-500' };
    case 'servicenow-commit-then-hang':
      return { mode: 'commit-then-hang' };
    case 'servicenow-commit-then-reset':
      return { mode: 'commit-then-reset' };
    case 'servicenow-server-error':
      return { mode: 'server-error' };
    case 'servicenow-rate-limited':
      return { mode: 'rate-limited', retryAfterSeconds: 1 };
    case 'servicenow-slow':
      return { mode: 'slow', delayMs: within(end, 50, timing.longestWorkMs * 0.4) };
  }
}
