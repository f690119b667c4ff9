/** Something that must not be. */
export interface Violation {
  readonly rule: string;
  readonly what: string;
  readonly evidence: unknown;
}

export function violation(rule: string, what: string, evidence: unknown): Violation {
  return { rule, what, evidence };
}
