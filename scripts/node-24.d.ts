export const root: string;
export function findNode24(): string | undefined;
