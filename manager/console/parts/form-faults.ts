import { ApiError } from '../api/client.ts';

/** The manager's own faults by the form's fields: `/authentication/username` belongs to `authentication.username`. */
export function faultsByField(error: unknown): Record<string, string> {
  if (!(error instanceof ApiError)) return {};
  const faults = error.problem.faults ?? [];
  return Object.fromEntries(faults.map(({ path, message }) => [path.slice(1).replaceAll('/', '.'), message]));
}
