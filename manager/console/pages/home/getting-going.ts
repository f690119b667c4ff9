/** What a fresh manager still lacks, in the order in which it is done. */
export interface FirstStep {
  readonly step: 'delegate' | 'connector' | 'approval';
  readonly isDone: boolean;
}

interface Known {
  readonly delegates: readonly unknown[];
  readonly connectors: readonly unknown[];
  readonly approvals: readonly unknown[];
}

/** The steps to get going; none once all are done. */
export function firstSteps({ delegates, connectors, approvals }: Known): FirstStep[] {
  const steps: FirstStep[] = [
    { step: 'delegate', isDone: delegates.length > 0 },
    { step: 'connector', isDone: connectors.length > 0 },
    { step: 'approval', isDone: approvals.length > 0 },
  ];
  return steps.every(({ isDone }) => isDone) ? [] : steps;
}
